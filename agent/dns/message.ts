import type { DnsRecord, Sections } from "./records.ts";
import { recordType, responseCode } from "./records.ts";

export const headerBytes = 12;
/** What one message can hold: its length is 16 bits on TCP. */
export const messageBytesMax = 65_535;

const opcodeQuery = 0;
const opcodeNotify = 4;
const flagResponse = 0x8000;
const flagAuthoritative = 0x0400;
const flagTruncated = 0x0200;
const flagRecursionDesired = 0x0100;
const flagRecursionAvailable = 0x0080;
const flagCheckingDisabled = 0x0010;
const flagAuthenticData = 0x0020;
/** What a refused question's header keeps. */
const refusedFlagsKept =
	flagTruncated | flagRecursionDesired | flagRecursionAvailable | flagAuthenticData | flagCheckingDisabled;
const optionClientSubnet = 8;

export interface Question {
	/** Dotted, without the last dot, in the case that was sent. A byte that is no UTF-8 is replaced: only `wire` is exact. */
	readonly name: string;
	/** The name's parts; unlike `name` they tell a dot inside a label from one between two. */
	readonly labels: readonly string[];
	readonly type: number;
	/** Name, type and class as they came, to be repeated in the answer. */
	readonly wire: Uint8Array;
}

export interface Edns {
	readonly udpSizeBytes: number;
	/** RFC 7871: the option's content (family, source and scope prefix length, address). */
	readonly clientSubnet?: Uint8Array;
}

export interface QueryMessage {
	readonly id: number;
	readonly opcode: number;
	readonly recursionDesired: boolean;
	readonly checkingDisabled: boolean;
	readonly question: Question;
	readonly edns?: Edns;
}

/**
 * What to do with a packet: answer the question, send `reply` (FORMERR or NOTIMP), or say nothing because it is too short or
 * an answer itself (an answer to an answer could go round for ever).
 */
type Decoded =
	| { readonly kind: "query"; readonly query: QueryMessage }
	| { readonly kind: "refuse"; readonly reply: Uint8Array }
	| { readonly kind: "ignore" };

/** Reads a question. Never throws, whatever the bytes; its work is bounded by the packet's length. */
export function decodeQuery(packet: Buffer): Decoded {
	if (packet.length < headerBytes) return { kind: "ignore" };
	const flags = packet.readUInt16BE(2);
	if ((flags & flagResponse) !== 0) return { kind: "ignore" };
	const opcode = (flags >> 11) & 0xf;
	if (opcode !== opcodeQuery && opcode !== opcodeNotify) return refuse(packet, opcode, responseCode.NOTIMP);
	// One question; NOTIFY may carry a SOA record as answer and IXFR one in authority (RFC 1996, RFC 1995).
	const plausible =
		packet.readUInt16BE(4) === 1 &&
		packet.readUInt16BE(6) <= 1 &&
		packet.readUInt16BE(8) <= 1 &&
		packet.readUInt16BE(10) <= 2;
	const question = plausible ? readQuestion(packet) : undefined;
	if (question === undefined) return refuse(packet, opcodeQuery, responseCode.FORMERR);
	const edns = readEdns(packet, headerBytes + question.wire.length);
	if (edns === "malformed") return refuse(packet, opcodeQuery, responseCode.FORMERR, question);
	const query = {
		id: packet.readUInt16BE(0),
		opcode,
		recursionDesired: opcode === opcodeQuery && (flags & flagRecursionDesired) !== 0,
		checkingDisabled: opcode === opcodeQuery && (flags & flagCheckingDisabled) !== 0,
		question,
	};
	return { kind: "query", query: edns === undefined ? query : { ...query, edns } };
}

/** The header with the question's id and flags, and the question if that much could be read. */
function refuse(packet: Buffer, opcode: number, code: number, question?: Question): Decoded {
	const header = Buffer.alloc(headerBytes);
	header.writeUInt16BE(packet.readUInt16BE(0), 0);
	// The reference sends the packet's own header back: all but AA and the reserved bit stay as they came.
	const kept = packet.readUInt16BE(2) & refusedFlagsKept;
	header.writeUInt16BE(flagResponse | (opcode << 11) | kept | code, 2);
	header.writeUInt16BE(question === undefined ? 0 : 1, 4);
	return { kind: "refuse", reply: question === undefined ? header : Buffer.concat([header, question.wire]) };
}

