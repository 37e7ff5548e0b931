import { type Reason, reasonOf } from "./reasons.ts";

/** A watch whose last read has failed. */
export interface FailingWatch {
	readonly Dependency: string;
	/** Of the first failure in a row, RFC 3339. */
	readonly Since: string;
	readonly Reason: Reason["code"];
	readonly Text: string;
}

/** What is known of the watches' reads. */
export interface WatchHealth {
	failed(id: string, error: Error): void;
	answered(id: string): void;
	/** A watch that hung was begun anew. */
	restarted(): void;
	restarts(): number;
	/** In order of the first failure; `follows` leaves out what nobody watches any more. */
	failing(follows: (id: string) => boolean): readonly FailingWatch[];
}

export function createWatchHealth(nowMs: () => number): WatchHealth {
	const failures = new Map<string, { readonly sinceMs: number; readonly reason: Reason }>();
	let restarts = 0;
	return {
		failed(id, error) {
			failures.set(id, { sinceMs: failures.get(id)?.sinceMs ?? nowMs(), reason: reasonOf(error) });
		},
		answered(id) {
			failures.delete(id);
		},
		restarted() {
			restarts++;
		},
		restarts: () => restarts,
		failing(follows) {
			for (const id of [...failures.keys()]) if (!follows(id)) failures.delete(id);
			return [...failures].map(([Dependency, { sinceMs, reason }]) => ({
				Dependency,
				Since: new Date(sinceMs).toISOString(),
				Reason: reason.code,
				Text: reason.text,
			}));
		},
	};
}
