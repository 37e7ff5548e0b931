import type { Client } from "../../client/index.ts";
import type { Clock } from "../../lib/env/index.ts";

/** What a read needs from outside. */
export interface FetchContext {
	readonly client: Client;
	readonly clock: Clock;
}

/** How one read of a dependency is asked; the watch sets these. */
export interface FetchOptions {
	/** 0 asks for what is there now; otherwise blocks until something newer. */
	readonly index: number;
	readonly waitMs: number;
	readonly consistency: "default" | "stale";
	readonly signal: AbortSignal;
}

/** What a read brought. */
export interface Fetched {
	/** Undefined: what was asked for does not exist (yet); the template waits and the watch goes on. */
	readonly value: unknown;
	/** For the next read. */
	readonly index: number;
	/** How long ago the answering server last heard its leader; 0 for what comes from no server. */
	readonly lastContactMs: number;
}

/**
 * Something outside a template that it is made from. Two with the same `id` are the same and share one watch, whichever
 * template or template language asked.
 */
export interface Dependency {
	/** As logs and the reference name it: `health.service(api|passing)`, `kv.block(app/name)`. */
	readonly id: string;
	/** A failed read is not repeated: a missing file does not come back by itself (RUNNER.md "Retries"). */
	readonly noRetry?: true;
	/** Asks no agent, so that programs that share their data still look themselves. */
	readonly local?: true;
	/** A single key of the agent's own datacenter, which can be read together with others in one transaction. */
	readonly key?: string;
	fetch(context: FetchContext, options: FetchOptions): Promise<Fetched>;
}

/** Read options of a data center, which most dependencies have. */
export function withDatacenter(options: FetchOptions, datacenter: string | undefined) {
	return datacenter === undefined ? options : { ...options, datacenter };
}

/** The same answer with another value. */
export function answered(answer: { readonly index: number; readonly lastContactMs: number }, value: unknown): Fetched {
	return { value, index: answer.index, lastContactMs: answer.lastContactMs };
}
