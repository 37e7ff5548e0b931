import { decode } from "dns-packet";
import type { Random } from "../../lib/env/index.ts";
import { type DnsAddress, overTcp, overUdp } from "./exchange.ts";
import { describeQuestion, type FuzzQuestion, questionPacket } from "./fuzz-questions.ts";

/** What is compared of a reply. Record order, the SOA's serial and the message's id are left out. */
interface Seen {
	readonly head: string;
	readonly sections: readonly (readonly string[])[];
	readonly bytes: number;
}

/** How often a question is asked again when the answers differ: both shuffle, and a cut answer is a random choice. */
const attemptsMax = 200;

/**
 * Asks both the same. Undefined when they say the same, or when over many attempts each is seen to say all that the other does;
 * else a text that shows the difference.
 */
export async function difference(
	question: FuzzQuestion,
	ours: DnsAddress,
	theirs: DnsAddress,
	random: Random,
): Promise<string | undefined> {
	const union = { ours: new Set<string>(), theirs: new Set<string>() };
	let last = "";
	for (let attempt = 0; attempt < attemptsMax; attempt++) {
		const packet = questionPacket(question, Math.floor(random.next() * 65_536));
		const exchange = question.tcp ? overTcp : overUdp;
		const [our, their] = await Promise.all([exchange(ours, packet), exchange(theirs, packet)]);
		const [ourSeen, theirSeen] = [seen(our, packet, ours.host), seen(their, packet, theirs.host)];
		if (text(ourSeen) === text(theirSeen)) return undefined;
		// Lengths say something only where the records are the same: how they are compressed.
		const sameRecords = text({ ...ourSeen, bytes: 0 }) === text({ ...theirSeen, bytes: 0 });
		for (const fact of facts(ourSeen, sameRecords)) union.ours.add(fact);
		for (const fact of facts(theirSeen, sameRecords)) union.theirs.add(fact);
		last = `  ours   ${text(ourSeen)}\n  theirs ${text(theirSeen)}`;
		if (sameSet(union.ours, union.theirs) && attempt > 2) return undefined;
		// Nothing random leads to silence.
		if ((our === undefined || their === undefined) && attempt > 0) break;
	}
	const onlyOurs = [...union.ours].filter((fact) => !union.theirs.has(fact));
	const onlyTheirs = [...union.theirs].filter((fact) => !union.ours.has(fact));
	return `${describeQuestion(question)}\n  only ours   ${onlyOurs.join(" | ")}\n  only theirs ${onlyTheirs.join(" | ")}\n${last}`;
}

function sameSet(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
	return left.size === right.size && [...left].every((item) => right.has(item));
}

function facts({ head, sections, bytes }: Seen, withLength: boolean): readonly string[] {
	return [
		head,
		...(withLength ? [`bytes ${bytes}`] : []),
		...sections.flatMap((records, at) => records.map((record) => `${at}: ${record}`)),
	];
}

function text({ head, sections, bytes }: Seen): string {
	return `${head} ${bytes} bytes [${sections.map((records) => [...records].sort().join(", ")).join("] [")}]`;
}

function seen(reply: Buffer | undefined, packet: Buffer, host: string): Seen {
	if (reply === undefined) return { head: "silence", sections: [], bytes: 0 };
	const flags = reply.readUInt16BE(2).toString(16);
	const sameId = reply.readUInt16BE(0) === packet.readUInt16BE(0);
	const counts = [4, 6, 8, 10].map((at) => reply.readUInt16BE(at)).join(",");
	const head = `${sameId ? "" : "other id "}flags ${flags} counts ${counts}`;
	let message: ReturnType<typeof decode>;
	try {
		message = decode(reply);
	} catch (error) {
		return { head: `${head} unreadable: ${String(error)}`, sections: [], bytes: reply.length };
	}
	const question = (message.questions ?? []).map(({ name, type }) => `${name} ${type}`);
	const sections = [message.answers, message.authorities, message.additionals].map((records) =>
		(records ?? []).map((record) => recordText(record).replaceAll(host, "OWN-ADDRESS")),
	);
	return { head, sections: [question, ...sections], bytes: reply.length };
}

function recordText(record: object): string {
	const shown: Record<string, unknown> = { ...record };
	delete shown["flush"];
	const data = shown["data"];
	if (shown["type"] === "SOA" && typeof data === "object") shown["data"] = { ...data, serial: 0 };
	if (Array.isArray(data)) shown["data"] = data.map((part: Uint8Array) => Buffer.from(part).toString("latin1"));
	return JSON.stringify(shown, (_key, value: unknown) =>
		typeof value === "object" && value !== null && "type" in value && value.type === "Buffer"
			? Buffer.from((value as unknown as { data: number[] }).data).toString("hex")
			: value,
	);
}
