import { errorMessage } from "../lib/errors.ts";
import { createContainerWatch } from "./container-watch.ts";
import { containerOfOwnId } from "./names.ts";
import { createReconciler, type Operation, type Reconciler } from "./reconcile.ts";
import { createRegistryWriter } from "./registry-writer.ts";
import { reachRegistry, type SyncOptions } from "./sync.ts";

/**
 * One comparison of Docker with the registry, mended (`-once`). Resolves with the number of services and containers that could
 * not be brought to where they should be. Errors as `runSync`'s.
 */
export async function runOnce(options: SyncOptions, signal: AbortSignal): Promise<number> {
	await reachRegistry(options, signal);
	const reconciler = await pictureOfDocker(options);
	const writer = createRegistryWriter({ ...options, reconciler, repair: true });
	try {
		await writer.compare();
		await Promise.race([writer.idle(), aborted(signal)]);
	} finally {
		writer.close();
	}
	return options.status.counts.writeFailures + undecided(reconciler);
}

/** What `-once` would do, without doing it. */
export interface Difference {
	/** In the order of ids. */
	readonly lines: readonly string[];
	/** Containers of which Docker did not tell enough to say. */
	readonly undecided: number;
}

/** What would change in the registry to make it equal to Docker (`disco-registrator diff`). */
export async function difference(options: SyncOptions, signal: AbortSignal): Promise<Difference> {
	await reachRegistry(options, signal);
	const reconciler = await pictureOfDocker(options);
	const generation = reconciler.listingBegins();
	const entries = await options.backend.list();
	reconciler.registryListed(generation, entries);
	const present = new Set(entries.map(({ key }) => key));
	const changes = reconciler
		.plan(Number.POSITIVE_INFINITY)
		.filter((change) => change.kind === "deregister" || (change.kind === "register" && !change.again));
	const lines = changes
		.sort((a, b) => (a.entry.id < b.entry.id ? -1 : 1))
		.map((change) => lineOf(change, present.has(change.entry.key)));
	return { lines, undecided: undecided(reconciler) };
}

function lineOf(change: Operation, present: boolean): string {
	const { id, name } = change.entry;
	if (change.kind !== "register") return `- ${id} ${name}`;
	const { address, port, tags } = change.service;
	return `${present ? "~" : "+"} ${id} ${name} ${address}:${port}${tags.length === 0 ? "" : ` [${tags.join(", ")}]`}`;
}

/** A reconciler that has heard Docker's listing and the answers to its questions. */
async function pictureOfDocker(options: SyncOptions): Promise<Reconciler> {
	const { backend, owner, docker, logger } = options;
	await docker.ping();
	const reconciler = createReconciler({
		entryOf: backend.entryOf,
		containerOfOwn: ({ id }) => containerOfOwnId(owner, id, false),
		repair: true,
		conditions: backend.conditions !== undefined,
	});
	const watch = createContainerWatch({
		...options,
		reconciler,
		repair: true,
		conditions: false,
		onNews: () => {},
		onListed: () => {},
		onFatal: (error) => logger.error(errorMessage(error)),
	});
	await watch.list({ missedEvents: false });
	return reconciler;
}

function undecided(reconciler: Reconciler): number {
	return reconciler.overview().containers.filter(({ phase }) => phase === "inspecting").length;
}

function aborted(signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal.aborted) resolve();
		signal.addEventListener("abort", () => resolve(), { once: true });
	});
}
