import type { CheckStatus } from "../../lib/api/index.ts";
import type { Clock, Random, Timer } from "../../lib/env/index.ts";
import type { Outcome, Probe, ProbePlan } from "./plan.ts";
import { createThreshold } from "./schedule-threshold.ts";

export interface CheckScheduleOptions {
	readonly clock: Clock;
	readonly random: Random;
	/** How each kind is probed; a kind that is missing is never run. */
	readonly probes: Readonly<Record<string, Probe>>;
	/** Called with every outcome that counts. */
	readonly report: (checkId: string, status: CheckStatus, output: string) => void;
	/**
	 * Probe a newly registered check at once, and again after 100, 200, 400 ms ... until it first succeeds or the interval is
	 * reached, so that a service that just starts is served in a moment. Otherwise (as the reference) the first probe comes at a
	 * random moment of the interval.
	 */
	readonly eagerStart: boolean;
	/**
	 * Probes under way at once; those above wait for their turn, first come, first served. A probe that takes longer than
	 * `slowAfterMs` is moved to a second set of four times as many places, and when it then fails, its check begins there from
	 * then on: what hangs delays only what hangs. There, who failed fewest times in a row comes first: a service that was slow
	 * for a moment is not kept critical by those that hang for good. 256 unless given.
	 */
	readonly concurrencyMax?: number;
}

/** Runs registered checks. Deterministic: time and chance are arguments, the probes are the edges. */
export interface CheckSchedule {
	/** Replaces a running check with the same id; `restored` spreads the first probes over the interval. */
	start(plan: ProbePlan, options: { readonly restored: boolean }): void;
	/** Idempotent; a probe under way is aborted. */
	stop(checkId: string): void;
	/** A TTL check was reported: it expires `ttlMs` from now, with `output` in the text. */
	renew(checkId: string, ttlMs: number, output: string): void;
	/** Stops every check. */
	close(): void;
}

/** Pause after the first failed probe of a check that has never succeeded; doubled each time up to the interval. */
const eagerPauseMsFirst = 100;
const concurrencyMaxDefault = 256;
/** A probe that has not ended after this time does not keep the quick ones waiting any more. */
const slowAfterMs = 500;
/** Places of the second set for each of the first: 256 would not do for a thousand checks that hang five seconds of each fifteen. */
const slowPlacesPerQuick = 4;
/** Longer rows of slow failures count as this many: among those that hang for good nobody is put off for ever. */
const slowFailuresMax = 5;
/** Keeps a mistaken interval of a few nanoseconds from becoming a busy loop. */
const intervalMsMin = 100;

interface RunningCheck {
	timer: Timer | undefined;
	isStopped: boolean;
	/** So many probes in a row failed, and took long; at most `slowFailuresMax`. */
	slowFailures: number;
	/**
	 * Ends the probe under way. One for each probe: what a probe hangs on its signal (a socket, a derived signal) must not pile up
	 * over the life of the check.
	 */
	probe: AbortController | undefined;
}

