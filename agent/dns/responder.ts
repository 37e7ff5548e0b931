import { errorMessage } from "../../lib/errors.ts";
import { soaRecord } from "./answers.ts";
import { compressNames } from "./compress-names.ts";
import { createFastPath } from "./fast-path.ts";
import { type LookupContext, lookUp, lookUpNameservers, lookUpReverse, type Nameservers } from "./lookup.ts";
import { decodeQuery, encodeResponse, type QueryMessage, type ResponseMessage } from "./message.ts";
import { type ZoneName, zoneNameOf } from "./name.ts";
import type { DnsOptions } from "./options.ts";
import { type DnsRecord, recordType, responseCode } from "./records.ts";
import { createRecursor, type Transport } from "./recursor.ts";
import type { ResponderParts } from "./responder-parts.ts";
import { addressOfReverseName, isReverseName } from "./reverse.ts";
import { fitResponse } from "./truncate.ts";

/** What is sent back; undefined is silence. */
export type Reply = Buffer | undefined;

/** A packet and how it came -> the reply, at once where that is possible. Never throws or rejects. */
export type Responder = (packet: Buffer, transport: Transport) => Reply | Promise<Reply>;

/** How often a failed lookup is logged; those in between are counted. */
const failureLogIntervalMs = 10_000;

/** The fast path where it applies, else the general one: the same answers. */
export function createResponder(parts: ResponderParts): Responder {
	const fastPath = createFastPath(parts);
	const answer = createGeneralResponder(parts);
	return (packet, transport) => {
		try {
			const quick = fastPath(packet, transport);
			if (quick !== undefined) return quick;
		} catch {
			// The general path says what is wrong.
		}
		return answer(packet, transport);
	};
}

