import type { InstanceRecord, ReadOptions } from "../rpc/index.ts";
import { type AnswerContext, isServed, serviceTtlSeconds } from "./answers.ts";
import {
	type Additional,
	chooseRecords,
	countFitting,
	type FastQuestion,
	plainAnswerBytes,
	writeAnswer,
} from "./fast-answer.ts";
import { headerBytes } from "./message.ts";
import { parseName, zoneNameOf } from "./name.ts";
import type { DnsOptions } from "./options.ts";
import { type PreparedAnswers, prepareAnswers } from "./prepared-answers.ts";
import { recordType } from "./records.ts";
import type { Transport } from "./recursor.ts";
import type { ResponderParts } from "./responder-parts.ts";
import { answersMaxOf, sizeLimitsOf, stepwiseBytesMax, udpAnswersMax } from "./truncate.ts";

/**
 * Answers A, AAAA and SRV questions for services without decoding them: the second time that a question comes, its records are kept as
 * bytes until the service's instances change, and an answer is a choice among them. The same bytes as the general path's
 * (`lookup.ts`, `answers.ts`, `truncate.ts`), as `fast-path.test.ts` compares.
 *
 * Undefined means: not a case for this path. That includes servers that have to be asked: their answer takes its time anyway.
 */
export type FastPath = (packet: Buffer, transport: Transport) => Buffer | undefined;

/** Kept questions; one more forgets them all, since that many different ones are seldom asked twice. */
const plansMax = 4096;
/** Records in kept answers, all together; beyond it all are forgotten. */
const recordsMax = 200_000;

/** What a question means; kept by its name, type and class as they came. */
interface Plan {
	readonly options: DnsOptions;
	readonly token: string;
	readonly service: string;
	readonly read: ReadOptions & { readonly tags?: readonly string[] };
	readonly context: AnswerContext;
	/** As in `FastQuestion`. */
	readonly datacenterOffset: number;
	/** The instances that `prepared` was made of. */
	instances: readonly InstanceRecord[] | undefined;
	prepared: PreparedAnswers | undefined;
}

interface ParsedQuestion {
	readonly id: number;
	readonly flags: number;
	readonly type: number;
	readonly end: number;
	readonly udpSizeBytes: number | undefined;
}

export function createFastPath(
	parts: Pick<ResponderParts, "endpoints" | "options" | "datacenter" | "token" | "random">,
): FastPath {
	const plans = new Map<string, Plan>();
	let recordsHeld = 0;

	function forget(): void {
		plans.clear();
		recordsHeld = 0;
	}

	function planOf(packet: Buffer, { type, end }: ParsedQuestion, options: DnsOptions): Plan | undefined {
		const key = packet.toString("latin1", headerBytes, end);
		const token = parts.token?.() ?? "";
		const known = plans.get(key);
		if (known !== undefined && known.options === options && known.token === token) return known;
		const plan = makePlan(packet.subarray(headerBytes, end), type, options, token, parts.datacenter);
		if (plan === undefined) return undefined;
		if (plans.size >= plansMax) forget();
		plans.set(key, plan);
		// Its answer is prepared when it is asked again: resolvers that vary the case of names ask each spelling once.
		return undefined;
	}

	function preparedOf(plan: Plan, instances: readonly InstanceRecord[]): PreparedAnswers | undefined {
		if (plan.instances === instances) return plan.prepared;
		const { onlyPassing } = plan.options;
		const served = instances.filter((instance) => isServed(instance, onlyPassing));
		recordsHeld -= plan.prepared?.records.length ?? 0;
		plan.instances = instances;
		plan.prepared = prepareAnswers(served, plan.context);
		recordsHeld += plan.prepared?.records.length ?? 0;
		if (recordsHeld > recordsMax) forget();
		return plan.prepared;
	}

	return (packet, transport) => {
		const parsed = parse(packet);
		if (parsed === undefined) return undefined;
		const options = parts.options();
		const plan = planOf(packet, parsed, options);
		if (plan === undefined) return undefined;
		const found = parts.endpoints.health.serviceNow?.(plan.service, plan.read);
		if (found === undefined) return undefined;
		const prepared = preparedOf(plan, found.value);
		if (prepared === undefined) return undefined;
		const question: FastQuestion = {
			id: parsed.id,
			flags: parsed.flags | (options.recursors.length > 0 ? flagRecursionAvailable : 0),
			wire: packet.subarray(headerBytes, parsed.end),
			datacenterOffset: plan.datacenterOffset,
			udpSizeBytes: parsed.udpSizeBytes,
		};
		return fittedAnswer(question, plan, prepared, transport);
	};

	function fittedAnswer(
		question: FastQuestion,
		{ options, context }: Plan,
		prepared: PreparedAnswers,
		transport: Transport,
	): Buffer | undefined {
		const isSrv = context.type === recordType.SRV;
		const limits = sizeLimitsOf(transport, question.udpSizeBytes);
		const limit = !isSrv && options.aRecordLimit > 0 ? options.aRecordLimit : Number.POSITIVE_INFINITY;
		const total = Math.min(prepared.records.length, limit);
		const write = (chosen: ReturnType<typeof chooseRecords>, additional: Additional) => {
			const cut = chosen.length < total && options.enableTruncate;
			return writeAnswer(cut ? { ...question, flags: question.flags | flagTruncated } : question, chosen, additional);
		};
		if (limits.isPlain && total > udpAnswersMax(options.udpAnswerLimit)) {
			const countMax = udpAnswersMax(options.udpAnswerLimit);
			if (countMax === 0) return undefined;
			const chosen = chooseRecords(prepared, countMax, parts.random);
			return plainAnswerBytes(question, chosen, "matching") <= limits.plainMax ? write(chosen, "matching") : undefined;
		}
		const countMax = answersMaxOf(transport, isSrv);
		// Additional records of answers that were not chosen count, too, until a cut: only what is surely cut is easy.
		if (isSrv && total > countMax && total * smallestAdditionalBytes <= limits.searchMax) return undefined;
		const chosen = chooseRecords(prepared, Math.min(total, countMax), parts.random);
		const whole = isSrv && total > countMax ? undefined : write(chosen, "all");
		const bytes = whole?.length ?? Number.POSITIVE_INFINITY;
		if (bytes <= limits.plainMax || (whole !== undefined && chosen.length <= 1)) return whole;
		const fitting = countFitting(question, chosen, limits.plainMax);
		if (fitting === undefined) return undefined;
		const isFar = bytes - limits.searchMax > stepwiseBytesMax;
		return write(chosen.slice(0, isFar ? fitting : Math.min(fitting, chosen.length - 1)), "matching");
	}
}

