import type { Random } from "../../lib/env/index.ts";
import { headerBytes, messageBytesMax } from "./message.ts";
import type { PreparedAnswers, PreparedRecord, PreparedTarget } from "./prepared-answers.ts";
import { recordType } from "./records.ts";

/** What a question says, as far as the bytes of its answer depend on it. */
export interface FastQuestion {
	readonly id: number;
	/** Of the answer. */
	readonly flags: number;
	/** Name, type and class, as they came. */
	readonly wire: Buffer;
	/** Where `<datacenter>.<domain>` stands in the packet; 0 when the question does not spell it as the targets do. */
	readonly datacenterOffset: number;
	/** Undefined: no OPT record came. */
	readonly udpSizeBytes: number | undefined;
}

/** Which additional records go with the answers: all and OPT, or (with a cut answer) one for each target. */
export type Additional = "all" | "matching";

const optBytes = 11;
const pointerBytes = 2;
const pointerMax = 0x3fff;
/** Pointer to the question, fixed fields, priority, weight and port: what stands before an SRV record's target. */
const beforeTargetBytes = 2 + 10 + 6;
const kindLabels = { node: Buffer.from("\x04node", "latin1"), addr: Buffer.from("\x04addr", "latin1") } as const;

/** One message is written at a time. */
const scratch = Buffer.alloc(messageBytesMax);
let draws = 0;

/** Chooses up to `countMax` different records at random, in the order to be sent. */
export function chooseRecords(prepared: PreparedAnswers, countMax: number, random: Random): readonly PreparedRecord[] {
	const chosen: PreparedRecord[] = [];
	const { chosenIn, recordOf, records } = prepared;
	draws = (draws + 1) >>> 0;
	prepared.drawer.draw(random, (instance) => {
		const number = recordOf[instance] as number;
		if (number >= 0 && chosenIn[number] !== draws) {
			chosenIn[number] = draws;
			chosen.push(records[number] as PreparedRecord);
		}
		return chosen.length >= countMax;
	});
	return chosen;
}

/** The length without compression, which is never below the one that `writeAnswer` needs. `ownerBytes`: of the question's name. */
export function plainAnswerBytes(
	{ wire, udpSizeBytes }: FastQuestion,
	chosen: readonly PreparedRecord[],
	additional: Additional,
): number {
	const ownerBytes = wire.length - 4;
	let bytes = headerBytes + wire.length + (additional === "all" && udpSizeBytes !== undefined ? optBytes + 4 : 0);
	for (const { bytes: answer, srv } of chosen) {
		bytes += answer.length - pointerBytes + ownerBytes;
		if (srv === undefined) continue;
		bytes += srv.targetBytes + srv.address.length;
		if (additional === "all") for (const text of srv.texts) bytes += srv.nodeNameBytes + text.length;
	}
	return bytes;
}

/**
 * How many of the chosen records fit into `bytesMax` with one additional record for each target; at least one. Undefined where the
 * names of a kind begin so late that nothing can point at them.
 */
export function countFitting(
	question: FastQuestion,
	chosen: readonly PreparedRecord[],
	bytesMax: number,
): number | undefined {
	const seen = new Set<number>();
	const pointable = new Set<boolean>();
	let answersEnd = headerBytes + question.wire.length;
	let additionalBytes = 0;
	let count = 0;
	for (const { bytes, srv } of chosen) {
		if (srv !== undefined && !seen.has(srv.target)) {
			seen.add(srv.target);
			const canPoint = answersEnd + beforeTargetBytes + srv.label.length <= pointerMax;
			if (canPoint) pointable.add(srv.isNode);
			else if (!pointable.has(srv.isNode)) return undefined;
			additionalBytes += srv.address.length + pointerBytes + (canPoint ? 0 : srv.label.length);
		}
		answersEnd += bytes.length;
		if (answersEnd + additionalBytes > bytesMax) break;
		count++;
	}
	return Math.max(1, count);
}

/** Where names stand in the message that is being written. */
interface Known {
	readonly targets: Map<number, number>;
	readonly nodes: Map<number, number>;
	/** Of `node.<datacenter>.<domain>`; 0: nowhere yet. */
	node: number;
	/** Of `addr.<datacenter>.<domain>`. */
	addr: number;
	datacenter: number;
}

