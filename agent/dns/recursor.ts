import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { decode } from "dns-packet";
import { type Clock, type Random, shuffle } from "../../lib/env/index.ts";
import { errorMessage } from "../../lib/errors.ts";
import { parseIpAddress } from "../../lib/ip-address.ts";
import type { Logger } from "../../lib/log/index.ts";
import { headerBytes, type QueryMessage } from "./message.ts";
import type { DnsOptions, RecursorAddress } from "./options.ts";
import { type DnsRecord, isEncodableName, recordType, responseCode } from "./records.ts";

export type Transport = "udp" | "tcp";

interface Recursor {
	/**
	 * Passes a client's question on, over the client's own transport. Gives the reply as it came, with the client's id; undefined
	 * when every recursor failed.
	 */
	relay(packet: Buffer, query: QueryMessage, transport: Transport): Promise<Buffer | undefined>;
	/** The A records (and the aliases on the way) of a host name; empty when it has none or no recursor answers. */
	addresses(name: string): Promise<readonly DnsRecord[]>;
}

type RecursorOptions = Pick<DnsOptions, "recursors" | "recursorStrategy" | "recursorTimeoutMs">;

/** Attempts that wait for a recursor at one time; beyond it questions fail at once, so that sockets do not run out. */
const attemptsMax = 2048;

/** Asks the servers that `options()` names at the time, one after the other. */
export function createRecursor(parts: {
	readonly options: () => RecursorOptions;
	readonly clock: Clock;
	readonly random: Random;
	readonly logger: Logger;
}): Recursor {
	let attempts = 0;

	async function attempt(server: RecursorAddress, packet: Buffer, transport: Transport): Promise<Buffer | undefined> {
		if (attempts >= attemptsMax) return undefined;
		attempts++;
		// A fresh id and port for each attempt: whoever wants to forge the reply has to guess both (RFC 5452).
		const sent = Buffer.from(packet);
		sent.set(parts.random.bytes(2), 0);
		const exchange = transport === "udp" ? exchangeUdp : exchangeTcp;
		try {
			return await exchange(server, sent, parts.options().recursorTimeoutMs, parts.clock);
		} catch (error) {
			parts.logger.debug("recursor failed", { recursor: formatServer(server), error: errorMessage(error) });
			return undefined;
		} finally {
			attempts--;
		}
	}

	async function firstReply(packet: Buffer, transport: Transport): Promise<Buffer | undefined> {
		const { recursors, recursorStrategy } = parts.options();
		const order = recursorStrategy === "random" ? shuffle(recursors, parts.random) : recursors;
		for (const server of order) {
			const reply = await attempt(server, packet, transport);
			if (reply !== undefined && isFinal(reply)) return reply;
		}
		return undefined;
	}

	return {
		async relay(packet, query, transport) {
			const reply = await firstReply(packet, transport);
			reply?.writeUInt16BE(query.id, 0);
			return reply;
		},
		async addresses(name) {
			if (parts.options().recursors.length === 0) return [];
			const question = addressQuestion(name);
			const reply = await firstReply(question, "udp");
			const whole = reply !== undefined && isTruncated(reply) ? await firstReply(question, "tcp") : reply;
			return whole === undefined ? [] : readRecords(whole);
		},
	};
}

/** There is such a name, or there is none; anything else is the server's trouble, and another may do better. */
function isFinal(reply: Buffer): boolean {
	const code = reply.readUInt16BE(2) & 0xf;
	return code === responseCode.NOERROR || code === responseCode.NXDOMAIN;
}

function isTruncated(reply: Buffer): boolean {
	return (reply.readUInt16BE(2) & 0x0200) !== 0;
}

