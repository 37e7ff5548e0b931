import { DiscoError } from "../lib/errors.ts";
import { acquireLock, type HeldLock, type LockingClient } from "./lock.ts";

export interface LockRequest {
	/** Name of the session that holds it, for people who look; `disco client` unless given. */
	readonly name?: string;
	/** Gives up waiting, with `REQUEST_ABORTED`. */
	readonly signal?: AbortSignal;
	/** How often an agent that does not answer is asked again before the lock counts as lost; 3 unless given. */
	readonly monitorRetries?: number;
}

/** Locks in the KV store, the same as those of `consul lock` and the reference's Go library. */
export interface Locks {
	/**
	 * Waits for the lock below `prefix` and holds it until it is released: `await using held = await client.lock("jobs/backup")`.
	 * Whoever works under it must stop when `held.lost` is aborted.
	 * Errors: `LOCK_CONFLICT`, `REQUEST_ABORTED` and the client's.
	 */
	lock(prefix: string, request?: LockRequest): Promise<HeldLock>;
	/** As `lock`, for up to `holders` at once; all must name the same number. */
	semaphore(prefix: string, holders: number, request?: LockRequest): Promise<HeldLock>;
}

export function createLocks(client: LockingClient): Locks {
	const acquire = async (prefix: string, holders: number, request: LockRequest): Promise<HeldLock> => {
		const held = await acquireLock({
			client,
			prefix: prefix.replace(/^\/+|\/+$/g, ""),
			holders,
			name: request.name ?? "disco client",
			monitorRetries: request.monitorRetries ?? 3,
			signal: request.signal ?? new AbortController().signal,
			tell: () => {},
		});
		if (held === undefined) throw new DiscoError("REQUEST_ABORTED", `waiting for the lock at ${prefix} was given up`);
		return held;
	};
	return {
		lock: (prefix, request = {}) => acquire(prefix, 1, request),
		semaphore: (prefix, holders, request = {}) => acquire(prefix, holders, request),
	};
}
