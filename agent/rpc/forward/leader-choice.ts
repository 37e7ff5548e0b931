import type { Clock } from "../../../lib/env/index.ts";
import { errorMessage } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";
import { methods } from "../wire/methods.ts";
import type { Servers } from "./servers.ts";

/** While calls for the leader are made, somebody is asked this often who leads; an idle client asks nobody. */
const askEachMs = 5_000;
const askTimeoutMs = 5_000;

/** Which server a client asks for what only the leader answers: any other would pass the call on. */
export interface LeaderChoice {
	/** `host:port`; undefined while the leader is not known, or did not answer a ping: then any server is asked. */
	current(): string | undefined;
	/** It did not answer, or does not lead any more. */
	failed(): void;
}

/** What it knows may be old, which does no harm: whoever leads no more passes calls on. */
export function createLeaderChoice(parts: {
	readonly datacenter: string;
	readonly connections: Servers;
	readonly clock: Clock;
	readonly logger: Logger;
	/** `host:port` of those that may be asked. */
	readonly servers: () => readonly string[];
}): LeaderChoice {
	const { datacenter, connections, clock, logger, servers } = parts;
	let leader: string | undefined;
	let isAsking = false;
	let askAtMs = 0;

	async function ask(server: string): Promise<void> {
		isAsking = true;
		askAtMs = clock.monotonicMs() + askEachMs;
		try {
			const question = { ...methods.leader.argument.zero, Datacenter: datacenter };
			const told = await connections.call(server, methods.leader, question, { timeoutMs: askTimeoutMs });
			leader = servers().includes(told) ? await reachable(told) : undefined;
		} catch (error) {
			leader = undefined;
			logger.debug("a server does not tell who leads", { server, error: errorMessage(error) });
		}
		isAsking = false;
	}

	/** Nothing waits for a connection that cannot be made. */
	async function reachable(server: string): Promise<string> {
		if (server !== leader) await connections.call(server, methods.ping, {}, { timeoutMs: askTimeoutMs });
		return server;
	}

	return {
		current() {
			const [first] = servers();
			if (!isAsking && first !== undefined && clock.monotonicMs() >= askAtMs) void ask(first);
			return leader;
		},
		failed() {
			leader = undefined;
		},
	};
}