/** The question at the start of the body. Compressed names are refused: nothing stands before them to point at. */
function readQuestion(packet: Buffer): Question | undefined {
	const labels: string[] = [];
	let at = headerBytes;
	for (;;) {
		const length = packet[at];
		if (length === undefined || length > 63 || at - headerBytes + length > 254) return undefined;
		at++;
		if (length === 0) break;
		labels.push(packet.toString("utf8", at, at + length));
		at += length;
	}
	const end = at + 4;
	if (end > packet.length) return undefined;
	return { name: labels.join("."), labels, type: packet.readUInt16BE(at), wire: packet.subarray(headerBytes, end) };
}

/** Walks the records after the question and gives the OPT record's content, if there is one. */
function readEdns(packet: Buffer, start: number): Edns | undefined | "malformed" {
	const others = packet.readUInt16BE(6) + packet.readUInt16BE(8);
	const count = others + packet.readUInt16BE(10);
	let edns: Edns | undefined;
	let at = start;
	// A message that ends before the records it announces is taken as it is, as the reference does.
	for (let index = 0; index < count && at < packet.length; index++) {
		const fixed = skipName(packet, at);
		if (fixed === undefined || fixed + 10 > packet.length) return "malformed";
		const dataStart = fixed + 10;
		const dataEnd = dataStart + packet.readUInt16BE(fixed + 8);
		if (dataEnd > packet.length) return "malformed";
		if (index >= others && packet.readUInt16BE(fixed) === recordType.OPT) {
			const clientSubnet = readClientSubnet(packet.subarray(dataStart, dataEnd));
			if (clientSubnet === "malformed") return "malformed";
			const udpSizeBytes = packet.readUInt16BE(fixed + 2);
			edns ??= clientSubnet === undefined ? { udpSizeBytes } : { udpSizeBytes, clientSubnet };
		}
		at = dataEnd;
	}
	return edns;
}

/** Where a name ends; it is not read, so where a pointer leads does not matter. */
function skipName(packet: Buffer, start: number): number | undefined {
	let at = start;
	for (;;) {
		const length = packet[at];
		if (length === undefined) return undefined;
		if ((length & 0xc0) === 0xc0) return at + 2;
		if (length > 63) return undefined;
		at += 1 + length;
		if (length === 0) return at;
	}
}

function readClientSubnet(options: Buffer): Uint8Array | undefined | "malformed" {
	let subnet: Uint8Array | undefined;
	for (let at = 0; at < options.length; ) {
		if (at + 4 > options.length) return "malformed";
		const end = at + 4 + options.readUInt16BE(at + 2);
		if (end > options.length) return "malformed";
		if (options.readUInt16BE(at) === optionClientSubnet) {
			const content = options.subarray(at + 4, end);
			if (!isClientSubnet(content)) return "malformed";
			subnet = content;
		}
		at = end;
	}
	return subnet;
}

/** RFC 7871 section 6: family 1 (IPv4) or 2 (IPv6), prefix lengths and address within the family's size. */
function isClientSubnet(content: Buffer): boolean {
	if (content.length < 4) return false;
	const family = content.readUInt16BE(0);
	const bytesMax = family === 1 ? 4 : family === 2 ? 16 : 0;
	const prefixBits = content[2] ?? 0;
	const scopeBits = content[3] ?? 0;
	return prefixBits <= bytesMax * 8 && scopeBits <= bytesMax * 8 && content.length - 4 <= bytesMax;
}

interface ResponseEdns extends Edns {
	readonly subnetIsGlobal: boolean;
	/** The answer is from before the lookup began to fail. */
	readonly isStale?: boolean;
}

export interface ResponseMessage extends Sections {
	readonly query: QueryMessage;
	readonly code: number;
	readonly authoritative: boolean;
	readonly truncated: boolean;
	readonly recursionAvailable: boolean;
	/** Present: an OPT record is sent. `subnetIsGlobal` false: the answer holds for the client's subnet only. */
	readonly edns?: ResponseEdns;
}

/** One message is written at a time (encoding is synchronous), so that one buffer serves them all; with room to see what does not fit. */
const scratch = Buffer.alloc(messageBytesMax + 4096);

/** The message's bytes, or undefined when they would be more than `messageBytesMax`. */
export function encodeResponse(response: ResponseMessage, compress: boolean): Buffer | undefined {
	const bytes = write(response, compress);
	return bytes === undefined ? undefined : Buffer.from(scratch.subarray(0, bytes));
}

