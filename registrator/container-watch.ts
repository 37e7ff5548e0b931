import { type Clock, pause } from "../lib/env/index.ts";
import { DiscoError, errorCode, errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import { type Container, parseContainer } from "./container.ts";
import { type DeregistrationPolicy, keepsServices } from "./deregistration.ts";
import type { Docker, DockerEvent, DockerListing } from "./docker.ts";
import type { Inspection, ListedContainer, Reconciler } from "./reconcile.ts";
import type { ServiceSource } from "./service-source.ts";
import { signalNumber } from "./signals.ts";
import type { SyncStatus } from "./status.ts";

/** Questions to Docker under way at once; the rest wait, one per container at most. */
const inspectionsMax = 8;
/** Containers whose last warnings are remembered; when there are more, some warnings are repeated. */
const warnedMax = 10_000;
/** So long after an event Docker is listed, lest the next ones were lost: engine 20.10 loses some when many containers end at once. */
const settleMs = 1_000;
const pauseMsFirst = 250;
const pauseMsMax = 10_000;

interface ContainerWatchOptions {
	readonly docker: Docker;
	readonly reconciler: Reconciler;
	readonly servicesOf: ServiceSource;
	readonly deregistration: DeregistrationPolicy;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly status: SyncStatus;
	/** Whether the health of containers matters. */
	readonly conditions: boolean;
	/** Whether the stream is opened again when it ends. */
	readonly repair: boolean;
	/** The reconciler knows something new. */
	readonly onNews: () => void;
	/** A listing after (re)connecting was taken in, its inspections included. */
	readonly onListed: () => void;
	/** The program cannot go on. */
	readonly onFatal: (error: unknown) => void;
}

/** Brings news of Docker to the reconciler. */
interface ContainerWatch {
	/**
	 * Follows Docker until `signal` is aborted. With `repair` it connects again for ever; without, it fails with
	 * `DOCKER_EVENTS_ENDED` or what broke the stream.
	 */
	run(signal: AbortSignal): Promise<void>;
	/** Compares with a listing; resolves when its inspections are done too. */
	list(options: { readonly missedEvents: boolean }): Promise<void>;
}

export function createContainerWatch(options: ContainerWatchOptions): ContainerWatch {
	const { docker, reconciler, clock, logger, repair, conditions, status } = options;
	/** Newest question per container, with those who wait for its answer. */
	const queue = new Map<string, { inspection: Inspection; done: (() => void)[] }>();
	/** One question per container at a time: of two answers the later one must not be the older one. */
	const underWay = new Set<string>();
	/** Last warnings per container, not to repeat them with each inspection. */
	const warned = new Map<string, string>();

	const ask = (inspection: Inspection): Promise<void> =>
		new Promise((resolve) => {
			const done = queue.get(inspection.containerId)?.done ?? [];
			queue.set(inspection.containerId, { inspection, done: [...done, resolve] });
			startInspections();
		});

	const startInspections = () => {
		for (const [containerId, { inspection, done }] of queue) {
			if (underWay.size >= inspectionsMax) return;
			if (underWay.has(containerId)) continue;
			queue.delete(containerId);
			underWay.add(containerId);
			void inspect(inspection).finally(() => {
				underWay.delete(containerId);
				for (const resolve of done) resolve();
				options.onNews();
				startInspections();
			});
		}
	};

	const inspect = async (inspection: Inspection) => {
		try {
			const container = await running(inspection.containerId);
			if (container === undefined) {
				reconciler.inspected(inspection, undefined);
				return;
			}
			const { services, warnings } = await options.servicesOf(container, await peerOf(container));
			warn(container.id, warnings);
			const { name, startedAtMs, stopSignal } = container;
			reconciler.inspected(inspection, { name, startedAtMs, stopSignal: signalNumber(stopSignal), services });
		} catch (error) {
			if (errorCode(error) === "TAGS_FAILED") {
				options.onFatal(error);
				return;
			}
			// The container stays in question; the next listing asks again.
			logger.error(`container ${inspection.containerId.slice(0, 12)}: ${errorMessage(error)}`);
		}
	};

	const running = async (containerId: string): Promise<Container | undefined> => {
		const answer = await docker.inspect(containerId);
		const container = answer === undefined ? undefined : parseContainer(answer);
		return container?.running === true ? container : undefined;
	};

	const peerOf = async (container: Container): Promise<Container | undefined> =>
		container.networkMode.startsWith("container:")
			? running(container.networkMode.slice("container:".length))
			: undefined;

	const warn = (containerId: string, warnings: readonly string[]) => {
		const text = warnings.join("\n");
		if (text === (warned.get(containerId) ?? "")) return;
		if (warned.size >= warnedMax) warned.clear();
		warned.set(containerId, text);
		for (const warning of warnings) logger.warn(warning);
	};

	let settling = false;
	const listSoon = () => {
		if (settling) return;
		settling = true;
		clock.after(settleMs, () => {
			settling = false;
			if (status.dockerConnected) list({ missedEvents: false }).catch((error) => logger.debug(errorMessage(error)));
		});
	};

	const onEvent = (event: DockerEvent) => {
		if (repair) listSoon();
		const { kind, containerId, timeMs } = event;
		status.counts.dockerEvents++;
		logger.debug("docker event", { kind, container: event.containerName });
		switch (kind) {
			case "start":
				void ask(reconciler.started(containerId, event.containerName, timeMs));
				return;
			case "die":
				reconciler.died(containerId, timeMs, keepsServices(options.deregistration, event.exitCode));
				break;
			case "kill":
				if (event.signal !== undefined) reconciler.signalled(containerId, event.signal, timeMs);
				break;
			case "health": {
				const inspection = conditions ? reconciler.changed(containerId) : undefined;
				if (inspection !== undefined) void ask(inspection);
				return;
			}
			case "destroy":
				// The reference does not listen to it: what a failed container left stays for good.
				if (repair) reconciler.destroyed(containerId);
				warned.delete(containerId);
				break;
		}
		options.onNews();
	};

	const list = async ({ missedEvents }: { readonly missedEvents: boolean }) => {
		const generation = reconciler.listingBegins();
		const listing = await docker.list({ ended: repair && options.deregistration === "on-success" });
		const listed = listing.flatMap((container) => listedContainer(container, options.deregistration));
		const inspections = reconciler.dockerListed(generation, listed, { missedEvents });
		status.counts.dockerListings++;
		options.onNews();
		await Promise.all(inspections.map(ask));
		status.dockerListed = true;
	};

	const follow = async (signal: AbortSignal, onOpen: () => void) => {
		// A listing that fails ends the stream too, so that both are tried again together.
		const both = new AbortController();
		let failure: unknown;
		const onListFailed = (error: unknown) => {
			failure = error;
			both.abort();
		};
		await docker.follow({
			signal: AbortSignal.any([signal, both.signal]),
			onOpen: () => {
				status.dockerConnected = true;
				status.counts.dockerConnections++;
				onOpen();
				list({ missedEvents: true }).then(options.onListed, onListFailed);
			},
			onEvent,
		});
		if (failure !== undefined) throw failure;
	};

	return {
		list,
		async run(signal) {
			let pauseMs = pauseMsFirst;
			while (!signal.aborted) {
				const ended = new DiscoError("DOCKER_EVENTS_ENDED", `Docker at ${docker.address} ended its event stream`);
				const problem = await follow(signal, () => {
					pauseMs = pauseMsFirst;
				}).then(
					() => ended,
					(error: unknown) => error,
				);
				status.dockerConnected = false;
				if (signal.aborted) return;
				if (!repair) throw problem;
				logger.warn(`${errorMessage(problem)}; connecting again`);
				await pause(pauseMs, clock, signal);
				pauseMs = Math.min(pauseMs * 2, pauseMsMax);
			}
		},
	};
}

function listedContainer(listing: DockerListing, policy: DeregistrationPolicy): ListedContainer[] {
	const { id, name, running, exitCode, digest } = listing;
	if (running) return [{ id, name, digest, state: "running" }];
	return exitCode !== undefined && keepsServices(policy, exitCode) ? [{ id, name, digest, state: "kept" }] : [];
}
