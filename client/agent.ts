import type {
	AgentCheck,
	AgentCheckRegistration,
	AgentMember,
	AgentService,
	AgentServiceRegistration,
	CheckStatus,
} from "../lib/api/index.ts";
import type { AgentMetrics } from "./agent-metrics.ts";
import { statusError } from "./errors.ts";
import { linesOf } from "./lines.ts";
import { callOptions, parseJson, type ReadOptions, read, readAnswer, readOptional } from "./read.ts";
import { type CallOptions, type QueryValue, type Requester, v1 } from "./request.ts";
import { streamOf } from "./stream.ts";
import { write } from "./write.ts";

/** `/v1/agent/self`. */
export interface AgentSelf {
	readonly Config: {
		readonly Datacenter: string;
		readonly NodeName: string;
		readonly NodeID: string;
		readonly Server: boolean;
		readonly Version: string;
		readonly Revision: string;
		readonly [field: string]: unknown;
	};
	readonly Member: AgentMember;
	readonly Meta: Readonly<Record<string, string>> | null;
	readonly Stats?: Readonly<Record<string, Readonly<Record<string, string>>>>;
	readonly Coord?: unknown;
	readonly DebugConfig?: Readonly<Record<string, unknown>>;
}

/** What this agent knows of one service instance. */
export interface AgentServiceHealth {
	readonly AggregatedStatus: CheckStatus | "maintenance";
	readonly Service: AgentService;
	readonly Checks: readonly AgentCheck[];
}

/** A member, and whether it acknowledged a message of gossip. */
export interface MemberReachability {
	readonly Name: string;
	readonly Addr: string;
	readonly Port: number;
	/** As in `AgentMember`; who failed or left is not expected to answer. */
	readonly Status: number;
	/** Milliseconds since the question; null when no answer came in time. */
	readonly AckMs: number | null;
}

/** `/v1/agent/reachability`. */
export interface AgentReachability {
	readonly Members: readonly MemberReachability[];
	/** Names of those who answered and are not in the pool. */
	readonly Unknown: readonly string[];
}

/** The tokens that an agent itself works with. */
export type AgentTokenName =
	| "default"
	| "agent"
	| "agent_recovery"
	| "config_file_service_registration"
	| "replication";

type Filter = CallOptions & { readonly filter?: string };

/** `/v1/agent`: what is registered at this agent, and the agent itself. */
export interface AgentClient {
	self(options?: CallOptions): Promise<AgentSelf>;
	/** With `wan`, the servers of all data centers. */
	members(options?: CallOptions & { readonly wan?: boolean }): Promise<readonly AgentMember[]>;
	/** By service id. */
	services(options?: Filter): Promise<Readonly<Record<string, AgentService>>>;
	/** Undefined when there is no such service at this agent. */
	service(id: string, options?: CallOptions): Promise<AgentService | undefined>;
	/** Every instance of a service at this agent with its worst status; empty when there is none. */
	serviceHealth(name: string, options?: CallOptions): Promise<readonly AgentServiceHealth[]>;
	/** One instance; undefined when it is not at this agent. */
	instanceHealth(id: string, options?: CallOptions): Promise<AgentServiceHealth | undefined>;
	/** By check id. */
	checks(options?: Filter): Promise<Readonly<Record<string, AgentCheck>>>;
	/** `replaceExistingChecks` removes the service's checks that the registration does not name. */
	registerService(
		registration: AgentServiceRegistration,
		options?: CallOptions & { readonly replaceExistingChecks?: boolean },
	): Promise<void>;
	deregisterService(id: string, options?: CallOptions): Promise<void>;
	registerCheck(registration: AgentCheckRegistration, options?: CallOptions): Promise<void>;
	deregisterCheck(id: string, options?: CallOptions): Promise<void>;
	/** The result of a TTL check. */
	passCheck(id: string, options?: CallOptions & { readonly note?: string }): Promise<void>;
	warnCheck(id: string, options?: CallOptions & { readonly note?: string }): Promise<void>;
	failCheck(id: string, options?: CallOptions & { readonly note?: string }): Promise<void>;
	/** The result of a TTL check with its output in the body, which may be longer than a note. */
	updateCheck(
		id: string,
		update: { readonly status: CheckStatus; readonly output?: string },
		options?: CallOptions,
	): Promise<void>;
	/** Whether the node, with all its services, is in maintenance. */
	maintenance(enabled: boolean, options?: CallOptions & { readonly reason?: string }): Promise<void>;
	serviceMaintenance(id: string, enabled: boolean, options?: CallOptions & { readonly reason?: string }): Promise<void>;
	/** disco only: the instance gets nobody new for that long (10 s unless given) while it answers on; then it is critical. */
	drain(id: string, options?: CallOptions & { readonly forMs?: number }): Promise<void>;
	/**
	 * disco only: asks all members through gossip and resolves after `forMs` (by the size of the pool unless given, 3.2 s up to nine
	 * members). With `wan`, the servers of all datacenters.
	 */
	reachability(options?: CallOptions & { readonly forMs?: number; readonly wan?: boolean }): Promise<AgentReachability>;
	/** The machine: memory, processors, disk, system. What is in it differs by system. */
	host(options?: CallOptions): Promise<Readonly<Record<string, unknown>>>;
	/** Figures of the last ten seconds. */
	metrics(options?: CallOptions): Promise<AgentMetrics>;
	/** In Prometheus' text form; the agent must keep metrics for it (`telemetry { prometheus_retention_time }`). */
	metricsText(options?: CallOptions): Promise<string>;
	/** The agent's log, line by line, from now on; until the loop is left or `signal` is aborted. */
	monitor(
		options?: CallOptions & { readonly level?: string; readonly json?: boolean },
	): AsyncGenerator<string, void, undefined>;
	/** Gives the agent a token for its own work; kept over a restart if it is configured so. */
	setToken(name: AgentTokenName, token: string, options?: CallOptions): Promise<void>;
	/** Reads the agent's configuration files again. */
	reload(options?: CallOptions): Promise<void>;
	/** The agent leaves its cluster and ends. */
	leave(options?: CallOptions): Promise<void>;
	forceLeave(node: string, options?: CallOptions & { readonly prune?: boolean; readonly wan?: boolean }): Promise<void>;
	join(address: string, options?: CallOptions & { readonly wan?: boolean }): Promise<void>;
}

