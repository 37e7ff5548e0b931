import type { Clock } from "../../../lib/env/index.ts";
import { errorMessage } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";
import type { AutopilotContent } from "../../rpc/index.ts";
import type { Admission } from "./admission.ts";
import { type ClusterFacts, deadServers, nextJoinStep, type ServerStep } from "./autopilot.ts";
import type { RaftDuties } from "./leader-duties.ts";
import type { RaftEngine } from "./raft-engine.ts";
import type { RaftServerPool } from "./raft-server-pool.ts";
import type { ServerMember } from "./server-member.ts";

/** More changes in one look than any cluster has servers. */
const stepsMax = 16;

/** The autopilot: keeps Raft's servers as gossip shows them. */
export function raftDuties(parts: {
	readonly selfId: string;
	readonly log: RaftEngine["log"];
	readonly pool: RaftServerPool;
	readonly admission: Admission;
	readonly members: () => ReadonlyMap<string, ServerMember>;
	readonly autopilot: () => AutopilotContent;
	/** Writes what the configuration says of the autopilot, unless it is there already. */
	readonly writeAutopilot: () => Promise<void>;
	/** Gossip is to take a failed member for one that left. */
	readonly forget: (name: string) => Promise<void>;
	readonly clock: Clock;
	readonly logger: Logger;
}): RaftDuties {
	const { selfId, log, pool, admission, members, autopilot, forget, clock, logger } = parts;

	function facts(knowsPool: boolean): ClusterFacts {
		const { servers } = log.cluster().configuration;
		const health = pool.health();
		const { mayJoin } = admission;
		return {
			selfId,
			servers,
			members: members(),
			health,
			autopilot: autopilot(),
			nowMs: clock.nowMs(),
			mayJoin,
			knowsPool,
		};
	}

	function strangers(): ServerMember[] {
		const { servers } = log.cluster().configuration;
		const known = new Set(servers.map(({ id }) => id));
		return [...members().values()].filter(({ id, status }) => status === "alive" && !known.has(id));
	}

	/** A read replica that leads, having had a vote until it was restarted, gives way to one that is to have it. */
	async function giveWay(): Promise<void> {
		const { servers } = log.cluster().configuration;
		const isReplica = members().get(selfId)?.voter === false;
		if (isReplica && servers.some(({ id, voter }) => voter && id !== selfId)) await log.transferLeadership();
	}

	async function take(step: ServerStep): Promise<void> {
		const { why, forget: forgotten, ...change } = step;
		const name = members().get(change.id)?.name ?? "(unknown)";
		logger.info(`autopilot: ${change.kind}`, { server: name, id: change.id, why });
		await log.changeMembership(change);
		if (forgotten === undefined) return;
		await forget(forgotten).catch((error: unknown) =>
			logger.warn("a failed server is still in the pool", { server: forgotten, error: errorMessage(error) }),
		);
	}

	return {
		led: () => pool.reset(),
		begin: () => parts.writeAutopilot(),
		async look() {
			await admission.ask(strangers());
			await giveWay();
			for (let count = 0; count < stepsMax; count++) {
				const step = nextJoinStep(facts(false));
				if (step === undefined) return;
				await take(step);
			}
		},
		async cleanUp(knowsPool) {
			for (const step of deadServers(facts(knowsPool))) await take(step);
		},
	};
}
