import type { Clock } from "../../lib/env/index.ts";
import type { KvWrite, SessionRecord } from "../state/index.ts";

/**
 * After a session was invalidated its keys cannot be locked for its lock-delay, so that who lost a lock without noticing has
 * time to stop. Kept in the leader's memory, as in the reference: for locks taken through this server since it leads.
 */
export interface LockDelays {
	/** A write was made: notes which session holds which key. */
	written(write: KvWrite): void;
	/** The session has ended (destroyed, or its TTL is over). */
	ended(session: SessionRecord): void;
	/** Whether the key may not be locked yet. */
	delays(key: string): boolean;
}

export function createLockDelays(clock: Clock): LockDelays {
	const keysOfSession = new Map<string, Set<string>>();
	const holders = new Map<string, string>();
	const freeAtMs = new Map<string, number>();

	function release(key: string): void {
		const holder = holders.get(key);
		if (holder === undefined) return;
		holders.delete(key);
		const keys = keysOfSession.get(holder);
		keys?.delete(key);
		if (keys?.size === 0) keysOfSession.delete(holder);
	}

	return {
		written(write) {
			if (write.operation === "lock") {
				release(write.key);
				holders.set(write.key, write.session);
				const keys = keysOfSession.get(write.session) ?? new Set();
				keysOfSession.set(write.session, keys.add(write.key));
			} else if (write.operation === "delete-tree") {
				for (const key of [...holders.keys()].filter((each) => each.startsWith(write.prefix))) release(key);
			} else if (write.operation !== "set" && write.operation !== "cas") release(write.key);
		},
		ended({ id, lockDelayMs }) {
			for (const key of [...(keysOfSession.get(id) ?? [])]) {
				release(key);
				if (lockDelayMs <= 0) continue;
				freeAtMs.set(key, clock.monotonicMs() + lockDelayMs);
				clock.after(lockDelayMs, () => {
					if ((freeAtMs.get(key) ?? 0) <= clock.monotonicMs()) freeAtMs.delete(key);
				});
			}
		},
		delays: (key) => (freeAtMs.get(key) ?? 0) > clock.monotonicMs(),
	};
}
