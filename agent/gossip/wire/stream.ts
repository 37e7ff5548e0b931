import { errorCode } from "../../../lib/errors.ts";
import { decode, encode, Reader, Writer } from "../../../lib/msgpack/index.ts";
import { decrypt, encrypt } from "./encryption.ts";
import {
	additionalData,
	compressMessage,
	decompressMessage,
	type Framing,
	labelHeader,
	malformed,
	skipLabel,
} from "./framing.ts";
import type { Keyring } from "./keyring.ts";
import {
	type Ack,
	ack,
	messageType,
	type NodeState,
	nodeState,
	type Ping,
	ping,
	pushPullHeader,
	streamError,
	userMessageHeader,
} from "./messages.ts";

/** Largest encrypted frame, decompressed message or plain message on a stream (memberlist.md, section 5). */
const streamSizeBytesMax = 20 * 1024 * 1024;
/** Nodes in one push/pull, at most. */
const nodesMax = 100_000;

export interface PushPull {
	readonly kind: "pushPull";
	readonly join: boolean;
	readonly nodes: readonly NodeState[];
	readonly userState: Uint8Array;
}

/** What a stream carries: one message each way. */
export type StreamMessage =
	| PushPull
	| { readonly kind: "ping"; readonly ping: Ping }
	| { readonly kind: "ack"; readonly ack: Ack }
	| { readonly kind: "user"; readonly message: Uint8Array }
	| { readonly kind: "error"; readonly text: string };

/** The bytes of a message as they go onto a stream. memberlist.md, section 5. */
export function encodeStream(message: StreamMessage, framing: Framing): Uint8Array {
	const plain = encodeMessage(message);
	const body = framing.compress ? compressMessage(plain) : plain;
	const label = labelHeader(framing.label);
	const { keyring, verifyOutgoing } = framing;
	return concat([label, keyring !== undefined && verifyOutgoing ? frame(body, keyring, framing) : body]);
}

function encodeMessage(message: StreamMessage): Uint8Array {
	switch (message.kind) {
		case "pushPull": {
			const header = { Nodes: message.nodes.length, UserStateLen: message.userState.length, Join: message.join };
			const writer = new Writer(256 * (1 + message.nodes.length) + message.userState.length);
			writer.appendByte(messageType.pushPull);
			pushPullHeader.write(writer, header);
			for (const state of message.nodes) nodeState.write(writer, state);
			writer.append(message.userState);
			return writer.finish();
		}
		case "ping":
			return encode(ping, message.ping, messageType.ping);
		case "ack":
			return encode(ack, message.ack, messageType.ack);
		case "user": {
			const header = encode(userMessageHeader, { UserMsgLen: message.message.length }, messageType.user);
			return concat([header, message.message]);
		}
		case "error":
			return encode(streamError, { Error: message.text }, messageType.error);
	}
}

/** Byte 10, length, and what is encrypted with those five bytes and the label as additional data. */
function frame(body: Uint8Array, keyring: Keyring, { label, random }: Framing): Uint8Array {
	const header = new Uint8Array(5);
	header[0] = messageType.encrypt;
	new DataView(header.buffer).setUint32(1, 1 + 12 + body.length + 16);
	return concat([header, encrypt(body, keyring, concat([header, additionalData(label)]), random)]);
}

/**
 * Puts the chunks of a stream together until its message is there. Every byte is looked at a bounded number of times, however
 * small the chunks are.
 */
export class StreamReader {
	readonly #framing: Framing;
	#buffer: Uint8Array = new Uint8Array();
	#size = 0;
	#plain: PlainParser | undefined;

	constructor(framing: Framing) {
		this.#framing = framing;
	}

