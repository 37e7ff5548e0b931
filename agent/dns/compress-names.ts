import { headerBytes } from "./message.ts";
import { recordType } from "./records.ts";

const pointerMax = 0x3fff;

/** Types whose content is one name that may be compressed (RFC 1035 section 3.3, RFC 3597 section 4). */
const nameTypes: ReadonlySet<number> = new Set([recordType.NS, recordType.CNAME, recordType.PTR]);
/** Type, class, TTL, length of the content. */
const fixedBytes = 10;

/**
 * Compresses the names of a reply whose sender did not compress: as the reference sends on what its recursors say. A reply that
 * has pointers already, or that does not read well, comes back as it is. Contents other than a single name are copied untouched,
 * which is right because nothing in them can point at an earlier name.
 */
export function compressNames(reply: Buffer): Buffer {
	const records = reply.readUInt16BE(6) + reply.readUInt16BE(8) + reply.readUInt16BE(10);
	if (reply.readUInt16BE(4) !== 1 || records === 0) return reply;
	const questionName = plainNameEnd(reply, headerBytes);
	if (questionName === undefined) return reply;
	const known = new Map<string, number>();
	const pieces: Buffer[] = [];
	let written = 0;
	const copy = (bytes: Buffer) => {
		pieces.push(bytes);
		written += bytes.length;
	};
	/** Gives the length that was written. */
	const copyName = (name: Buffer) => {
		const short = compressed(name, known);
		remember(name, written, known);
		copy(short);
		return short.length;
	};
	let at = questionName + 4;
	copy(reply.subarray(0, at));
	remember(reply.subarray(headerBytes, questionName), headerBytes, known);
	for (let index = 0; index < records; index++) {
		const nameEnd = plainNameEnd(reply, at);
		if (nameEnd === undefined || nameEnd + fixedBytes > reply.length) return reply;
		const contentStart = nameEnd + fixedBytes;
		const end = contentStart + reply.readUInt16BE(contentStart - 2);
		if (end > reply.length) return reply;
		const isName = nameTypes.has(reply.readUInt16BE(nameEnd));
		if (isName && plainNameEnd(reply, contentStart) !== end) return reply;
		copyName(reply.subarray(at, nameEnd));
		if (isName) {
			const fixed = Buffer.from(reply.subarray(nameEnd, contentStart));
			copy(fixed);
			fixed.writeUInt16BE(copyName(reply.subarray(contentStart, end)), fixedBytes - 2);
		} else {
			copy(reply.subarray(nameEnd, end));
		}
		at = end;
	}
	return at === reply.length ? Buffer.concat(pieces) : reply;
}

/** Where a name without pointers ends; undefined when it has one or runs out of the packet. */
function plainNameEnd(packet: Buffer, start: number): number | undefined {
	let at = start;
	for (;;) {
		const length = packet[at];
		if (length === undefined || length > 63) return undefined;
		at += 1 + length;
		if (length === 0) return at <= packet.length ? at : undefined;
	}
}

/** The name's first labels, then a pointer to where the rest stands already. */
function compressed(name: Buffer, known: ReadonlyMap<string, number>): Buffer {
	for (let at = 0; name[at] !== 0; at += 1 + (name[at] ?? 0)) {
		const offset = known.get(name.toString("latin1", at));
		if (offset === undefined) continue;
		const pointer = Buffer.alloc(2);
		pointer.writeUInt16BE(0xc000 | offset, 0);
		return Buffer.concat([name.subarray(0, at), pointer]);
	}
	return name;
}

/** Only the ends that are written in full: those behind a pointer are known already. */
function remember(name: Buffer, start: number, known: Map<string, number>): void {
	for (let at = 0; name[at] !== 0; at += 1 + (name[at] ?? 0)) {
		const end = name.toString("latin1", at);
		if (known.has(end)) return;
		if (start + at <= pointerMax) known.set(end, start + at);
	}
}
