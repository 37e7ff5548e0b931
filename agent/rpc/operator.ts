import { DiscoError } from "../../lib/errors.ts";
import type { AutopilotContent } from "../state/index.ts";
import type { AutopilotHealth, OperatorEndpoints, ServerHealth } from "./endpoints.ts";
import type { Server } from "./server.ts";
import type { ServerPool } from "./server-pool.ts";

/** As the reference's first leader writes it. */
export const autopilotDefaults: AutopilotContent = Object.freeze({
	cleanupDeadServers: true,
	lastContactThresholdMs: 200,
	maxTrailingLogs: 250,
	minQuorum: 0,
	serverStabilizationTimeMs: 10_000,
	redundancyZoneTag: "",
	disableUpgradeMigration: false,
	upgradeVersionTag: "",
});

/** `/v1/operator/...` from this server's state and log. */
export function operatorEndpoints(server: Server, pool: ServerPool): OperatorEndpoints {
	const { store } = server;

	return {
		async raftConfiguration(options) {
			await server.admit(options);
			return { servers: pool.servers(), index: pool.changeIndex() };
		},
		async removePeer(peer, options) {
			await server.admit(options);
			const found = pool.servers().find((each) => ("id" in peer ? each.id === peer.id : each.address === peer.address));
			if (found !== undefined) return pool.remove(found.id);
			const field = "id" in peer ? "id" : "address";
			const named = JSON.stringify("id" in peer ? peer.id : peer.address);
			throw new DiscoError("PEER_UNKNOWN", `${field} ${named} was not found in the Raft configuration`);
		},
		async transferLeadership(id, options) {
			await server.admit(options);
			if (id !== undefined && !pool.servers().some((each) => each.id === id))
				throw new DiscoError("PEER_UNKNOWN", `id ${JSON.stringify(id)} was not found in the Raft configuration`);
			await pool.transferLeadership(id);
		},
		async autopilotConfiguration(options) {
			// The first question writes the defaults, where the reference's first leader does so at its election.
			if (store.autopilot().value === undefined)
				await server.write(options, { kind: "autopilot", content: autopilotDefaults, index: 0 });
			return server.read({ ...options, minIndex: 0 }, () => {
				const { index, value } = store.autopilot();
				return { index, value: value ?? { ...autopilotDefaults, createIndex: 0, modifyIndex: 0 } };
			});
		},
		setAutopilotConfiguration: (given, index, options) => {
			const content = { ...autopilotDefaults, ...given };
			return server.write(options, { kind: "autopilot", content, ...(index === undefined ? {} : { index }) });
		},
		async autopilotHealth(options) {
			await server.admit(options);
			return health(pool.health());
		},
	};
}

/** So many voters may fail beyond those that have failed already. */
function health(servers: readonly ServerHealth[]): AutopilotHealth {
	const voters = servers.filter(({ voter }) => voter);
	const healthyVoters = voters.filter(({ healthy }) => healthy).length;
	const quorum = Math.floor(voters.length / 2) + 1;
	return {
		healthy: servers.every(({ healthy }) => healthy),
		failureTolerance: Math.max(0, healthyVoters - quorum),
		servers,
	};
}