	/** The message, once it is complete. Fails as `decodePacket` does; then the stream is to be closed. */
	push(chunk: Uint8Array): StreamMessage | undefined {
		this.#append(chunk);
		const received = this.#buffer.subarray(0, this.#size);
		const label = labelHeader(this.#framing.label);
		if (received.length === 0 || (received.length < label.length && received[0] === messageType.hasLabel))
			return undefined;
		const start = skipLabel(received, this.#framing.label);
		const first = received[start];
		if (first === undefined) return undefined;
		const { keyring, verifyIncoming } = this.#framing;
		if (first === messageType.encrypt) {
			if (keyring === undefined) throw malformed("Remote state is encrypted and encryption is not configured");
			const body = this.#decryptFrame(received.subarray(start));
			return body === undefined ? undefined : complete(body);
		}
		if (keyring !== undefined && verifyIncoming)
			throw malformed("Encryption is configured but remote state is not encrypted");
		if (first === messageType.compress) return ifComplete(() => complete(received.subarray(start)));
		this.#plain ??= new PlainParser(start);
		return this.#plain.parse(received);
	}

	#append(chunk: Uint8Array): void {
		const wanted = this.#size + chunk.length;
		if (wanted > streamSizeBytesMax + 512) throw malformed(`a stream of more than ${streamSizeBytesMax} bytes`);
		if (this.#size === 0) {
			// Most messages come in one piece, which is only looked at.
			this.#buffer = chunk;
			this.#size = wanted;
			return;
		}
		if (wanted > this.#buffer.length) {
			const grown = new Uint8Array(Math.max(wanted, this.#buffer.length * 2));
			grown.set(this.#buffer.subarray(0, this.#size));
			this.#buffer = grown;
		}
		this.#buffer.set(chunk, this.#size);
		this.#size = wanted;
	}

	/** What is inside the frame, once all of it is there. */
	#decryptFrame(framed: Uint8Array): Uint8Array | undefined {
		const { keyring, label } = this.#framing;
		if (keyring === undefined || framed.length < 5) return undefined;
		const size = new DataView(framed.buffer, framed.byteOffset).getUint32(1);
		if (size > streamSizeBytesMax) throw malformed(`an encrypted frame of ${size} bytes`);
		if (framed.length < 5 + size) return undefined;
		const additional = concat([framed.subarray(0, 5), additionalData(label)]);
		const plain = decrypt(framed.subarray(5, 5 + size), keyring, additional);
		if (plain === undefined) throw malformed("a stream that none of our keys opens");
		return plain;
	}
}

/** The message of a body that is all there. */
function complete(body: Uint8Array): StreamMessage {
	const plain = body[0] === messageType.compress ? decompressMessage(body.subarray(1), streamSizeBytesMax) : body;
	const message = new PlainParser(0).parse(plain);
	if (message === undefined) throw malformed("a stream's message ends early");
	return message;
}

/** Reads a message that is neither encrypted nor compressed; of a push/pull it remembers the nodes that it has read. */
class PlainParser {
	readonly #start: number;
	readonly #nodes: NodeState[] = [];
	#at = 0;
	#header: { readonly Nodes: number; readonly UserStateLen: number; readonly Join: boolean } | undefined;

	constructor(start: number) {
		this.#start = start;
	}

	parse(received: Uint8Array): StreamMessage | undefined {
		const type = received[this.#start];
		if (type === undefined) return undefined;
		const body = received.subarray(this.#start + 1);
		return ifComplete(() => {
			switch (type) {
				case messageType.pushPull:
					return this.#pushPull(body);
				case messageType.ping:
					return { kind: "ping", ping: decode(ping, body) };
				case messageType.ack:
					return { kind: "ack", ack: decode(ack, body) };
				case messageType.error:
					return { kind: "error", text: decode(streamError, body).Error };
				case messageType.user:
					return userMessage(body);
				default:
					throw malformed(`unknown message type ${type} on a stream`);
			}
		});
	}

	#pushPull(body: Uint8Array): PushPull | undefined {
		const reader = new Reader(body, this.#at);
		if (this.#header === undefined) {
			this.#header = pushPullHeader.read(reader);
			this.#at = reader.offset;
			const { Nodes, UserStateLen } = this.#header;
			if (Nodes < 0 || Nodes > nodesMax) throw malformed(`a push/pull of ${Nodes} nodes`);
			if (UserStateLen < 0 || UserStateLen > streamSizeBytesMax) throw malformed(`${UserStateLen} bytes of user state`);
		}
		while (this.#nodes.length < this.#header.Nodes) {
			this.#nodes.push(nodeState.read(reader));
			this.#at = reader.offset;
		}
		const end = this.#at + this.#header.UserStateLen;
		if (body.length < end) return undefined;
		return { kind: "pushPull", join: this.#header.Join, nodes: this.#nodes, userState: body.subarray(this.#at, end) };
	}
}

function userMessage(body: Uint8Array): StreamMessage | undefined {
	const reader = new Reader(body);
	const { UserMsgLen } = userMessageHeader.read(reader);
	if (UserMsgLen < 0 || UserMsgLen > streamSizeBytesMax) throw malformed(`a user message of ${UserMsgLen} bytes`);
	const end = reader.offset + UserMsgLen;
	return body.length < end ? undefined : { kind: "user", message: body.subarray(reader.offset, end) };
}

/** What `read` gives, or undefined when it ran out of bytes. */
function ifComplete<T>(read: () => T | undefined): T | undefined {
	try {
		return read();
	} catch (error) {
		if (errorCode(error) === "MSGPACK_TRUNCATED") return undefined;
		throw error;
	}
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
	const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}