export function createAgentClient(requester: Requester): AgentClient {
	const put = (
		path: string,
		options?: CallOptions,
		content: { readonly json?: unknown; readonly query?: Readonly<Record<string, QueryValue>> } = {},
	) => write(requester, path, options, content);
	const get = async <T>(path: string, options: ReadOptions = {}, query: Readonly<Record<string, QueryValue>> = {}) =>
		(await read<T>(requester, path, options, query)).value;
	/** The answer's body whatever it says of the health; undefined when there is nothing of that name. */
	async function health<T>(path: string, options: CallOptions = {}): Promise<T | undefined> {
		const answer = await requester.request({ path, ...callOptions(options) });
		if (![200, 404, 429, 503].includes(answer.status)) throw statusError(requester.address, "GET", path, answer);
		return answer.status === 404 ? undefined : parseJson<T>(answer.body.toString("utf8"), path);
	}
	return {
		self: (options) => get(v1("agent", "self"), options),
		members: (options) => get(v1("agent", "members"), options, { wan: options?.wan === true ? "1" : undefined }),
		services: (options) => get(v1("agent", "services"), options),
		service: async (id, options) =>
			(await readOptional<AgentService>(requester, v1("agent", "service", id), options)).value,
		// Their status codes tell the worst status, too: 429 warning, 503 critical.
		serviceHealth: async (name, options) =>
			(await health<readonly AgentServiceHealth[] | null>(v1("agent", "health", "service", "name", name), options)) ??
			[],
		instanceHealth: (id, options) => health(v1("agent", "health", "service", "id", id), options),
		checks: (options) => get(v1("agent", "checks"), options),
		registerService: (registration, options) =>
			put(v1("agent", "service", "register"), options, {
				json: registration,
				query: { "replace-existing-checks": options?.replaceExistingChecks === true ? "true" : undefined },
			}),
		deregisterService: (id, options) => put(v1("agent", "service", "deregister", id), options),
		registerCheck: (registration, options) => put(v1("agent", "check", "register"), options, { json: registration }),
		deregisterCheck: (id, options) => put(v1("agent", "check", "deregister", id), options),
		passCheck: (id, options) => put(v1("agent", "check", "pass", id), options, { query: { note: options?.note } }),
		warnCheck: (id, options) => put(v1("agent", "check", "warn", id), options, { query: { note: options?.note } }),
		failCheck: (id, options) => put(v1("agent", "check", "fail", id), options, { query: { note: options?.note } }),
		updateCheck: (id, update, options) =>
			put(v1("agent", "check", "update", id), options, {
				json: { Status: update.status, Output: update.output ?? "" },
			}),
		maintenance: (enabled, options) =>
			put(v1("agent", "maintenance"), options, { query: { enable: String(enabled), reason: options?.reason } }),
		serviceMaintenance: (id, enabled, options) =>
			put(v1("agent", "service", "maintenance", id), options, {
				query: { enable: String(enabled), reason: options?.reason },
			}),
		drain: (id, options) =>
			put(v1("agent", "service", "drain", id), options, {
				query: { for: options?.forMs === undefined ? undefined : `${options.forMs}ms` },
			}),
		reachability: (options = {}) =>
			get(
				v1("agent", "reachability"),
				// The answer comes when the time is over.
				{ ...options, timeoutMs: options.timeoutMs ?? (options.forMs ?? 0) + 60_000 },
				{
					timeout: options.forMs === undefined ? undefined : `${options.forMs}ms`,
					wan: options.wan === true ? "1" : undefined,
				},
			),
		host: (options) => get(v1("agent", "host"), options),
		metrics: (options) => get(v1("agent", "metrics"), options),
		async metricsText(options = {}) {
			const answer = await readAnswer(requester, v1("agent", "metrics"), options, { format: "prometheus" });
			return answer.body.toString("utf8");
		},
		monitor: (options) =>
			linesOf(() =>
				streamOf(requester, v1("agent", "monitor"), options, { loglevel: options?.level, logjson: options?.json }),
			),
		setToken: (name, token, options) => put(v1("agent", "token", name), options, { json: { Token: token } }),
		reload: (options) => put(v1("agent", "reload"), options),
		leave: (options) => put(v1("agent", "leave"), options),
		forceLeave: (node, options) =>
			put(v1("agent", "force-leave", node), options, { query: { prune: options?.prune, wan: options?.wan } }),
		join: (address, options) =>
			put(v1("agent", "join", address), options, { query: { wan: options?.wan === true ? "1" : undefined } }),
	};
}
