import { type Clock, pause } from "../lib/env/index.ts";
import { DiscoError, errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import type { Backend } from "./backends/backend.ts";
import { createContainerWatch } from "./container-watch.ts";
import type { DeregistrationPolicy } from "./deregistration.ts";
import type { Docker } from "./docker.ts";
import { containerOfOwnId } from "./names.ts";
import { createReconciler, type Overview } from "./reconcile.ts";
import { createRegistryWriter } from "./registry-writer.ts";
import type { ServiceSource } from "./service-source.ts";
import type { SyncStatus } from "./status.ts";

export interface SyncOptions {
	readonly docker: Docker;
	readonly backend: Backend;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly servicesOf: ServiceSource;
	/** First part of the ids that are ours. */
	readonly owner: string;
	readonly deregistration: DeregistrationPolicy;
	/** Between two full registrations of everything; 0: never. */
	readonly resyncMs: number;
	/** Between two refreshes of entries that expire; 0: never. */
	readonly refreshMs: number;
	/** Between two comparisons of Docker and registry; 0: never, and nothing is repaired (the reference's way). */
	readonly reconcileMs: number;
	/** The reference's `-cleanup`: dangling entries go at start and with each resync. With `reconcileMs` they always go. */
	readonly cleanup: boolean;
	readonly retry: {
		/** Further attempts to reach the registry at start; -1: for ever. */
		readonly attempts: number;
		readonly intervalMs: number;
	};
	/** Docker is waited for at start, as there are other hosts to look after meanwhile. */
	readonly waitsForDocker: boolean;
	readonly status: SyncStatus;
	/** Writes are only told, not made; the backend given is one that makes none. */
	readonly dry: boolean;
	/** Called when Docker and the registry were reached, with what tells the picture from then on. */
	readonly onRunning?: (overview: () => Overview) => void;
}

/** Between two writings of the containers' health, which expires after ten minutes. */
const conditionsMs = 60_000;
/** A container that runs on this long after its time to drain did not take its stop signal as the order to stop. */
const overdueMs = 60_000;

/** Longest wait at the end for what is under way. */
const closeMsMax = 2_000;

/**
 * Keeps the registry equal to Docker until `signal` is aborted; what is registered stays.
 *
 * Errors: `DOCKER_UNREACHABLE` at start, the registry's when its attempts are used up, and without repair what ended the stream
 * of events.
 */
export async function runSync(options: SyncOptions, signal: AbortSignal): Promise<void> {
	const { backend, clock, logger } = options;
	await reachDocker(options, signal);
	await reachRegistry(options, signal);
	if (signal.aborted) return;
	const repair = options.reconcileMs > 0;
	const conditions = repair && backend.conditions !== undefined;
	const reconciler = createReconciler({
		entryOf: backend.entryOf,
		containerOfOwn: ({ id }) => containerOfOwnId(options.owner, id, !repair),
		repair,
		conditions,
	});
	options.status.registryReachable = true;
	options.onRunning?.(reconciler.overview);
	const writer = createRegistryWriter({ ...options, reconciler, repair });
	const removeDangling = async () => {
		reconciler.removeDangling(await backend.list());
		writer.wake();
	};
	const stop = new AbortController();
	const both = AbortSignal.any([signal, stop.signal]);
	const fatal: unknown[] = [];
	const watch = createContainerWatch({
		...options,
		reconciler,
		repair,
		conditions,
		onNews: () => writer.wake(),
		onListed: () => {
			if (repair) void writer.reconcile();
			else if (options.cleanup) removeDangling().catch((error) => logger.error(errorMessage(error)));
		},
		onFatal: (error) => {
			fatal.push(error);
			stop.abort();
		},
	});
	const resync = async () => {
		await watch.list({ missedEvents: false });
		reconciler.forgetRefusals();
		reconciler.registerAgain();
		writer.wake();
		if (options.cleanup && !repair) await removeDangling();
	};
	const refresh = async () => {
		reconciler.registerAgain();
		writer.wake();
	};
	const reconcile = async () => {
		for (const container of reconciler.endOverdueDrains(clock.nowMs(), overdueMs)) {
			logger.warn("still runs after its stop signal and the time to drain; out of maintenance again", { container });
		}
		await watch.list({ missedEvents: false });
		await writer.reconcile();
	};
	const refreshConditions = async () => {
		reconciler.refreshConditions();
		writer.wake();
	};
	const loops = [
		every(options.resyncMs, resync, options, both),
		every(options.refreshMs, refresh, options, both),
		every(options.reconcileMs, reconcile, options, both),
		every(conditions ? conditionsMs : 0, refreshConditions, options, both),
	];
	try {
		await watch.run(both);
	} finally {
		stop.abort();
		writer.close();
		const closed = new AbortController();
		await Promise.race([Promise.all([...loops, writer.idle()]), pause(closeMsMax, clock, closed.signal)]);
		closed.abort();
	}
	if (fatal.length > 0) throw fatal[0];
}

/** Resolves once Docker answers. Error: `DOCKER_UNREACHABLE`, unless it is waited for. */
async function reachDocker(
	{ docker, clock, logger, retry, waitsForDocker }: SyncOptions,
	signal: AbortSignal,
): Promise<void> {
	while (!signal.aborted) {
		try {
			await docker.ping();
			return;
		} catch (error) {
			if (!waitsForDocker) throw error;
			logger.warn(`${errorMessage(error)}; trying again in ${retry.intervalMs} ms`);
			await pause(retry.intervalMs, clock, signal);
		}
	}
}

/** Resolves once the registry answers. Errors as `runSync`'s. */
export async function reachRegistry(
	{ backend, clock, logger, retry }: SyncOptions,
	signal: AbortSignal,
): Promise<void> {
	for (let attempt = 0; !signal.aborted; attempt++) {
		try {
			await backend.ping();
			return;
		} catch (error) {
			// Without a number of attempts, what cannot pass by itself (a wrong certificate) is not waited for.
			const again = retry.attempts < 0 ? error instanceof DiscoError && error.retryable : attempt < retry.attempts;
			if (!again) throw error;
			logger.warn(`${errorMessage(error)}; trying again in ${retry.intervalMs} ms`);
			await pause(retry.intervalMs, clock, signal);
		}
	}
}

/** Runs `job` every `intervalMs` (0: never), one at a time; a failure is logged, and the next turn tries again. */
async function every(
	intervalMs: number,
	job: () => Promise<void>,
	{ clock, logger }: SyncOptions,
	signal: AbortSignal,
): Promise<void> {
	if (intervalMs === 0) return;
	for (;;) {
		await pause(intervalMs, clock, signal);
		if (signal.aborted) return;
		await job().catch((error: unknown) => logger.error(errorMessage(error)));
	}
}
