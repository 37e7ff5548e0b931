import { crc32 } from "../../../lib/checksum/index.ts";
import type { Random } from "../../../lib/env/index.ts";
import { DiscoError } from "../../../lib/errors.ts";
import { decode, encode } from "../../../lib/msgpack/index.ts";
import { encryptionOverheadBytes } from "./encryption.ts";
import type { Keyring } from "./keyring.ts";
import { compress, decompress } from "./lzw.ts";
import { compressed, messageType } from "./messages.ts";

/** How the packets and streams of a pool are wrapped; both ends must agree on label and keys. */
export interface Framing {
	readonly random: Random;
	/** Empty in pools of Serf and Consul; at most 255 bytes. */
	readonly label: string;
	/** Undefined in a pool without encryption. */
	readonly keyring: Keyring | undefined;
	/** Drop what is not encrypted; only of importance with a key ring. */
	readonly verifyIncoming: boolean;
	/** Encrypt what is sent; only of importance with a key ring. */
	readonly verifyOutgoing: boolean;
	readonly compress: boolean;
}

const labelEncoder = new TextEncoder();

/** The label as it stands in clear before everything else: `f4`, its length, itself; nothing for none. */
export function labelHeader(label: string): Uint8Array {
	if (label === "") return new Uint8Array();
	const encoded = labelEncoder.encode(label);
	return Uint8Array.of(messageType.hasLabel, encoded.length, ...encoded);
}

/** The offset behind the label. Fails with `GOSSIP_LABEL` when it is not ours. */
export function skipLabel(wrapped: Uint8Array, label: string): number {
	const header = labelHeader(label);
	const isLabelled = wrapped[0] === messageType.hasLabel;
	if (isLabelled !== header.length > 0 || header.some((byte, at) => wrapped[at] !== byte))
		throw new DiscoError("GOSSIP_LABEL", `not of this pool: its label is not ${JSON.stringify(label)}`);
	return header.length;
}

export function additionalData(label: string): Uint8Array {
	return labelEncoder.encode(label);
}

/** Bytes that the wrapping of a packet adds at most, apart from a compound's. */
export function overheadBytes({ label, keyring, verifyOutgoing }: Framing): number {
	return labelHeader(label).length + (keyring !== undefined && verifyOutgoing ? encryptionOverheadBytes : 0);
}

/** A message in a compress message. */
export function compressMessage(message: Uint8Array): Uint8Array {
	return encode(compressed, { Algo: 0, Buf: compress(message) }, messageType.compress);
}

/** The message in the body (after the type byte) of a compress message. Fails with `LZW_INVALID`, `MSGPACK_*` or `GOSSIP_PACKET`. */
export function decompressMessage(body: Uint8Array, sizeBytesMax: number): Uint8Array {
	const { Algo, Buf } = decode(compressed, body);
	if (Algo !== 0) throw malformed(`unknown compression ${Algo}`);
	return decompress(Buf ?? new Uint8Array(), sizeBytesMax);
}

/** A message with its checksum before it. */
export function withCrc(message: Uint8Array): Uint8Array {
	const wrapped = new Uint8Array(5 + message.length);
	wrapped[0] = messageType.hasCrc;
	new DataView(wrapped.buffer).setUint32(1, crc32(message));
	wrapped.set(message, 5);
	return wrapped;
}

/** The message behind the checksum, from a body after its type byte. Fails with `GOSSIP_PACKET`. */
export function checkCrc(body: Uint8Array): Uint8Array {
	if (body.length < 4) throw malformed("a checksum ends early");
	const wanted = new DataView(body.buffer, body.byteOffset).getUint32(0);
	const message = body.subarray(4);
	if (crc32(message) !== wanted) throw malformed("the checksum is wrong");
	return message;
}

/** At most 255 messages of at most 65,535 bytes in one. */
export function makeCompound(messages: readonly Uint8Array[]): Uint8Array {
	const size = messages.reduce((sum, message) => sum + 2 + message.length, 2);
	const compound = new Uint8Array(size);
	const view = new DataView(compound.buffer);
	compound[0] = messageType.compound;
	compound[1] = messages.length;
	let lengthAt = 2;
	let messageAt = 2 + 2 * messages.length;
	for (const message of messages) {
		view.setUint16(lengthAt, message.length);
		compound.set(message, messageAt);
		lengthAt += 2;
		messageAt += message.length;
	}
	return compound;
}

/** The messages of a body after its type byte; those that are cut off are left out, as the peers do. Fails with `GOSSIP_PACKET`. */
export function splitCompound(body: Uint8Array): readonly Uint8Array[] {
	const count = body[0];
	if (count === undefined || body.length < 1 + 2 * count) throw malformed("a compound ends early");
	const view = new DataView(body.buffer, body.byteOffset);
	const messages: Uint8Array[] = [];
	let at = 1 + 2 * count;
	for (let index = 0; index < count; index++) {
		const size = view.getUint16(1 + 2 * index);
		if (at + size > body.length) break;
		messages.push(body.subarray(at, at + size));
		at += size;
	}
	return messages;
}

export function malformed(what: string): DiscoError {
	return new DiscoError("GOSSIP_PACKET", `malformed gossip: ${what}`);
}
