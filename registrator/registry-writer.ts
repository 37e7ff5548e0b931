import type { Clock, Timer } from "../lib/env/index.ts";
import { DiscoError, errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import type { Backend } from "./backends/backend.ts";
import type { Operation, Outcome, Reconciler } from "./reconcile.ts";
import type { SyncStatus } from "./status.ts";

/** Writes to the registry under way at once; more are left to the next one that ends. */
const operationsMax = 16;
const pauseMsFirst = 250;
const pauseMsMax = 10_000;

/** What was done, for the log, and what counts it. */
const done = { register: "registered", condition: "condition told", deregister: "deregistered" } as const;
const counts = { register: "registrations", condition: "conditions", deregister: "deregistrations" } as const;

interface RegistryWriterOptions {
	readonly backend: Backend;
	readonly reconciler: Reconciler;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly status: SyncStatus;
	/** What is written is only shown (`-dry`); the backend sees to it that nothing is. */
	readonly dry: boolean;
	/** Whether a registry that cannot be reached is tried again until it can. */
	readonly repair: boolean;
}

/** Carries out what the reconciler plans. */
interface RegistryWriter {
	/** To be called after any news; returns at once. */
	wake(): void;
	/** Compares the picture with the registry and mends it. A failure is logged and tried again. */
	reconcile(): Promise<void>;
	/** The comparison alone; `wake` then mends. Fails as the backend does. */
	compare(): Promise<void>;
	/** Resolves when nothing is to be done and nothing is under way, or the registry is away. */
	idle(): Promise<void>;
	/** Starts nothing more. Idempotent. */
	close(): void;
}

export function createRegistryWriter(options: RegistryWriterOptions): RegistryWriter {
	const { backend, reconciler, clock, logger, repair, status, dry } = options;
	let underWay = 0;
	let closed = false;
	/** Set while the registry cannot be reached: then nothing is sent until a probe gets through. */
	let probe: Timer | undefined;
	let waiting: (() => void)[] = [];

	const wake = () => {
		if (!closed && probe === undefined && underWay < operationsMax) {
			for (const operation of reconciler.plan(operationsMax - underWay)) {
				underWay++;
				void perform(operation);
			}
		}
		if (underWay > 0) return;
		for (const resolve of waiting) resolve();
		waiting = [];
	};

	const perform = async (operation: Operation) => {
		const outcome = await attempt(operation);
		underWay--;
		reconciler.finished(operation, outcome);
		if (outcome === "unreachable" && repair) goAway();
		wake();
	};

	const attempt = async (operation: Operation): Promise<Outcome> => {
		const { id, name } = operation.entry;
		const what = `${dry ? "would be " : ""}${done[operation.kind]}`;
		try {
			if (operation.kind === "register") await backend.register(operation.service);
			else if (operation.kind === "condition") await backend.conditions?.write(operation.entry, operation.change);
			else await backend.deregister(operation.entry);
			status.counts[counts[operation.kind]]++;
			const level = operation.kind !== "deregister" && operation.again ? "debug" : "info";
			logger[level](what, { id, service: name, ...fieldsOf(operation) });
			return "done";
		} catch (error) {
			status.counts.writeFailures++;
			logger.error(`not ${what}: ${errorMessage(error)}`, { id, service: name });
			return isUnreachable(error) ? "unreachable" : "refused";
		}
	};

	const goAway = () => {
		if (probe !== undefined || closed) return;
		status.registryReachable = false;
		logger.warn(`${backend.name} cannot be reached; trying until it can`);
		const schedule = (pauseMs: number) => {
			probe = clock.after(pauseMs, () => {
				void comeBack().then((back) => {
					if (closed) return;
					if (back) {
						probe = undefined;
						status.registryReachable = true;
						logger.info(`${backend.name} is back`);
						wake();
					} else {
						schedule(Math.min(pauseMs * 2, pauseMsMax));
					}
				});
			});
		};
		schedule(pauseMsFirst);
	};

	/** The registry may have lost what it held (an agent in development mode has): its list comes before anything is written. */
	const comeBack = async (): Promise<boolean> => {
		try {
			await backend.ping();
			await listRegistry();
			return true;
		} catch (error) {
			logger.debug(errorMessage(error));
			return false;
		}
	};

	const listRegistry = async () => {
		const generation = reconciler.listingBegins();
		const [entries, draining] = await Promise.all([backend.list(), backend.conditions?.draining()]);
		status.counts.registryListings++;
		for (const { id, name } of reconciler.registryListed(generation, entries, draining)) {
			logger.warn("somebody else registers under this registrator's name; give each a name of its own with -owner", {
				id,
				service: name,
			});
		}
		reconciler.forgetRefusals();
	};

	return {
		wake,
		compare: listRegistry,
		async reconcile() {
			if (closed || probe !== undefined) return;
			try {
				await listRegistry();
			} catch (error) {
				logger.error(errorMessage(error));
				if (isUnreachable(error)) goAway();
			}
			wake();
		},
		idle: () =>
			new Promise((resolve) => {
				waiting.push(resolve);
				wake();
			}),
		close() {
			closed = true;
			probe?.cancel();
		},
	};
}

/** No answer, as opposed to an answer that says no. */
function isUnreachable(error: unknown): boolean {
	return error instanceof DiscoError && error.retryable && error.code !== "HTTP_STATUS";
}

function fieldsOf(operation: Operation): Readonly<Record<string, string | number>> {
	switch (operation.kind) {
		case "register":
			return { address: operation.service.address, port: operation.service.port };
		case "condition": {
			const { drain, health } = operation.change;
			return {
				...(drain === undefined ? {} : { drains: drain === "ended" ? "no more" : "until its container ends" }),
				...(health === undefined ? {} : { health: health.status }),
			};
		}
		case "deregister":
			return {};
	}
}