/** The length that `encodeResponse` gives; Infinity when it does not fit. */
export function encodedBytes(response: ResponseMessage, compress: boolean): number {
	return write(response, compress) ?? Number.POSITIVE_INFINITY;
}

function write(response: ResponseMessage, compress: boolean): number | undefined {
	const writer = new MessageWriter(response.query.question, compress);
	writer.header(response);
	for (const section of [response.answers, response.authority, response.additional]) {
		for (const record of section) if (!writer.record(record)) return undefined;
	}
	if (response.edns !== undefined && !writer.opt(response.edns)) return undefined;
	return writer.at;
}

/** Longest record: owner and one name uncompressed with the fixed fields of SOA; TXT data is checked on its own. */
const recordBytesMax = 2 * 256 + 256 + 40;
/** RFC 8914: an extended error (option 15) with the code 3, "stale answer". */
const staleOption = Uint8Array.of(0, 15, 0, 2, 0, 3);
/** A pointer has 14 bits (RFC 1035 section 4.1.4). */
const pointerMax = 0x3fff;

class MessageWriter {
	at = 0;
	/** Where each name (and each of its ends) already stands. Case matters, so that an owner keeps its own spelling. */
	readonly #offsets = new Map<string, number>();
	#questionIsKnown = false;
	readonly #question: Question;
	readonly #compress: boolean;

	constructor(question: Question, compress: boolean) {
		this.#question = question;
		this.#compress = compress;
	}

