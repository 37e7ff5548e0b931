import { decrypt, encrypt } from "./encryption.ts";
import {
	additionalData,
	checkCrc,
	compressMessage,
	decompressMessage,
	type Framing,
	labelHeader,
	makeCompound,
	malformed,
	skipLabel,
	splitCompound,
	withCrc,
} from "./framing.ts";
import { messageType } from "./messages.ts";

/** A packet's content after decompression, at most: no UDP packet was larger when it was packed. */
const unpackedSizeBytesMax = 65_536;
/** Wrappers in each other, at most: checksum, compression, compound and one to spare. */
const nestingMax = 4;
/** Messages in one packet, at most. */
const messagesMax = 1024;

/** One or more messages (with their type bytes) as a packet. memberlist.md, section 3. */
export function encodePacket(
	messages: readonly Uint8Array[],
	framing: Framing,
	options: { readonly crc: boolean },
): Uint8Array {
	let packet = messages.length === 1 ? (messages[0] as Uint8Array) : makeCompound(messages);
	if (framing.compress) {
		const smaller = compressMessage(packet);
		if (smaller.length < packet.length) packet = smaller;
	}
	if (options.crc) packet = withCrc(packet);
	if (framing.keyring !== undefined && framing.verifyOutgoing)
		packet = encrypt(packet, framing.keyring, additionalData(framing.label), framing.random);
	if (framing.label === "") return packet;
	const label = labelHeader(framing.label);
	const labelled = new Uint8Array(label.length + packet.length);
	labelled.set(label);
	labelled.set(packet, label.length);
	return labelled;
}

/**
 * The messages of a packet, unwrapped. Fails (`GOSSIP_LABEL`, `GOSSIP_PACKET`, `LZW_INVALID`, `MSGPACK_*`) on
 * what is not of this pool or malformed, and on what grows beyond the limits above; a failed packet is dropped whole.
 */
export function decodePacket(packet: Uint8Array, framing: Framing): readonly Uint8Array[] {
	const unlabelled = packet.subarray(skipLabel(packet, framing.label));
	const messages: Uint8Array[] = [];
	unwrap(open(unlabelled, framing), messages, nestingMax, { leftBytes: unpackedSizeBytesMax });
	return messages;
}

function open(packet: Uint8Array, { keyring, label, verifyIncoming }: Framing): Uint8Array {
	if (keyring === undefined) return packet;
	const plain = decrypt(packet, keyring, additionalData(label));
	if (plain !== undefined) return plain;
	if (verifyIncoming) throw malformed("a packet that none of our keys opens");
	return packet;
}

function unwrap(message: Uint8Array, messages: Uint8Array[], nestingLeft: number, budget: { leftBytes: number }): void {
	const type = message[0];
	if (type === undefined) throw malformed("an empty message");
	const isWrapper = type === messageType.hasCrc || type === messageType.compress || type === messageType.compound;
	if (!isWrapper) {
		if (messages.length >= messagesMax) throw malformed(`more than ${messagesMax} messages in a packet`);
		messages.push(message);
		return;
	}
	if (nestingLeft === 0) throw malformed("too many wrappers in each other");
	const body = message.subarray(1);
	if (type === messageType.hasCrc) unwrap(checkCrc(body), messages, nestingLeft - 1, budget);
	else if (type === messageType.compound)
		for (const part of splitCompound(body)) unwrap(part, messages, nestingLeft - 1, budget);
	else {
		const plain = decompressMessage(body, budget.leftBytes);
		budget.leftBytes -= plain.length;
		unwrap(plain, messages, nestingLeft - 1, budget);
	}
}
