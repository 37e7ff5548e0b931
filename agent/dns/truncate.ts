import { encodedBytes, messageBytesMax, plainBytes, type ResponseMessage, recordBytes } from "./message.ts";
import { type DnsRecord, recordType } from "./records.ts";

/** What a UDP answer may measure without EDNS (RFC 1035 section 4.2.1). */
const plainUdpBytesMax = 512;
/** The reference keeps the UDP header free in what the client offers. */
const udpHeaderBytes = 8;
/** The most that `udp_answer_limit` can ask for. */
const plainUdpAnswersMax = 8;
/** Largest UDP payload with room for IP options; a larger EDNS size means this. */
const datagramBytesMax = 65_467;
/** TCP messages are kept a header's length below the maximum. */
const tcpBytesMax = 65_523;
/** More than these are not even tried. */
const answersMax = { udp: 2048, udpSrv: 640, tcp: 4096, tcpSrv: 1024 } as const;

interface FitOptions {
	readonly transport: "udp" | "tcp";
	readonly udpAnswerLimit: number;
	readonly compress: boolean;
}

/**
 * Cuts an answer to what the transport and the client can take. Without EDNS over UDP at most `udpAnswerLimit` answers are left.
 * When the size is too big the authority section goes first, then answers from the end; one answer is always left. Additional
 * records follow the answers that are left, and EDNS's OPT record is lost with the rest (recorded behaviour).
 * `truncated` of the result says whether answers were cut.
 */
export function fitResponse(response: ResponseMessage, options: FitOptions): ResponseMessage {
	const { transport, compress } = options;
	const before = response.answers.length;
	const limits = sizeLimitsOf(transport, response.query.edns?.udpSizeBytes);
	const limit = udpAnswersMax(options.udpAnswerLimit);
	const isSrv = response.query.question.type === recordType.SRV;
	const counted = keepAnswers(response, answersMaxOf(transport, isSrv), "all");
	const fitted =
		limits.isPlain && before > limit
			? // Clients without EDNS may unpack the message on the way: here it must fit without compression.
				fitBytes(keepAnswers(counted, limit, "matching"), limits, false)
			: fitBytes(counted, limits, compress);
	return { ...fitted, truncated: fitted.answers.length < before };
}

/** Where the size counts: up to `plainMax` nothing is cut; what is cut by searching is cut to `searchMax` first. */
interface SizeLimits {
	readonly plainMax: number;
	readonly searchMax: number;
	/** UDP, and the client offers no more than 512 bytes: the number of answers counts as well. */
	readonly isPlain: boolean;
}

/** `udpSizeBytes`: as EDNS has it, undefined without. */
export function sizeLimitsOf(transport: "udp" | "tcp", udpSizeBytes: number | undefined): SizeLimits {
	if (transport === "tcp") return { plainMax: tcpBytesMax, searchMax: tcpBytesMax, isPlain: false };
	const bytesMax = Math.min(datagramBytesMax, Math.max(plainUdpBytesMax, udpSizeBytes ?? 0));
	return { plainMax: bytesMax - udpHeaderBytes, searchMax: bytesMax, isPlain: bytesMax === plainUdpBytesMax };
}

/** Most answers for clients that offer no more than 512 bytes. */
export function udpAnswersMax(udpAnswerLimit: number): number {
	return Math.min(plainUdpAnswersMax, udpAnswerLimit);
}

/** Most answers that are tried at all. */
export function answersMaxOf(transport: "udp" | "tcp", isSrv: boolean): number {
	return answersMax[isSrv ? (`${transport}Srv` as const) : transport];
}

/** Up to so many bytes too long, the reference takes one answer away and looks again; beyond it searches. */
export const stepwiseBytesMax = 100;

/**
 * The reference's way of cutting, step by step: an answer goes even where dropping the additional records that lead nowhere would
 * have been enough, since these are only looked at after the cut.
 */
function fitBytes(response: ResponseMessage, limits: SizeLimits, compress: boolean): ResponseMessage {
	let fitted = response;
	if (plainBytes(response) <= limits.plainMax) return response;
	while (fitted.answers.length > 1 && encodedBytes(fitted, compress) > limits.plainMax) {
		const bare = { ...fitted, authority: [] };
		const isFar = encodedBytes(bare, compress) - limits.searchMax > stepwiseBytesMax;
		const count = isFar ? mostFitting(bare, limits.searchMax, compress) : fitted.answers.length - 1;
		fitted = keepAnswers(bare, count, "matching");
	}
	return fitted;
}

/** The largest count of answers that fits, by halving: with more answers a message is never shorter. */
function mostFitting(response: ResponseMessage, bytesMax: number, compress: boolean): number {
	let low = 1;
	let high = Math.min(response.answers.length, mostAnswers(response, bytesMax, compress));
	while (low < high) {
		const middle = Math.ceil((low + high) / 2);
		if (encodedBytes(keepAnswers(response, middle, "matching"), compress) <= bytesMax) low = middle;
		else high = middle - 1;
	}
	return low;
}

/** Owner as a pointer and the fixed fields. */
const smallestRecordBytes = 12;

/** An upper bound that is cheap to find, so that a huge answer is not encoded again and again. */
function mostAnswers(response: ResponseMessage, bytesMax: number, compress: boolean): number {
	if (compress) return Math.max(1, Math.floor(Math.min(bytesMax, messageBytesMax) / smallestRecordBytes));
	let bytes = 0;
	const over = response.answers.findIndex((record) => {
		bytes += recordBytes(record);
		return bytes > bytesMax;
	});
	return over < 0 ? response.answers.length : Math.max(1, over);
}

/** The first `count` answers, with all additional records or only with those that the answers lead to. */
function keepAnswers(response: ResponseMessage, count: number, additional: "all" | "matching"): ResponseMessage {
	if (response.answers.length <= count && additional === "all") return response;
	const answers = response.answers.slice(0, count);
	if (additional === "all") return { ...response, answers };
	const { edns: _lost, ...kept } = response;
	return { ...kept, answers, additional: matchingAdditional(answers, response.additional) };
}

/** For each target of an answer its first additional record, aliases followed; in the order of the answers, once each. */
function matchingAdditional(answers: readonly DnsRecord[], additional: readonly DnsRecord[]): readonly DnsRecord[] {
	if (additional.length === 0) return additional;
	const byOwner = new Map<string, DnsRecord>();
	for (const record of additional) {
		const owner = record.owner.toLowerCase();
		if (!byOwner.has(owner)) byOwner.set(owner, record);
	}
	const chosen = new Set<DnsRecord>();
	for (const { data } of answers) {
		let target = data.kind === "SRV" || data.kind === "CNAME" ? data.target : undefined;
		while (target !== undefined) {
			const record = byOwner.get(target.toLowerCase());
			// A record that was taken before ends a loop of aliases.
			if (record === undefined || chosen.has(record)) break;
			chosen.add(record);
			target = record.data.kind === "CNAME" ? record.data.target : undefined;
		}
	}
	return [...chosen];
}
