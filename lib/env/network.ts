export interface Address {
	/** An IP address, or a name where the implementation resolves names. */
	readonly host: string;
	readonly port: number;
}

/** Datagrams: may be lost, doubled or reordered; never delivered in part. */
export interface DatagramSocket {
	readonly local: Address;
	send(packet: Uint8Array, to: Address): void;
	close(): Promise<void>;
}

/** A byte stream. Chunks arrive in order; their boundaries mean nothing. */
export interface Connection {
	readonly remote: Address;
	/** Resolves when the bytes were taken over; waiting for it bounds what is buffered. */
	write(bytes: Uint8Array): Promise<void>;
	/** Ends at the peer's end of stream; throws a `DiscoError` with code `CONNECTION_LOST` when it breaks. */
	readonly incoming: AsyncIterable<Uint8Array>;
	/** Ends our direction alone: the peer's goes on. Only of connections that were made or accepted with `halfOpen`. */
	endWrite?(): Promise<void>;
	/** Ends both directions; idempotent. */
	close(): Promise<void>;
}

export interface StreamOptions {
	/** The peer's end does not end our direction; whoever has the connection must close it. */
	readonly halfOpen?: boolean;
}

export interface Listener {
	readonly local: Address;
	close(): Promise<void>;
}

export interface Network {
	/** Port 0 takes a free one. Fails with `ADDRESS_IN_USE` or `ADDRESS_NOT_AVAILABLE`. */
	bindDatagram(local: Address, onPacket: (packet: Uint8Array, from: Address) => void): Promise<DatagramSocket>;
	/** As `bindDatagram`, for streams. */
	listen(local: Address, onConnection: (connection: Connection) => void, options?: StreamOptions): Promise<Listener>;
	/** Fails with `CONNECTION_REFUSED` or `CONNECT_TIMEOUT`. */
	connect(to: Address, options: { readonly timeoutMs: number } & StreamOptions): Promise<Connection>;
}