/** A question for A records with recursion desired; the id is set for each attempt. */
function addressQuestion(name: string): Buffer {
	const labels = name.split(".").flatMap((label) => [Buffer.from([Buffer.byteLength(label)]), Buffer.from(label)]);
	const header = Buffer.from([0, 0, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
	return Buffer.concat([header, ...labels, Buffer.from([0, 0, recordType.A, 0, 1])]);
}

/** Addresses and aliases of a reply, in its order. Other records, and names that cannot be sent on, are left out. */
function readRecords(reply: Buffer): readonly DnsRecord[] {
	let answers: ReturnType<typeof decode>["answers"];
	try {
		answers = decode(reply).answers;
	} catch {
		return [];
	}
	return (answers ?? []).flatMap((answer): DnsRecord[] => {
		const owner = withoutRootDot(answer.name);
		if (!isEncodableName(owner)) return [];
		if (answer.type === "CNAME") {
			const target = withoutRootDot(answer.data);
			return isEncodableName(target) ? [{ owner, ttlSeconds: answer.ttl ?? 0, data: { kind: "CNAME", target } }] : [];
		}
		if (answer.type !== "A" && answer.type !== "AAAA") return [];
		const address = parseIpAddress(answer.data);
		if (address === undefined) return [];
		const kind = address.version === 4 ? "A" : "AAAA";
		return [{ owner, ttlSeconds: answer.ttl ?? 0, data: { kind, address: address.bytes } }];
	});
}

function withoutRootDot(name: string): string {
	return name.endsWith(".") ? name.slice(0, -1) : name;
}

/** A reply belongs to the question when id, response bit and question agree. */
function answersQuestion(reply: Buffer, sent: Buffer): boolean {
	if (reply.length < headerBytes || (reply.readUInt16BE(2) & 0x8000) === 0) return false;
	if (reply.readUInt16BE(0) !== sent.readUInt16BE(0)) return false;
	const end = questionEnd(sent);
	// A server that cannot even read the question may leave it out.
	if (reply.readUInt16BE(4) === 0) return !isFinal(reply);
	if (reply.length < end) return false;
	return (
		reply.toString("latin1", headerBytes, end).toLowerCase() === sent.toString("latin1", headerBytes, end).toLowerCase()
	);
}

function questionEnd(packet: Buffer): number {
	let at = headerBytes;
	for (let length = packet[at] ?? 0; length !== 0; length = packet[at] ?? 0) at += 1 + length;
	return at + 5;
}

type Exchange = (server: RecursorAddress, sent: Buffer, timeoutMs: number, clock: Clock) => Promise<Buffer>;

/** Connected, so that the kernel drops what comes from elsewhere; what does not fit the question is passed over. */
const exchangeUdp: Exchange = (server, sent, timeoutMs, clock) =>
	new Promise((resolve, reject) => {
		const socket = createSocket(server.host.includes(":") ? "udp6" : "udp4");
		const finish = (error: Error | undefined, reply?: Buffer) => {
			timer.cancel();
			socket.removeAllListeners();
			// A late error of a socket that is being closed concerns nobody.
			socket.on("error", () => undefined);
			socket.close();
			if (reply === undefined) reject(error ?? new Error("closed"));
			else resolve(reply);
		};
		const timer = clock.after(timeoutMs, () => finish(new Error(`no answer within ${timeoutMs} ms`)));
		socket.on("error", finish);
		socket.on("message", (packet) => {
			if (answersQuestion(packet, sent)) finish(undefined, packet);
		});
		socket.connect(server.port, server.host, () => {
			socket.send(sent, (error) => {
				if (error !== null && error !== undefined) finish(error);
			});
		});
	});

const exchangeTcp: Exchange = (server, sent, timeoutMs, clock) =>
	new Promise((resolve, reject) => {
		const socket = connect(server.port, server.host);
		let received = Buffer.alloc(0);
		const finish = (error: Error | undefined, reply?: Buffer) => {
			timer.cancel();
			socket.removeAllListeners();
			socket.on("error", () => undefined);
			socket.destroy();
			if (reply === undefined) reject(error ?? new Error("the connection was closed before the answer"));
			else resolve(reply);
		};
		const timer = clock.after(timeoutMs, () => finish(new Error(`no answer within ${timeoutMs} ms`)));
		socket.on("error", finish);
		socket.on("close", () => finish(undefined));
		socket.on("data", (chunk) => {
			received = Buffer.concat([received, chunk]);
			const length = received.length < 2 ? undefined : received.readUInt16BE(0);
			if (length === undefined || received.length < 2 + length) return;
			const reply = received.subarray(2, 2 + length);
			if (answersQuestion(reply, sent)) finish(undefined, Buffer.from(reply));
			else finish(new Error("the answer does not fit the question"));
		});
		const prefix = Buffer.alloc(2);
		prefix.writeUInt16BE(sent.length);
		socket.write(Buffer.concat([prefix, sent]));
	});

function formatServer({ host, port }: RecursorAddress): string {
	return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
