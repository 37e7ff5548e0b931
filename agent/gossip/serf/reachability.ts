import type { Member } from "./member.ts";
import type { QueryOptions, QueryResult } from "./query.ts";

/** A member, and when it said that it heard us. */
export interface MemberReach {
	readonly member: Member;
	/** Since the question; undefined when it said nothing in time. */
	readonly ackMs: number | undefined;
}

/** Who heard a question that went through gossip, and whose answer came back. */
export interface Reachability {
	/** Everybody who is known, the failed and those who left included: from these no answer is expected. */
	readonly members: readonly MemberReach[];
	/** Names of those who answered and are not known. */
	readonly unknown: readonly string[];
}

/** Asks everybody `_serf_ping`, which wants an ack and nothing else; resolves at the end of the query's time. Fails as `Messenger.ask`. */
export async function askReachability(
	parts: {
		readonly monotonicMs: () => number;
		readonly members: () => readonly Member[];
		readonly ask: (name: string, payload: Uint8Array, options: QueryOptions) => Promise<QueryResult>;
	},
	options: Pick<QueryOptions, "timeoutMs">,
): Promise<Reachability> {
	const { monotonicMs, members, ask } = parts;
	const acks = new Map<string, number>();
	// As it was when we asked: who fails meanwhile is to be seen.
	const asked = members();
	const askedMs = monotonicMs();
	await ask("_serf_ping", new Uint8Array(), {
		...options,
		ack: true,
		onAck: (from) => void acks.set(from, monotonicMs() - askedMs),
	});
	const known = new Set([...asked, ...members()].map(({ name }) => name));
	return {
		members: asked.map((member) => ({ member, ackMs: acks.get(member.name) })),
		unknown: [...acks.keys()].filter((name) => !known.has(name)).sort(),
	};
}
