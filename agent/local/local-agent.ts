import type { CheckStatus } from "../../lib/api/index.ts";
import type { ProbePlan } from "../../lib/probe-plan.ts";
import type { CheckContent, ServiceContent } from "../rpc/index.ts";

/** How a check is made; parsed from `AgentCheckRegistration`. Times are in milliseconds. */
export interface CheckPlan extends ProbePlan {
	readonly content: CheckContent;
	readonly kind:
		| "ttl"
		| "http"
		| "tcp"
		| "udp"
		| "script"
		| "docker"
		| "grpc"
		| "h2ping"
		| "alias"
		| "os_service"
		| "maintenance";
	/** What an alias check follows: a service of a node, or the node; this agent's own node when `node` is empty. */
	readonly alias?: { readonly node: string; readonly serviceId: string };
	/** 0: never. */
	readonly deregisterCriticalServiceAfterMs: number;
	/** The registration as given, CamelCase, for the disk and for `/v1/agent/checks`. */
	readonly definition: Readonly<Record<string, unknown>>;
}

export interface LocalService {
	readonly content: ServiceContent;
	readonly token: string;
}

export interface LocalCheck {
	readonly plan: CheckPlan;
	readonly content: CheckContent;
	readonly token: string;
}

export interface AgentMemberRecord {
	readonly name: string;
	readonly address: string;
	readonly port: number;
	readonly tags: Readonly<Record<string, string>>;
	readonly status: "alive" | "leaving" | "left" | "failed";
	/** Protocol of gossip: lowest, highest, current; then the same of the layer of events. This program's unless given. */
	readonly versions?: readonly number[];
}

/**
 * What is registered at this agent, which is the truth that anti-entropy carries into the catalog. Every write resolves when it
 * is on disk (unless in memory only) **and** in the catalog, so that an acknowledged registration is in every answer at once;
 * when the catalog cannot be reached it resolves after `syncWaitMs` and anti-entropy goes on trying.
 */
export interface LocalAgent {
	readonly nodeName: string;
	services(): ReadonlyMap<string, LocalService>;
	checks(): ReadonlyMap<string, LocalCheck>;
	/** `SERVICE_INVALID`, `CHECK_INVALID`. */
	registerService(
		service: ServiceContent,
		checks: readonly CheckPlan[],
		options: {
			readonly token: string;
			readonly replaceExistingChecks: boolean;
			/** `file`: of the configuration, so not persisted, and dropped when a reload no longer has it. `api` unless given. */
			readonly source?: "api" | "file";
		},
	): Promise<void>;
	/** `SERVICE_UNKNOWN`. */
	deregisterService(id: string): Promise<void>;
	/** `SERVICE_UNKNOWN` when the check names a service that is not here, `CHECK_INVALID`. */
	registerCheck(check: CheckPlan, options: { readonly token: string; readonly source?: "api" | "file" }): Promise<void>;
	/** `CHECK_UNKNOWN`. */
	deregisterCheck(id: string): Promise<void>;
	/** A TTL check's report. `CHECK_UNKNOWN`, `CHECK_NOT_TTL`. */
	updateTtlCheck(id: string, status: CheckStatus, output: string): Promise<void>;
	/** `SERVICE_UNKNOWN`. */
	serviceMaintenance(id: string, enable: boolean, reason: string, token: string): Promise<void>;
	nodeMaintenance(enable: boolean, reason: string, token: string): Promise<void>;
	/** Members of the pool, this agent first. Filled by `runtime`. */
	members(): readonly AgentMemberRecord[];
	/** Calls `listener` after every change of a service or check here; the answer ends it. For waits on a content hash. */
	onChange(listener: () => void): () => void;
}

/** Runs the checks that are registered. `agent/checks` has one; `runtime` hands it to the local agent. */
export interface CheckRunner {
	/**
	 * Replaces a running check with the same id. `restored`: it was known before this process started, so the first probe comes
	 * at a random moment of its interval, instead of at once.
	 */
	start(check: CheckPlan, options: { readonly restored: boolean }): void;
	/** Idempotent. */
	stop(checkId: string): void;
	/** A TTL check was reported in time: its TTL begins again, `ttlMs` long. The output is shown when it expires. */
	renew(checkId: string, ttlMs: number, output: string): void;
}
