import type { Clock } from "../../lib/env/index.ts";
import { parseIpAddress } from "../../lib/ip-address.ts";
import type { Logger } from "../../lib/log/index.ts";
import { decodeQuery, headerBytes } from "./message.ts";
import type { DnsOptions } from "./options.ts";
import { recordType, responseCode } from "./records.ts";
import type { Transport } from "./recursor.ts";
import type { Reply, Responder } from "./responder.ts";

/** As `Responder`, for a client: an IP address. */
export type ClientResponder = (packet: Buffer, transport: Transport, client: string) => Reply | Promise<Reply>;

export interface Guard {
	readonly respond: ClientResponder;
	/** Questions that were dropped because their client asks too much. */
	readonly droppedCount: () => number;
}

/** Clients whose rate is known; beyond it the one that came first is forgotten (and begins anew). */
const clientsMax = 65_536;

/** What stands before the answers when it is asked for: a limit for each client (`client_rate_limit`), a log of the questions. */
export function createGuard(
	respond: Responder,
	parts: { readonly options: () => DnsOptions; readonly clock: Clock; readonly logger: Logger },
): Guard {
	const allowances = new Map<string, { left: number; atMs: number }>();
	let dropped = 0;

	function isAllowed(client: string, perSecond: number): boolean {
		const key = networkOf(client);
		const nowMs = parts.clock.monotonicMs();
		const allowance = allowances.get(key) ?? { left: perSecond, atMs: nowMs };
		allowance.left = Math.min(perSecond, allowance.left + ((nowMs - allowance.atMs) * perSecond) / 1000);
		allowance.atMs = nowMs;
		if (allowances.size >= clientsMax && !allowances.has(key)) allowances.delete(allowances.keys().next().value ?? "");
		allowances.set(key, allowance);
		if (allowance.left < 1) return false;
		allowance.left--;
		return true;
	}

	async function logged(packet: Buffer, transport: Transport, client: string): Promise<Buffer | undefined> {
		const startMs = parts.clock.monotonicMs();
		const reply = await respond(packet, transport);
		const decoded = decodeQuery(packet);
		const question = decoded.kind === "query" ? decoded.query.question : undefined;
		parts.logger.info("query", {
			name: question?.name ?? "",
			type: typeName(question?.type ?? 0),
			client,
			transport,
			...(reply === undefined || reply.length < headerBytes
				? { reply: "none" }
				: { reply: codeName(reply.readUInt16BE(2) & 0xf), answers: reply.readUInt16BE(6), sizeBytes: reply.length }),
			latencyMs: Math.round((parts.clock.monotonicMs() - startMs) * 1000) / 1000,
		});
		return reply;
	}

	return {
		droppedCount: () => dropped,
		respond(packet, transport, client) {
			const { clientRateLimit, logQueries } = parts.options();
			if (clientRateLimit > 0 && !isAllowed(client, clientRateLimit)) {
				dropped++;
				return undefined;
			}
			return logQueries ? logged(packet, transport, client) : respond(packet, transport);
		},
	};
}

/** IPv6 clients have a network of 64 bits to themselves: they would not run out of addresses. */
function networkOf(client: string): string {
	const address = client.includes(":") ? parseIpAddress(client) : undefined;
	return address?.version === 6 ? Buffer.from(address.bytes.subarray(0, 8)).toString("hex") : client;
}

function typeName(type: number): string {
	return Object.entries(recordType).find(([, number]) => number === type)?.[0] ?? `TYPE${type}`;
}

function codeName(code: number): string {
	return Object.entries(responseCode).find(([, number]) => number === code)?.[0] ?? `RCODE${code}`;
}
