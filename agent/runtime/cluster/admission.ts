import type { Clock } from "../../../lib/env/index.ts";
import { errorMessage } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";
import type { ServerMember } from "./server-member.ts";

/** An answer counts for so long. */
const askAgainMs = 10_000;

/** Which servers of the pool may be taken into the cluster. */
export interface Admission {
	/** Asks those that may be taken in and have not been asked for a while. Never fails: who does not answer is asked again. */
	ask(strangers: readonly ServerMember[]): Promise<void>;
	mayJoin(member: ServerMember): boolean;
}

/**
 * A server that has a log of another cluster would have to give up what it has promised, and Consul's cannot read ours: they stay
 * outside, and are named once in the log. (The reference looks for the tag `bootstrap` on two members.)
 */
export function admission(parts: {
	/** `host:port` of the cluster's servers. */
	readonly ownAddresses: () => readonly string[];
	/** `host:port` of each server that this address knows as Raft's, empty when it has no log. Fails when it cannot be asked. */
	readonly peersOf: (address: string) => Promise<readonly string[]>;
	readonly clock: Clock;
	readonly logger: Logger;
}): Admission {
	const { ownAddresses, peersOf, clock, logger } = parts;
	const answers = new Map<string, { readonly address: string; readonly may: boolean; readonly askedMs: number }>();
	const named = new Set<string>();

	async function ask({ id, name, address, sharesLog }: ServerMember): Promise<void> {
		if (!sharesLog) return refuse(id, name, "it is none of disco's, whose logs and snapshots Consul cannot read");
		const known = answers.get(id);
		const askedMs = clock.monotonicMs();
		if (known?.address === address && askedMs - known.askedMs < askAgainMs) return;
		try {
			const peers = await peersOf(address);
			// A machine that was set up anew has the address of one of ours.
			const ours = ownAddresses().filter((own) => own !== address);
			const may = peers.length === 0 || peers.some((peer) => ours.includes(peer));
			answers.set(id, { address, may, askedMs });
			if (!may)
				refuse(
					id,
					name,
					"it has a state of its own (a cluster that it began itself, with -bootstrap or -bootstrap-expect, or another's); to take it in, stop it, empty its data folder and start it without these",
				);
		} catch (error) {
			answers.delete(id);
			logger.debug("a server that joined does not answer yet", { server: name, error: errorMessage(error) });
		}
	}

	function refuse(id: string, name: string, why: string): void {
		if (named.has(id)) return;
		named.add(id);
		logger.error("a server of the pool is not taken into the cluster", { server: name, id, why });
	}

	return {
		async ask(strangers) {
			const ids = new Set(strangers.map(({ id }) => id));
			for (const id of answers.keys()) if (!ids.has(id)) answers.delete(id);
			for (const id of named) if (!ids.has(id)) named.delete(id);
			await Promise.all(strangers.map(ask));
		},
		mayJoin: ({ id, address }) => {
			const answer = answers.get(id);
			return answer?.may === true && answer.address === address;
		},
	};
}
