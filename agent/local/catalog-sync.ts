import type { Clock, Random, Timer } from "../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log/index.ts";
import type { CheckContent, Endpoints, NodeRecord, ServiceContent, ServiceRecord, StringMap } from "../rpc/index.ts";
import { type CatalogUnit, isInSync, sameMap, unitChanges } from "./catalog-diff.ts";

/** What the catalog shall say of the node itself. */
export interface NodeIdentity {
	readonly id: string;
	readonly node: string;
	readonly address: string;
	readonly datacenter: string;
	readonly taggedAddresses: StringMap;
	readonly meta: StringMap;
}

/** Unit of the node's own checks and of the service `consul`; every other unit is called by its service's id. */
export const nodeUnit = "";

export interface CatalogSyncOptions {
	readonly identity: NodeIdentity;
	/** Service `consul` and check `serfHealth` of this node are not this agent's: the leader keeps them by what gossip says. */
	readonly leaderKeeps: boolean;
	readonly endpoints: Endpoints;
	readonly clock: Clock;
	readonly random: Random;
	readonly logger: Logger;
	/** Names of all units that are wanted, `nodeUnit` among them. */
	readonly units: () => Iterable<string>;
	/** What is wanted of a unit now; an empty one for what is gone. With `checkIds`, of its checks only these. */
	readonly wanted: (unit: string, checkIds?: Iterable<string>) => CatalogUnit;
	/** With which token to write it. */
	readonly tokenOf: (unit: string) => string;
	/** Unit that a check belongs to now, if it is wanted at all. */
	readonly unitOfCheck: (checkId: string) => string | undefined;
	/** A change of this check's output alone may wait. */
	readonly outputMayWait: (checkId: string) => boolean;
	/** The catalog's services as they were read, before they are compared (tags that others may override). */
	readonly adopt?: (services: readonly ServiceRecord[]) => void;
	/** Time between two full comparisons in a small cluster, before jitter; see `comparisonPauseMs`. */
	readonly intervalMs: number;
	/** Agents of the pool now. */
	readonly clusterSize: () => number;
}

/** Carries what is wanted into the catalog: at once when it changed, and by comparing everything now and then. */
export interface CatalogSync {
	/**
	 * Something of the unit changed; with `checkIds`, nothing but these checks of it: the others are not looked at, so that a
	 * check of a node with ten thousand costs what one check costs. Resolves when the catalog has it, or has refused it for good
	 * (then the next comparison tries again); while no leader is known it goes on trying.
	 */
	push(unit: string, checkIds?: Iterable<string>): Promise<void>;
	/** Compares everything and pushes what differs. Resolves when that is done; fails when the catalog cannot be read. */
	compare(): Promise<void>;
	/** Compares now, and again each interval until `close`. */
	start(): void;
	close(): void;
}

/** Up to this size every agent compares each interval. */
const clusterSizeUnscaled = 128;

/**
 * Time between two full comparisons: the servers' work grows with the number of agents, so each doubling above 128 adds one
 * interval (the reference's published rule).
 */
export function comparisonPauseMs(intervalMs: number, clusterSize: number): number {
	if (clusterSize <= clusterSizeUnscaled) return intervalMs;
	return intervalMs * (1 + Math.ceil(Math.log2(clusterSize / clusterSizeUnscaled)));
}

/** First and longest pause before a failed write or comparison is tried again; each pause is doubled and jittered. */
const retryMsFirst = 100;
const retryMsMax = 15_000;
/** Writes under way at once; more wait their turn. The log groups what is concurrent into one fsync. */
const writesInFlightMax = 128;

interface UnitState {
	/** What the catalog has, as far as is known. */
	present: PresentUnit;
	/** What a write has to look at: these checks, or everything. */
	pending: Set<string> | "all";
	/** Counts changes wanted; `doneVersion` is the last that the catalog has. */
	version: number;
	doneVersion: number;
	running: boolean;
	failures: number;
	retry: Timer | undefined;
	readonly waiters: { readonly version: number; readonly resolve: () => void }[];
}

/** A unit of the catalog that is kept up to date in place. */
interface PresentUnit {
	service?: ServiceContent;
	readonly checks: Map<string, CheckContent>;
}