/** Decodes the question, looks it up and encodes what was found. */
export function createGeneralResponder(parts: ResponderParts): Responder {
	const recursor = createRecursor(parts);
	const logFailure = throttledLog(parts);

	async function respond(packet: Buffer, transport: Transport): Promise<Buffer | undefined> {
		const decoded = decodeQuery(packet);
		if (decoded.kind === "ignore") return undefined;
		if (decoded.kind === "refuse") return Buffer.from(decoded.reply);
		const { query } = decoded;
		const options = parts.options();
		const context = lookupContext(query, options);
		const zone = zoneNameOf(query.question.name, context.domains);
		if (zone !== undefined) return send(await answerZone(query, zone, context), options, transport);
		if (isReverseName(query.question.name)) {
			const found = await answerReverse(query, context);
			// The reference sends reverse answers without a look at their size: there is one record.
			if (found !== undefined) return encodeResponse(found, !options.disableCompression);
		} else if (options.recursors.length === 0) {
			// Not ours, and nobody to ask: an answer as from a server that knows nothing of the name, without EDNS.
			return encodeResponse(plain(query, responseCode.REFUSED), !options.disableCompression);
		}
		const relayed = await recursor.relay(packet, query, transport);
		if (relayed !== undefined) return options.disableCompression ? relayed : compressNames(relayed);
		const failed = { ...plain(query, responseCode.SERVFAIL), recursionAvailable: true, ...ednsOf(query, true) };
		return encodeResponse(failed, !options.disableCompression);
	}

	function lookupContext(query: QueryMessage, options: DnsOptions): LookupContext {
		return {
			endpoints: parts.endpoints,
			queries: parts.queries,
			options,
			domains: [normalDomain(options.domain), normalDomain(options.altDomain)],
			datacenter: parts.datacenter,
			token: parts.token?.() ?? "",
			random: parts.random,
			resolveOutside: recursor.addresses,
			hasEdns: query.edns !== undefined,
		};
	}

	async function answerZone(query: QueryMessage, zone: ZoneName, context: LookupContext): Promise<ResponseMessage> {
		const { options } = context;
		const base = {
			...plain(query, responseCode.NOERROR),
			authoritative: true,
			recursionAvailable: hasRecursors(options),
		};
		switch (query.question.type) {
			case recordType.SOA: {
				const { records, glue } = await nameservers(zone, context);
				const answers = [soaOf(query, context)];
				return { ...base, answers, authority: records, additional: glue, ...ednsOf(query, true) };
			}
			case recordType.NS: {
				const { records, glue } = await nameservers(zone, context);
				return { ...base, answers: records, additional: glue, ...ednsOf(query, true) };
			}
			case recordType.AXFR:
				return { ...base, code: responseCode.NOTIMP, ...ednsOf(query, true) };
			default: {
				const { name, type } = query.question;
				const found = await lookUp(name, zone, type, context);
				const { kind, answers, additional } = found;
				if (kind === "failed") logFailure(name, found.reason);
				const authority = kind === "no-name" || kind === "no-data" ? [soaOf(query, context)] : [];
				const code = kind === "no-name" ? responseCode.NXDOMAIN : kind === "failed" ? responseCode.SERVFAIL : base.code;
				return { ...base, code, answers, authority, additional, ...ednsOf(query, found.subnetIsGlobal, found.isStale) };
			}
		}
	}

	async function nameservers(zone: ZoneName, context: LookupContext): Promise<Nameservers> {
		try {
			return await lookUpNameservers(zone, context);
		} catch (error) {
			logFailure(zone.domain, errorMessage(error));
			return { records: [], glue: [] };
		}
	}

	function soaOf({ question }: QueryMessage, { options, domains }: LookupContext): DnsRecord {
		const [domain = "", altDomain = ""] = domains;
		// The alternative domain has a SOA record below its apex only, and for names that spell it in lower case (measured).
		const isAlt = altDomain !== "" && question.name.endsWith(`.${altDomain}`);
		return soaRecord(isAlt ? altDomain : domain, options.soa, parts.clock.nowMs());
	}

	/** Undefined when nothing here has the address. */
	async function answerReverse(query: QueryMessage, context: LookupContext): Promise<ResponseMessage | undefined> {
		const { name, type } = query.question;
		const address = addressOfReverseName(name);
		if (address === undefined) return undefined;
		const target = await lookUpReverse(address, context).catch((error: unknown) => {
			logFailure(name, errorMessage(error));
			return undefined;
		});
		if (target === undefined) return undefined;
		const soa = soaRecord(context.domains[0] ?? "", context.options.soa, parts.clock.nowMs());
		return {
			...plain(query, responseCode.NOERROR),
			authoritative: true,
			recursionAvailable: hasRecursors(context.options),
			answers: [{ owner: name, ttlSeconds: 0, data: { kind: "PTR", target } }],
			authority: type === recordType.SOA ? [soa] : [],
			...ednsOf(query, true),
		};
	}

	function send(response: ResponseMessage, options: DnsOptions, transport: Transport): Buffer | undefined {
		const compress = !options.disableCompression;
		const fitted = fitResponse(response, { transport, udpAnswerLimit: options.udpAnswerLimit, compress });
		return encodeResponse({ ...fitted, truncated: fitted.truncated && options.enableTruncate }, compress);
	}

	return async (packet, transport) => {
		try {
			return await respond(packet, transport);
		} catch (error) {
			// A question must never end the agent; that it came here is our mistake, and worth a line.
			parts.logger.error("question failed", { error: errorMessage(error) });
			return undefined;
		}
	};
}

function throttledLog({ clock, logger }: ResponderParts): (name: string, error: string) => void {
	let nextMs = Number.NEGATIVE_INFINITY;
	let unlogged = 0;
	return (name, error) => {
		const nowMs = clock.monotonicMs();
		if (nowMs < nextMs) {
			unlogged++;
			return;
		}
		logger.warn("lookup failed", { name, error, ...(unlogged === 0 ? {} : { unlogged }) });
		nextMs = nowMs + failureLogIntervalMs;
		unlogged = 0;
	};
}

function hasRecursors(options: DnsOptions): boolean {
	return options.recursors.length > 0;
}

function normalDomain(domain: string): string {
	return domain.toLowerCase().replace(/^\.+|\.+$/g, "");
}

function plain(query: QueryMessage, code: number): ResponseMessage {
	return {
		query,
		code,
		authoritative: false,
		truncated: false,
		recursionAvailable: false,
		answers: [],
		authority: [],
		additional: [],
	};
}

/** EDNS is answered with EDNS, in the size that was asked for. */
function ednsOf(query: QueryMessage, subnetIsGlobal: boolean, isStale = false): Pick<ResponseMessage, "edns"> {
	return query.edns === undefined ? {} : { edns: { ...query.edns, subnetIsGlobal, isStale } };
}