	header(response: ResponseMessage): void {
		const { query } = response;
		scratch.writeUInt16BE(query.id, 0);
		scratch.writeUInt16BE(
			flagResponse |
				(query.opcode << 11) |
				(response.authoritative ? flagAuthoritative : 0) |
				(response.truncated ? flagTruncated : 0) |
				(query.recursionDesired ? flagRecursionDesired : 0) |
				(response.recursionAvailable ? flagRecursionAvailable : 0) |
				(query.checkingDisabled ? flagCheckingDisabled : 0) |
				response.code,
			2,
		);
		scratch.writeUInt16BE(1, 4);
		scratch.writeUInt16BE(response.answers.length, 6);
		scratch.writeUInt16BE(response.authority.length, 8);
		scratch.writeUInt16BE(response.additional.length + (response.edns === undefined ? 0 : 1), 10);
		scratch.set(this.#question.wire, headerBytes);
		this.at = headerBytes + this.#question.wire.length;
	}

	/** False when the buffer is full. */
	record(record: DnsRecord): boolean {
		if (this.at + recordBytesMax + textBytes(record) > scratch.length && !this.#fits(record)) return false;
		const { data } = record;
		this.#name(record.owner, true);
		scratch.writeUInt16BE(recordType[data.kind], this.at);
		scratch.writeUInt16BE(1, this.at + 2);
		scratch.writeUInt32BE(record.ttlSeconds, this.at + 4);
		this.at += 10;
		const dataStart = this.at;
		switch (data.kind) {
			case "A":
			case "AAAA":
				scratch.set(data.address, this.at);
				this.at += data.address.length;
				break;
			case "CNAME":
			case "NS":
			case "PTR":
				this.#name(data.target, true);
				break;
			case "SRV":
				scratch.writeUInt16BE(data.priority, this.at);
				scratch.writeUInt16BE(data.weight, this.at + 2);
				scratch.writeUInt16BE(data.port, this.at + 4);
				this.at += 6;
				// RFC 2782: the target is not compressed, but later names may point at it.
				this.#name(data.target, false);
				break;
			case "TXT":
				for (const text of data.texts) {
					scratch[this.at] = text.length;
					scratch.set(text, this.at + 1);
					this.at += 1 + text.length;
				}
				break;
			case "SOA":
				this.#name(data.primary, true);
				this.#name(data.mailbox, true);
				for (const value of [
					data.serial,
					data.refreshSeconds,
					data.retrySeconds,
					data.expireSeconds,
					data.minTtlSeconds,
				]) {
					scratch.writeUInt32BE(value, this.at);
					this.at += 4;
				}
				break;
		}
		scratch.writeUInt16BE(this.at - dataStart, dataStart - 2);
		// Written beyond the end, since only then is it known how short its names became.
		return this.at <= messageBytesMax;
	}

	/** RFC 6891 section 6.1.2; version 0, no flags. */
	opt(edns: ResponseEdns): boolean {
		const subnet = edns.clientSubnet;
		const staleBytes = edns.isStale === true ? staleOption.length : 0;
		const optionBytes = (subnet === undefined ? 0 : 4 + subnet.length) + staleBytes;
		if (this.at + 11 + optionBytes > messageBytesMax) return false;
		scratch[this.at] = 0;
		scratch.writeUInt16BE(recordType.OPT, this.at + 1);
		scratch.writeUInt16BE(edns.udpSizeBytes, this.at + 3);
		scratch.writeUInt32BE(0, this.at + 5);
		scratch.writeUInt16BE(optionBytes, this.at + 9);
		this.at += 11;
		if (subnet !== undefined) {
			scratch.writeUInt16BE(optionClientSubnet, this.at);
			scratch.writeUInt16BE(subnet.length, this.at + 2);
			scratch.set(subnet, this.at + 4);
			// RFC 7871 section 7.2.1: scope 0 says that the answer is good for everybody.
			scratch[this.at + 7] = edns.subnetIsGlobal ? 0 : (subnet[2] ?? 0);
			this.at += 4 + subnet.length;
		}
		if (staleBytes > 0) scratch.set(staleOption, this.at);
		this.at += staleBytes;
		return true;
	}

	/** Near the end of the buffer the exact length decides. */
	#fits(record: DnsRecord): boolean {
		return this.at + recordBytes(record) <= messageBytesMax;
	}

	#name(name: string, mayPoint: boolean): void {
		if (name === this.#question.name) {
			if (this.#compress && mayPoint) this.#pointer(headerBytes);
			else this.#questionName();
			return;
		}
		if (this.#compress && !this.#questionIsKnown) this.#rememberQuestion();
		for (let rest = name; rest !== ""; ) {
			const known = this.#compress ? this.#offsets.get(rest) : undefined;
			if (known !== undefined && mayPoint) {
				this.#pointer(known);
				return;
			}
			if (known === undefined && this.#compress && this.at <= pointerMax) this.#offsets.set(rest, this.at);
			const dot = rest.indexOf(".");
			const label = dot < 0 ? rest : rest.slice(0, dot);
			const length = scratch.write(label, this.at + 1);
			scratch[this.at] = length;
			this.at += 1 + length;
			rest = dot < 0 ? "" : rest.slice(dot + 1);
		}
		scratch[this.at++] = 0;
	}

	/** The question's name byte by byte: its text may not be exact. */
	#questionName(): void {
		const name = this.#question.wire.subarray(0, -4);
		scratch.set(name, this.at);
		this.at += name.length;
	}

	#pointer(offset: number): void {
		scratch.writeUInt16BE(0xc000 | offset, this.at);
		this.at += 2;
	}

	/** Only when the first other name is written: most answers have none. */
	#rememberQuestion(): void {
		this.#questionIsKnown = true;
		const { labels, wire } = this.#question;
		let offset = 0;
		for (let index = 0; index < labels.length; index++) {
			this.#offsets.set(labels.slice(index).join("."), headerBytes + offset);
			offset += 1 + (wire[offset] ?? 0);
		}
	}
}

/** The length without compression: an upper bound that is cheaper to find than `encodedBytes`. */
export function plainBytes({ query, answers, authority, additional, edns }: ResponseMessage): number {
	let bytes = headerBytes + query.question.wire.length;
	for (const section of [answers, authority, additional]) for (const record of section) bytes += recordBytes(record);
	return edns === undefined ? bytes : bytes + 15 + staleOption.length + (edns.clientSubnet?.length ?? 0);
}

/** Length of a record without compression. */
export function recordBytes({ owner, data }: DnsRecord): number {
	return nameBytes(owner) + 10 + dataBytes(data);
}

function dataBytes(data: DnsRecord["data"]): number {
	switch (data.kind) {
		case "A":
		case "AAAA":
			return data.address.length;
		case "CNAME":
		case "NS":
		case "PTR":
			return nameBytes(data.target);
		case "SRV":
			return 6 + nameBytes(data.target);
		case "TXT":
			return data.texts.reduce((sum, text) => sum + 1 + text.length, 0);
		case "SOA":
			return nameBytes(data.primary) + nameBytes(data.mailbox) + 20;
	}
}

function textBytes({ data }: DnsRecord): number {
	return data.kind === "TXT" ? dataBytes(data) : 0;
}

function nameBytes(name: string): number {
	return name === "" ? 1 : Buffer.byteLength(name) + 2;
}
