import { watch } from "../../client/index.ts";
import type { Clock, Random, Timer } from "../../lib/env/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import type { Dependency, Fetched, FetchOptions } from "../dependencies/index.ts";
import { createStartOrder, type StartOrder } from "./start-order.ts";

/** At least this much time lies between two answers of one watch, the first one apart (RUNNER.md "Queries"). */
const answerGapMs = 100;
/** A read ends by itself when its wait, the agent's sixteenth of it and the client's 15 s are over. This much later it hangs. */
const hangsAfterMs = 30_000;
/** How often it is looked whether a watch hangs. */
const lookEveryMs = 10_000;

/** Failures that no retry can mend: a lookup that is to be final, and a source that has no such thing (etcd has only keys). */
const neverAnswered: ReadonlySet<string> = new Set(["LOOKUP_FAILED", "SOURCE_KEYS_ONLY"]);

export interface WatchSettings {
	readonly clock: Clock;
	readonly random: Random;
	/** One read; the composition root binds it to the client. */
	readonly fetch: (dependency: Dependency, options: FetchOptions) => Promise<Fetched>;
	readonly waitMs: number;
	/** Oldest stale answer that is taken; 0: never ask stale. */
	readonly maxStaleMs: number;
	/** Undefined: the first failure is the end. Attempts 0: without end. */
	readonly retry?: { readonly attempts: number; readonly backoffMs: number; readonly maxBackoffMs: number };
	/** Whether dependencies that say `noRetry` are left after their first failure. */
	readonly honourNoRetry: boolean;
	/** End with the first value (`-once`). */
	readonly firstValueOnly: boolean;
	/** A value that does not exist after one whole wait is a failure. */
	readonly errOnFailedLookup: boolean;
	/** The agent has answered that what is asked for does not exist (yet). */
	readonly onAbsent: (dependency: Dependency) => void;
	readonly onValue: (dependency: Dependency, value: unknown) => void;
	readonly onRetry: (dependency: Dependency, error: DiscoError, attempt: number, retryInMs: number) => void;
	/** A read was answered. */
	readonly onAnswer: (dependency: Dependency) => void;
	/** A read that should have ended by itself has not; the watch was begun anew. */
	readonly onHang: (dependency: Dependency) => void;
	/** The dependency has failed for good. */
	readonly onFailed: (dependency: Dependency, error: DiscoError) => void;
}

/** Follows dependencies, each one once however many templates use it. */
export interface Watches {
	/** Starts following, unless it already is. */
	ensure(dependency: Dependency): void;
	/** Stops following everything whose id is not in `used`; gives the ids that were dropped. */
	release(used: ReadonlySet<string>): readonly string[];
	/** How many dependencies are followed. */
	size(): number;
	has(id: string): boolean;
	/** Stops everything; resolves when no read is under way. */
	close(): Promise<void>;
}

export function createWatches(settings: WatchSettings): Watches {
	const running = new Map<string, Running>();
	const longestReadMs = settings.waitMs + settings.waitMs / 16 + hangsAfterMs;
	const order = createStartOrder(settings.clock);
	let closed = false;
	let look: Timer | undefined;

	function begin(dependency: Dependency): void {
		const abort = new AbortController();
		const pulse: Pulse = {
			dueMs: Number.POSITIVE_INFINITY,
			beat(pauseMs = 0) {
				pulse.dueMs = settings.clock.monotonicMs() + pauseMs + longestReadMs;
			},
		};
		// The loop begins in a later turn, so that no callback comes while the caller is still in its pass.
		const ended = Promise.resolve().then(() => follow(dependency, settings, order, abort.signal, pulse));
		running.set(dependency.id, { dependency, abort, ended, pulse });
	}

	function lookForHanging(): void {
		look = settings.clock.after(lookEveryMs, lookForHanging);
		const nowMs = settings.clock.monotonicMs();
		for (const { dependency, abort, pulse } of [...running.values()]) {
			if (nowMs < pulse.dueMs) continue;
			abort.abort();
			begin(dependency);
			settings.onHang(dependency);
		}
	}

	return {
		ensure(dependency) {
			if (closed || running.has(dependency.id)) return;
			begin(dependency);
			look ??= settings.clock.after(lookEveryMs, lookForHanging);
		},
		has: (id) => running.has(id),
		release(used) {
			const dropped = [...running.keys()].filter((id) => !used.has(id));
			for (const id of dropped) {
				running.get(id)?.abort.abort();
				running.delete(id);
			}
			return dropped;
		},
		size: () => running.size,
		async close() {
			closed = true;
			look?.cancel();
			const all = [...running.values()];
			running.clear();
			for (const { abort } of all) abort.abort();
			order.close();
			await Promise.all(all.map(({ ended }) => ended));
		},
	};
}