/** Writes an answer, byte for byte as the general path does; undefined when it would be above 64 KiB. */
export function writeAnswer(
	question: FastQuestion,
	chosen: readonly PreparedRecord[],
	additional: Additional,
): Buffer | undefined {
	const { wire } = question;
	scratch.writeUInt16BE(question.id, 0);
	scratch.writeUInt16BE(question.flags, 2);
	scratch.writeUInt32BE(0x10000 | chosen.length, 4);
	scratch.writeUInt16BE(0, 8);
	wire.copy(scratch, headerBytes);
	const writer = new AnswerWriter(headerBytes + wire.length, question.datacenterOffset);
	for (const record of chosen) if (!writer.answer(record)) return undefined;
	if (chosen[0]?.srv !== undefined && !writer.additional(chosen, additional)) return undefined;
	if (additional === "all" && question.udpSizeBytes !== undefined && !writer.opt(question.udpSizeBytes))
		return undefined;
	scratch.writeUInt16BE(writer.additionalCount, 10);
	return Buffer.from(scratch.subarray(0, writer.at));
}

class AnswerWriter {
	at: number;
	additionalCount = 0;
	/** Made for the first SRV record. */
	#known: Known | undefined;
	readonly #datacenterOffset: number;

	constructor(at: number, datacenterOffset: number) {
		this.at = at;
		this.#datacenterOffset = datacenterOffset;
	}

	answer({ bytes, srv }: PreparedRecord): boolean {
		if (this.at + bytes.length > messageBytesMax) return false;
		if (srv !== undefined) this.#rememberTarget(srv, this.at + beforeTargetBytes);
		this.at += bytes.copy(scratch, this.at);
		return true;
	}

	additional(chosen: readonly PreparedRecord[], which: Additional): boolean {
		const written = which === "matching" ? new Set<number>() : undefined;
		const known = this.#names();
		for (const { srv } of chosen) {
			if (srv === undefined || written?.has(srv.target) === true) continue;
			written?.add(srv.target);
			const kind = srv.isNode ? "node" : "addr";
			if (!this.#record(known.targets, srv.target, srv.label, kind, srv.address)) return false;
			if (which === "matching") continue;
			for (const text of srv.texts) {
				const fits = srv.isNode
					? this.#record(known.targets, srv.target, srv.label, "node", text)
					: this.#record(known.nodes, srv.node, srv.nodeLabel, "node", text);
				if (!fits) return false;
			}
		}
		return true;
	}

	opt(udpSizeBytes: number): boolean {
		if (this.at + optBytes > messageBytesMax) return false;
		scratch.fill(0, this.at, this.at + optBytes);
		scratch.writeUInt16BE(recordType.OPT, this.at + 1);
		scratch.writeUInt16BE(udpSizeBytes, this.at + 3);
		this.at += optBytes;
		this.additionalCount++;
		return true;
	}

	#names(): Known {
		this.#known ??= { targets: new Map(), nodes: new Map(), node: 0, addr: 0, datacenter: this.#datacenterOffset };
		return this.#known;
	}

	/** A target is written in full (RFC 2782); it and its ends can be pointed at where 14 bits reach. */
	#rememberTarget({ target, isNode, label }: PreparedTarget, start: number): void {
		const known = this.#names();
		if (start <= pointerMax && !known.targets.has(target)) known.targets.set(target, start);
		const kindStart = start + label.length;
		const kind = isNode ? "node" : "addr";
		if (known[kind] === 0 && kindStart <= pointerMax) known[kind] = kindStart;
		const datacenterStart = kindStart + kindLabels[kind].length;
		if (known.datacenter === 0 && datacenterStart <= pointerMax) known.datacenter = datacenterStart;
	}

	#record(
		table: Map<number, number>,
		number: number,
		label: Buffer,
		kind: keyof typeof kindLabels,
		rest: Buffer,
	): boolean {
		const kindLabel = kindLabels[kind];
		if (this.at + label.length + kindLabel.length + pointerBytes + rest.length > messageBytesMax) return false;
		const known = this.#names();
		const offset = table.get(number);
		if (offset !== undefined) {
			this.#pointer(offset);
		} else {
			if (this.at <= pointerMax) table.set(number, this.at);
			this.at += label.copy(scratch, this.at);
			if (known[kind] !== 0) {
				this.#pointer(known[kind]);
			} else {
				if (this.at <= pointerMax) known[kind] = this.at;
				this.at += kindLabel.copy(scratch, this.at);
				this.#pointer(known.datacenter);
			}
		}
		this.at += rest.copy(scratch, this.at);
		this.additionalCount++;
		return true;
	}

	#pointer(offset: number): void {
		scratch.writeUInt16BE(0xc000 | offset, this.at);
		this.at += pointerBytes;
	}
}
