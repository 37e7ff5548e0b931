import type { Clock, Timer } from "../../../lib/env/index.ts";
import { errorMessage } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";
import type { Configuration } from "../../raft/index.ts";
import type { ServerMember } from "./server-member.ts";

/** Pause between two looks while something is still missing. */
const retryMs = 1_000;

/** `bootstrap_expect`: begins the cluster when all servers that are expected are there and none of them has one already. */
export interface ExpectedServers {
	/** The pool has changed. */
	look(): void;
	close(): void;
}

/**
 * Every expected server comes to the same list (all that gossip shows, by id), so that each may begin by itself. Two groups of
 * the expected size that never saw each other would begin two clusters: start as many servers as are expected, further ones later.
 */
export function awaitExpectedServers(parts: {
	/** How many are expected, this one included. */
	readonly expect: number;
	/** Servers in the pool, this one included. */
	readonly servers: () => readonly ServerMember[];
	/** Server id of this one. */
	readonly selfId: string;
	/** Whether this server has a log by now. */
	readonly hasLog: () => boolean;
	/** `host:port` of each server that this address knows as Raft's, empty when it has no log. Fails when it cannot be asked. */
	readonly peersOf: (address: string) => Promise<readonly string[]>;
	/** As `RaftLog.bootstrap`. */
	readonly begin: (configuration: Configuration) => boolean;
	readonly clock: Clock;
	readonly logger: Logger;
}): ExpectedServers {
	const { expect, servers, selfId, hasLog, peersOf, begin, clock, logger } = parts;
	let timer: Timer | undefined;
	let over = false;
	let looking = false;

	async function attempt(): Promise<void> {
		const seen = servers().filter(({ status, sharesLog }) => status === "alive" && sharesLog);
		const stranger = seen.find((server) => server.bootstrap);
		if (stranger !== undefined) {
			logger.info("a server of the pool began a cluster by itself: none is begun here", { server: stranger.name });
			over = true;
			return;
		}
		const odd = seen.find((server) => server.expect !== 0 && server.expect !== expect);
		if (odd !== undefined) {
			logger.error("a server of the pool expects another number of servers: no cluster is begun", {
				server: odd.name,
				theirs: odd.expect,
				ours: expect,
			});
			return;
		}
		const voters = seen.filter(({ voter }) => voter).sort((a, b) => (a.id < b.id ? -1 : 1));
		if (voters.length < expect || !voters.some(({ id }) => id === selfId)) return;
		const peers = await Promise.all(voters.filter(({ id }) => id !== selfId).map(({ address }) => peersOf(address)));
		if (over || hasLog()) return;
		if (peers.some(({ length }) => length > 0)) {
			logger.info("a cluster is there already: this server waits to be taken into it");
			over = true;
			return;
		}
		const began = begin({ servers: voters.map(({ id, address }) => ({ id, address, voter: true })) });
		over = true;
		if (began) logger.info("all expected servers are there: the cluster begins", { servers: voters.length });
	}

	function look(): void {
		if (hasLog()) over = true;
		if (over || looking) return;
		looking = true;
		timer?.cancel();
		attempt()
			.catch((error: unknown) => logger.debug("an expected server does not answer yet", { error: errorMessage(error) }))
			.finally(() => {
				looking = false;
				if (!over) timer = clock.after(retryMs, look);
			});
	}

	look();
	return {
		look,
		close() {
			over = true;
			timer?.cancel();
		},
	};
}