/** Anti-entropy: the local state is the truth, the catalog converges to it whatever happened there or to the connection. */
export function createCatalogSync(options: CatalogSyncOptions): CatalogSync {
	const { identity, endpoints, clock, random, logger } = options;
	const states = new Map<string, UnitState>();
	/** The node's record in the catalog is as wanted. */
	let nodeInSync = false;
	let closed = false;
	let nextComparison: Timer | undefined;
	let comparisonFailures = 0;
	let writesInFlight = 0;
	const writesWaiting: (() => void)[] = [];

	const stateOf = (unit: string): UnitState => {
		const known = states.get(unit);
		if (known !== undefined) return known;
		const made: UnitState = {
			present: { checks: new Map() },
			pending: new Set(),
			version: 0,
			doneVersion: 0,
			running: false,
			failures: 0,
			retry: undefined,
			waiters: [],
		};
		states.set(unit, made);
		return made;
	};

	const pauseMs = (failures: number) =>
		Math.min(retryMsMax, retryMsFirst * 2 ** Math.min(failures - 1, 16)) * (0.5 + random.next());

	const settle = (state: UnitState, version: number) => {
		state.doneVersion = Math.max(state.doneVersion, version);
		for (let first = state.waiters[0]; first !== undefined && first.version <= version; first = state.waiters[0]) {
			state.waiters.shift();
			first.resolve();
		}
	};

	async function run(unit: string, state: UnitState): Promise<void> {
		if (state.running) return;
		state.running = true;
		state.retry?.cancel();
		state.retry = undefined;
		while (!closed && state.doneVersion < state.version) {
			const version = state.version;
			const looked = state.pending;
			state.pending = new Set();
			try {
				await write(unit, state, looked === "all" ? undefined : looked);
				state.failures = 0;
				settle(state, version);
			} catch (error) {
				if (closed) break;
				if (!isRetryable(error)) {
					logger.warn("the catalog refused a registration of this agent; it is tried again with the next comparison", {
						unit: unit === nodeUnit ? "node" : unit,
						error: errorMessage(error),
					});
					settle(state, version);
					continue;
				}
				addPending(state, looked === "all" ? undefined : looked);
				state.failures++;
				if (state.failures === 1) {
					logger.info("the catalog cannot be written yet", { unit, error: errorMessage(error) });
				}
				state.retry = clock.after(pauseMs(state.failures), () => void run(unit, state));
				break;
			}
		}
		state.running = false;
		if (
			unit !== nodeUnit &&
			state.doneVersion >= state.version &&
			isEmpty(state.present) &&
			isEmpty(options.wanted(unit))
		) {
			states.delete(unit);
		}
	}

	/**
	 * Makes the catalog's unit (of its checks only `checkIds`, if given) as it is wanted now. `present` follows each step, so a
	 * failure in between is no surprise later.
	 */
	async function write(unit: string, state: UnitState, checkIds: ReadonlySet<string> | undefined): Promise<void> {
		await turn();
		try {
			const { present } = state;
			const changes = unitChanges(
				options.wanted(unit, checkIds),
				checkIds === undefined ? present : onlyChecks(present, checkIds),
				options.outputMayWait,
			);
			const writeOptions = { datacenter: "", token: options.tokenOf(unit) };
			const register = changes.register;
			if (register !== undefined || (unit === nodeUnit && !nodeInSync)) {
				await endpoints.catalog.register(
					{
						...identity,
						skipNodeUpdate: false,
						...(register?.service === undefined ? {} : { service: register.service }),
						checks: register?.checks ?? [],
					},
					writeOptions,
				);
				nodeInSync = true;
				if (register?.service !== undefined) present.service = register.service;
				for (const check of register?.checks ?? []) present.checks.set(check.checkId, check);
			}
			const node = identity.node;
			if (changes.deregisterService && present.service !== undefined) {
				await endpoints.catalog.deregister({ node, serviceId: present.service.id }, writeOptions);
				delete present.service;
				present.checks.clear();
			}
			for (const checkId of changes.deregisterChecks) {
				// A check that moved to another unit was registered from there under the same id: it must stay.
				const owner = options.unitOfCheck(checkId);
				if (owner === undefined || owner === unit) {
					await endpoints.catalog.deregister({ node, checkId }, writeOptions);
				}
				present.checks.delete(checkId);
			}
		} finally {
			writesInFlight--;
			writesWaiting.shift()?.();
		}
	}

	async function turn(): Promise<void> {
		if (writesInFlight >= writesInFlightMax) await new Promise<void>((resolve) => writesWaiting.push(resolve));
		writesInFlight++;
	}

	function push(unit: string, checkIds?: Iterable<string>): Promise<void> {
		if (closed) return Promise.resolve();
		const state = stateOf(unit);
		addPending(state, checkIds);
		const version = ++state.version;
		const done = new Promise<void>((resolve) => state.waiters.push({ version, resolve }));
		void run(unit, state);
		return done;
	}

	async function compare(): Promise<void> {
		const versionsBefore = new Map([...states].map(([unit, state]) => [unit, state.version]));
		const read = {
			datacenter: "",
			token: options.tokenOf(nodeUnit),
			consistency: "default" as const,
			minIndex: 0,
			maxWaitMs: 0,
		};
		const [node, checks] = await Promise.all([
			endpoints.catalog.node(identity.node, read),
			endpoints.health.node(identity.node, read),
		]);
		if (closed) return;
		options.adopt?.(node.value?.services ?? []);
		nodeInSync = node.value !== undefined && isSameNode(identity, node.value.node);
		const kept = options.leaderKeeps ? leaderKept : nothingKept;
		const found = groupByUnit(
			(node.value?.services ?? []).filter(({ id }) => id !== kept.serviceId),
			checks.value.filter(({ checkId }) => checkId !== kept.checkId),
		);
		for (const unit of new Set([...found.keys(), ...states.keys(), ...options.units()])) {
			const state = stateOf(unit);
			// What was written while the catalog was being read is newer than what was read.
			if (state.running || state.version !== (versionsBefore.get(unit) ?? 0)) continue;
			state.present = found.get(unit) ?? { checks: new Map() };
		}
		const differing = [...states].filter(
			([unit, state]) =>
				(unit === nodeUnit && !nodeInSync) ||
				!isInSync(unitChanges(options.wanted(unit), state.present, options.outputMayWait)),
		);
		for (const [unit, state] of states) {
			if (
				isEmpty(state.present) &&
				!state.running &&
				state.doneVersion >= state.version &&
				isEmpty(options.wanted(unit))
			)
				states.delete(unit);
		}
		await Promise.all(differing.map(([unit]) => push(unit)));
	}

	function scheduleComparison(delayMs: number): void {
		if (closed) return;
		nextComparison = clock.after(delayMs, () => {
			compare().then(
				() => {
					comparisonFailures = 0;
					scheduleComparison(comparisonPauseMs(options.intervalMs, options.clusterSize()) * (1 + random.next()));
				},
				(error: unknown) => {
					comparisonFailures++;
					if (comparisonFailures === 1) {
						logger.info("the catalog cannot be read yet", { error: errorMessage(error) });
					}
					scheduleComparison(pauseMs(comparisonFailures));
				},
			);
		});
	}

	return {
		push,
		compare,
		start: () => scheduleComparison(0),
		close() {
			closed = true;
			nextComparison?.cancel();
			for (const state of states.values()) {
				state.retry?.cancel();
				settle(state, Number.POSITIVE_INFINITY);
			}
		},
	};
}