const flagResponse = 0x8000;
const flagAuthoritative = 0x0400;
const flagTruncated = 0x0200;
const flagRecursionAvailable = 0x0080;
/** RD and CD come back as they came. */
const flagsRepeated = 0x0110;
/** Response bit and opcode: in an ordinary question all clear. */
const flagsOfOthers = 0xf800;
/** Root name, type, class, TTL, length of options: an OPT record without options. */
const bareOptBytes = 11;
/** A pointer as owner, fixed fields, an IPv4 address. */
const smallestAdditionalBytes = 16;

/** One question with at most an OPT record without options behind it, and nothing else. */
function parse(packet: Buffer): ParsedQuestion | undefined {
	const length = packet.length;
	if (length < headerBytes + 5) return undefined;
	const flags = packet.readUInt16BE(2);
	if ((flags & flagsOfOthers) !== 0) return undefined;
	// Counts: one question, no answer, no authority, none or one additional.
	if (packet.readUInt32BE(4) !== 0x10000 || packet[8] !== 0 || packet[9] !== 0 || packet[10] !== 0) return undefined;
	let at = headerBytes;
	for (let label = packet[at] as number; label !== 0; label = packet[at] as number) {
		at += 1 + label;
		if (label > 63 || at + 5 > length || at - headerBytes > 254) return undefined;
	}
	const end = at + 5;
	const type = packet.readUInt16BE(at + 1);
	if (type !== recordType.A && type !== recordType.AAAA && type !== recordType.SRV) return undefined;
	const udpSizeBytes = packet[11] === 0 ? undefined : bareOpt(packet, end);
	if (length !== end + (packet[11] === 0 ? 0 : bareOptBytes) || udpSizeBytes === null) return undefined;
	return {
		id: packet.readUInt16BE(0),
		flags: flagResponse | flagAuthoritative | (flags & flagsRepeated),
		type,
		end,
		udpSizeBytes,
	};
}

/** The size that it offers; null when it is something else. */
function bareOpt(packet: Buffer, start: number): number | null {
	const isOpt =
		packet[11] === 1 &&
		packet.length === start + bareOptBytes &&
		packet[start] === 0 &&
		packet.readUInt16BE(start + 1) === recordType.OPT &&
		packet.readUInt16BE(start + 9) === 0;
	return isOpt ? packet.readUInt16BE(start + 3) : null;
}

/** Names whose text and bytes say the same: printable ASCII without dots inside labels. */
const plainName = /^[\x21-\x7e]*$/;

function makePlan(
	question: Buffer,
	type: number,
	options: DnsOptions,
	token: string,
	datacenter: string,
): Plan | undefined {
	if (options.disableCompression || options.weightedAnswers || options.staleIfErrorMs > 0) return undefined;
	const labels: string[] = [];
	for (let at = 0; question[at] !== 0; at += 1 + (question[at] as number)) {
		labels.push(question.toString("latin1", at + 1, at + 1 + (question[at] as number)));
	}
	const name = labels.join(".");
	if (!plainName.test(name) || labels.some((label) => label.includes("."))) return undefined;
	const domains = [options.domain, options.altDomain].map((domain) => domain.toLowerCase().replace(/^\.+|\.+$/g, ""));
	const zone = zoneNameOf(name, domains);
	if (zone === undefined) return undefined;
	const query = parseName(zone.labels, type);
	if (query.kind !== "service" || query.service === "") return undefined;
	if (query.datacenter !== "" && query.datacenter !== datacenter) return undefined;
	const owner = labels.at(-1 - zone.domain.split(".").length);
	return {
		options,
		token,
		service: query.service,
		read: {
			datacenter: "",
			token,
			consistency: options.allowStale ? "stale" : "default",
			maxStaleMs: options.maxStaleMs,
			minIndex: 0,
			maxWaitMs: 0,
			...(query.tag === "" ? {} : { tags: [query.tag] }),
		},
		context: {
			owner: name,
			type,
			domain: zone.domain,
			datacenter,
			ttlSeconds: serviceTtlSeconds(query.service, options.serviceTtlMs),
			wan: false,
			options,
		},
		datacenterOffset: owner === datacenter ? headerBytes + name.length - zone.domain.length - datacenter.length - 1 : 0,
		instances: undefined,
		prepared: undefined,
	};
}
