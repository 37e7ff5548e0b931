import type { Connection } from "../../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../../lib/errors.ts";
import type { ServedStream } from "./serve-rpc.ts";

/** A whole connection as the stream on which calls come: one chunk at a time is fetched, the next when that was taken. */
export class ConnectionStream implements ServedStream {
	readonly #connection: Connection;
	readonly #chunks: AsyncIterator<Uint8Array>;
	#chunk: Uint8Array | undefined;
	#ending: DiscoError | undefined;
	#tell: () => void = () => undefined;

	constructor(connection: Connection) {
		this.#connection = connection;
		this.#chunks = connection.incoming[Symbol.asyncIterator]();
		void this.#fetch();
	}

	get ending(): DiscoError | undefined {
		return this.#ending;
	}

	take(): Uint8Array | undefined {
		const taken = this.#chunk;
		this.#chunk = undefined;
		if (taken !== undefined) void this.#fetch();
		return taken;
	}

	onReadable(listener: () => void): void {
		this.#tell = listener;
	}

	write(bytes: Uint8Array): Promise<void> {
		return this.#connection.write(bytes);
	}

	close(): Promise<void> {
		return this.#connection.close();
	}

	async #fetch(): Promise<void> {
		try {
			const next = await this.#chunks.next();
			if (next.done === true) this.#ending = lost("the peer ended the connection");
			else this.#chunk = next.value;
		} catch (error) {
			this.#ending = error instanceof DiscoError ? error : lost(errorMessage(error));
		}
		this.#tell();
	}
}

function lost(why: string): DiscoError {
	return new DiscoError("CONNECTION_LOST", why, { retryable: true });
}