function isRetryable(error: unknown): boolean {
	return error instanceof DiscoError ? error.retryable || error.code === "NO_LEADER" : false;
}

function isEmpty(unit: CatalogUnit): boolean {
	return unit.service === undefined && unit.checks.size === 0;
}

/** Adds these checks, or everything, to what the next write looks at. */
function addPending(state: UnitState, checkIds: Iterable<string> | undefined): void {
	if (checkIds === undefined) state.pending = "all";
	else if (state.pending !== "all") for (const id of checkIds) state.pending.add(id);
}

/** The unit as if it had of its checks only these. */
function onlyChecks(unit: PresentUnit, checkIds: Iterable<string>): CatalogUnit {
	const checks = new Map<string, CheckContent>();
	for (const id of checkIds) {
		const check = unit.checks.get(id);
		if (check !== undefined) checks.set(id, check);
	}
	return { ...unit, checks };
}

const leaderKept = { serviceId: "consul", checkId: "serfHealth" } as const;
const nothingKept = { serviceId: undefined, checkId: undefined } as const;

/** The service `consul` belongs to the node's unit: it is the agent's own. */
const ownServiceId = "consul";

function groupByUnit(services: readonly ServiceRecord[], checks: readonly CheckContent[]): Map<string, PresentUnit> {
	const units = new Map<string, PresentUnit>();
	const at = (unit: string) => {
		const known: PresentUnit = units.get(unit) ?? { checks: new Map() };
		units.set(unit, known);
		return known;
	};
	for (const service of services) at(service.id === ownServiceId ? nodeUnit : service.id).service = service;
	for (const check of checks)
		at(check.serviceId === ownServiceId ? nodeUnit : check.serviceId).checks.set(check.checkId, check);
	return units;
}

function isSameNode(wanted: NodeIdentity, present: NodeRecord): boolean {
	return (
		wanted.id === present.id &&
		wanted.address === present.address &&
		sameMap(wanted.taggedAddresses, present.taggedAddresses ?? {}) &&
		sameMap(wanted.meta, present.meta ?? {})
	);
}