export function createCheckSchedule(options: CheckScheduleOptions): CheckSchedule {
	const { clock, random, probes, report } = options;
	const running = new Map<string, RunningCheck>();
	const quick = createTurns(options.concurrencyMax ?? concurrencyMaxDefault);
	const slow = createTurns(slowPlacesPerQuick * (options.concurrencyMax ?? concurrencyMaxDefault));

	/** Makes one attempt when there is a place for it. Undefined when the check was stopped before. */
	async function inTurn(check: RunningCheck, attempt: () => Promise<Outcome>): Promise<Outcome | undefined> {
		let place = check.slowFailures > 0 ? slow : quick;
		await place.take(check.slowFailures);
		const startedMs = clock.monotonicMs();
		const moved = clock.after(slowAfterMs, () => {
			// Without a free place it stays where it is: the number of sockets is bounded whatever happens.
			if (place === slow || !slow.tryTake()) return;
			quick.give();
			place = slow;
		});
		try {
			if (check.isStopped) return undefined;
			const outcome = await attempt();
			// Only what fails slowly hangs: on a busy machine everything takes long for a while.
			const isSlow = outcome.status === "critical" && clock.monotonicMs() - startedMs > slowAfterMs;
			check.slowFailures = isSlow ? Math.min(slowFailuresMax, check.slowFailures + 1) : 0;
			return outcome;
		} finally {
			moved.cancel();
			place.give();
		}
	}

	function startProbes(check: RunningCheck, plan: ProbePlan, probe: Probe, restored: boolean): void {
		const intervalMs = Math.max(intervalMsMin, plan.intervalMs);
		const threshold = createThreshold(plan);
		const eager = options.eagerStart && !restored;
		let isSpread = !eager;
		let eagerPauseMs = eager && plan.content.status === "critical" ? eagerPauseMsFirst : intervalMs;
		const attempt = async (): Promise<void> => {
			const outcome = await inTurn(check, () => {
				check.probe = new AbortController();
				return probe(plan, check.probe.signal);
			});
			check.probe = undefined;
			if (outcome === undefined || check.isStopped) return;
			const counted = threshold(outcome);
			if (counted !== undefined) report(plan.content.checkId, counted.status, counted.output);
			if (counted?.status === "passing") eagerPauseMs = intervalMs;
			const pauseMs = Math.min(intervalMs, eagerPauseMs);
			eagerPauseMs = Math.min(intervalMs, eagerPauseMs * 2);
			// Checks that were registered together must not be probed together for ever.
			const isFirstRegular = !isSpread && pauseMs === intervalMs;
			isSpread ||= isFirstRegular;
			check.timer = clock.after(isFirstRegular ? pauseMs * (0.5 + random.next() / 2) : pauseMs, () => void attempt());
		};
		const delayMs = eager ? 0 : random.next() * intervalMs;
		check.timer = clock.after(delayMs, () => void attempt());
	}

	function armTtl(check: RunningCheck, checkId: string, ttlMs: number, lastOutput: string): void {
		check.timer?.cancel();
		check.timer = clock.after(ttlMs, () => {
			// Recorded texts: the last report is kept, so that one sees what went before.
			report(
				checkId,
				"critical",
				lastOutput === "" ? "TTL expired" : `TTL expired (last output before timeout follows): ${lastOutput}`,
			);
		});
	}

	function stop(checkId: string): void {
		const check = running.get(checkId);
		if (check === undefined) return;
		running.delete(checkId);
		check.timer?.cancel();
		check.isStopped = true;
		check.probe?.abort();
	}

	return {
		start(plan, { restored }) {
			const checkId = plan.content.checkId;
			stop(checkId);
			const check: RunningCheck = { timer: undefined, isStopped: false, slowFailures: 0, probe: undefined };
			const probe = probes[plan.kind];
			if (plan.kind === "ttl") armTtl(check, checkId, plan.ttlMs, "");
			else if (probe !== undefined) startProbes(check, plan, probe, restored);
			else return;
			running.set(checkId, check);
		},
		stop,
		renew(checkId, ttlMs, output) {
			const check = running.get(checkId);
			if (check !== undefined) armTtl(check, checkId, ttlMs, output);
		},
		close() {
			for (const checkId of [...running.keys()]) stop(checkId);
		},
	};
}

interface Turns {
	/** Waits for a place; who has the lower rank comes first. */
	take(rank: number): Promise<void>;
	/** False when there is no free place. */
	tryTake(): boolean;
	give(): void;
}

/** At most `count` holders at once; of those that wait with the same rank, first come, first served. */
function createTurns(count: number): Turns {
	let free = count;
	/** By rank. */
	const waiting: (() => void)[][] = [];
	return {
		take(rank) {
			if (free > 0) {
				free--;
				return Promise.resolve();
			}
			return new Promise((resolve) => {
				while (waiting.length <= rank) waiting.push([]);
				waiting[rank]?.push(resolve);
			});
		},
		tryTake() {
			if (free === 0) return false;
			free--;
			return true;
		},
		give() {
			const next = waiting.find((queue) => queue.length > 0)?.shift();
			if (next === undefined) free++;
			else next();
		},
	};
}
