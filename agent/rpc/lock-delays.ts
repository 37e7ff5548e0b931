import type { Clock } from "../../lib/env/index.ts";

/**
 * After a session was invalidated its keys cannot be locked for its lock-delay, so that who lost a lock without noticing has
 * time to stop. Kept in each server's memory and not replicated, as in the reference: a restart forgets them.
 */
export interface LockDelays {
	/** A session has ended that held these keys. */
	begin(keys: readonly string[], lockDelayMs: number): void;
	/** Whether the key may not be locked yet. */
	delays(key: string): boolean;
}

export function createLockDelays(clock: Clock): LockDelays {
	/** At most one entry per key, which goes when its time is over. */
	const freeAtMs = new Map<string, number>();

	function forgetFree(keys: readonly string[]): void {
		for (const key of keys) if ((freeAtMs.get(key) ?? 0) <= clock.monotonicMs()) freeAtMs.delete(key);
	}

	return {
		begin(keys, lockDelayMs) {
			if (lockDelayMs <= 0 || keys.length === 0) return;
			for (const key of keys) freeAtMs.set(key, clock.monotonicMs() + lockDelayMs);
			clock.after(lockDelayMs, () => forgetFree(keys));
		},
		delays: (key) => (freeAtMs.get(key) ?? 0) > clock.monotonicMs(),
	};
}