interface Running {
	readonly dependency: Dependency;
	readonly abort: AbortController;
	readonly ended: Promise<void>;
	readonly pulse: Pulse;
}

/** Tells a watch that waits from one that hangs. */
interface Pulse {
	/** The next beat must have come by then. */
	dueMs: number;
	/** A read begins now, or after that pause. */
	beat(pauseMs?: number): void;
}

async function follow(
	dependency: Dependency,
	settings: WatchSettings,
	order: StartOrder,
	signal: AbortSignal,
	pulse: Pulse,
): Promise<void> {
	const { clock, retry } = settings;
	const noRetry = settings.honourNoRetry && dependency.noRetry === true;
	let retries = 0;
	let isFirst = true;
	try {
		const readNow = async (query: Query) => {
			pulse.beat();
			const answer = await read(dependency, settings, query, pulse);
			if (!signal.aborted) settings.onAnswer(dependency);
			return answer;
		};
		const ask = (query: Query) => (query.index > 0 ? readNow(query) : order.first(() => readNow(query)));
		const answers = watch(ask, {
			clock,
			random: settings.random,
			signal,
			waitMs: settings.waitMs,
			backoff: { firstMs: retry?.backoffMs ?? 0, maxMs: retry?.maxBackoffMs ?? 0 },
			onError: ({ error, attempt, retryInMs }) => {
				if (retry === undefined || noRetry || neverAnswered.has(error.code)) return "stop";
				if (retry.attempts > 0 && attempt > retry.attempts) return "stop";
				retries = attempt;
				pulse.beat(retryInMs);
				settings.onRetry(dependency, error, attempt, retryInMs);
				return "retry";
			},
		});
		for await (const answer of answers) {
			retries = 0;
			const answeredAtMs = clock.monotonicMs();
			if (answer.value === undefined) {
				settings.onAbsent(dependency);
				continue;
			}
			if (signal.aborted) return;
			settings.onValue(dependency, answer.value);
			if (settings.firstValueOnly) return;
			if (isFirst) await order.followers();
			else await pauseUntil(clock, answeredAtMs + answerGapMs, signal);
			isFirst = false;
		}
	} catch (thrown) {
		if (signal.aborted) return;
		const error = thrown instanceof DiscoError ? thrown : new DiscoError("WATCH_FAILED", String(thrown));
		const suffix = retries > 0 ? ` (exceeded maximum retries: ${retries})` : "";
		settings.onFailed(dependency, new DiscoError(error.code, `${dependency.id}: ${error.message}${suffix}`));
	}
}

interface Query {
	readonly index: number;
	readonly waitMs: number;
	readonly signal: AbortSignal;
}

async function read(dependency: Dependency, settings: WatchSettings, query: Query, pulse: Pulse) {
	const stale = settings.maxStaleMs > 0;
	let fetched = await settings.fetch(dependency, { ...query, consistency: stale ? "stale" : "default" });
	if (stale && fetched.lastContactMs > settings.maxStaleMs) {
		pulse.beat();
		fetched = await settings.fetch(dependency, { ...query, consistency: "default" });
	}
	if (fetched.value === undefined && settings.errOnFailedLookup && query.index > 0) {
		throw new DiscoError("LOOKUP_FAILED", "does not exist");
	}
	return { ...fetched, knownLeader: true };
}

/** Resolves at `timeMs` of the monotonic clock, or when the signal is aborted. */
function pauseUntil(clock: Clock, timeMs: number, signal: AbortSignal): Promise<void> {
	const leftMs = timeMs - clock.monotonicMs();
	if (leftMs <= 0 || signal.aborted) return Promise.resolve();
	return new Promise((resolve) => {
		const done = () => {
			timer.cancel();
			signal.removeEventListener("abort", done);
			resolve();
		};
		const timer = clock.after(leftMs, done);
		signal.addEventListener("abort", done, { once: true });
	});
}
