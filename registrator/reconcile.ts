import type { ServiceHealth } from "./health.ts";
import type { ServiceRegistration } from "./registration.ts";

/** How one service stands in the registry, as far as a reader of the registry sees it. */
export interface RegistryEntry {
	/** What the backend tells entries apart by: an id, a path. */
	readonly key: string;
	/** Service id. */
	readonly id: string;
	/** Service name. */
	readonly name: string;
	/** Equal for two entries exactly when a reader sees no difference. */
	readonly fingerprint: string;
}

export type Operation =
	| {
			readonly kind: "register";
			readonly entry: RegistryEntry;
			readonly service: ServiceRegistration;
			readonly epoch: number;
			/** It stands like this already, as far as is known. */
			readonly again: boolean;
	  }
	| {
			readonly kind: "condition";
			readonly entry: RegistryEntry;
			readonly change: ConditionChange;
			/** It is so already, as far as is known; said again lest it expires. */
			readonly again: boolean;
			/** What the reconciler remembers once it is done. */
			readonly written: WrittenCondition;
	  }
	| { readonly kind: "deregister"; readonly entry: RegistryEntry };

/** What is to change about whether a service that stands may be used. */
export interface ConditionChange {
	/** Into maintenance because its container was told to stop, or out of it again. */
	readonly drain?: { readonly untilMs: number } | "ended";
	readonly health?: ServiceHealth;
}

/** The condition of an entry as the registry knows it. */
interface WrittenCondition {
	readonly draining: boolean;
	readonly health: string;
	/** To be said again whether it changed or not. */
	readonly due: boolean;
}

/** `refused`: the registry does not want it as it is. `unreachable`: nobody knows whether it was done. */
export type Outcome = "done" | "refused" | "unreachable";

/** A question to Docker about one container; the answer counts only while nothing newer was heard of the container. */
export interface Inspection {
	readonly containerId: string;
	readonly generation: number;
}

/** A container as a listing of Docker shows it. */
export interface ListedContainer {
	readonly id: string;
	readonly name: string;
	/** `kept`: it failed, and `-deregister on-success` keeps the services of such. */
	readonly state: "running" | "kept";
	/** Changes when something changed that may change its services (addresses, ports, name). */
	readonly digest: string;
}

interface ReconcilerOptions {
	readonly entryOf: (service: ServiceRegistration) => RegistryEntry;
	/** The container's name in an entry that this registrator (now or before) made, undefined for others' entries. */
	readonly containerOfOwn: (entry: RegistryEntry) => string | undefined;
	/**
	 * True: whatever differs between Docker and the registry is mended. False: only events are followed, as the reference does;
	 * failures are not retried and what a failed container leaves is forgotten.
	 */
	readonly repair: boolean;
	/** Whether the registry takes `condition` operations; without, draining and health change nothing. */
	readonly conditions: boolean;
}

/** Docker's answer about a container that runs. */
export interface InspectionAnswer {
	readonly name: string;
	readonly startedAtMs: number;
	/** Number of the signal that tells it to stop; undefined when that is not known. */
	readonly stopSignal?: number | undefined;
	readonly services: readonly ServiceRegistration[];
}

/**
 * Keeps two pictures, what Docker runs and what the registry holds, and says what to do about their differences.
 *
 * It does nothing itself: the caller brings news (events, listings, results) and carries out `plan`. News may be lost, doubled,
 * late or in the wrong order: each listing corrects the picture, and generations keep an old answer from undoing newer news
 * (a listing that began before a container's last event says nothing about this container).
 * At most one operation per entry is under way, so the registry cannot see two of them in the wrong order.
 */
export interface Reconciler {
	/** A start event. `timeMs` is Docker's time of it. */
	started(containerId: string, name: string, timeMs: number): Inspection;
	/** The answer to an inspection; undefined services: the container does not run (any more). */
	inspected(inspection: Inspection, answer: InspectionAnswer | undefined): void;
	/** Something about a container changed that only an inspection tells; undefined when it is not known as running. */
	changed(containerId: string): Inspection | undefined;
	/** A signal was sent to the container. If it is its stop signal, its services drain until it ends. */
	signalled(containerId: string, signal: number, timeMs: number): void;
	/**
	 * Ends the draining of containers that run on `graceMs` after it should have ended: they did not take the signal as the
	 * order to stop. Gives their names.
	 */
	endOverdueDrains(nowMs: number, graceMs: number): readonly string[];
	/** Conditions are to be written again, lest they expire. */
	refreshConditions(): void;
	/** A die event; `keep`: it failed and its services stay. An event older than the container's last start is ignored. */
	died(containerId: string, timeMs: number, keep: boolean): void;
	/** The container was removed from Docker. */
	destroyed(containerId: string): void;
	/** To be called before a listing of Docker or of the registry is asked for; hand the number to what takes the answer. */
	listingBegins(): number;
	/** Docker's whole answer. `missedEvents`: the stream was interrupted before. Gives what must be inspected. */
	dockerListed(
		generation: number,
		containers: readonly ListedContainer[],
		options: { readonly missedEvents: boolean },
	): readonly Inspection[];
	/**
	 * Every entry in the registry, which replaces the picture; what a life before left is removed. Gives entries that came back
	 * each time they were removed: somebody else registers under our name. They are let be from then on. `draining`: keys of
	 * those that drain there.
	 */
	registryListed(
		generation: number,
		entries: readonly RegistryEntry[],
		draining?: ReadonlySet<string>,
	): readonly RegistryEntry[];
	/** The reference's `-cleanup`: own entries for which no known container has that name and a service of the same name. */
	removeDangling(entries: readonly RegistryEntry[]): void;
	/** Everything is registered again, whether it seems to stand or not. */
	registerAgain(): void;
	/** What was refused may be tried again. */
	forgetRefusals(): void;
	/** Up to `operationsMax` things to do now, which count as under way until `finished`. */
	plan(operationsMax: number): readonly Operation[];
	finished(operation: Operation, outcome: Outcome): void;
	/** The picture as it is now, for people. */
	overview(): Overview;
}

/** What the reconciler knows, in the order of names and ids. */
export interface Overview {
	readonly containers: readonly {
		readonly id: string;
		readonly name: string;
		readonly phase: ContainerRecord["phase"];
	}[];
	readonly services: readonly {
		readonly id: string;
		readonly name: string;
		readonly address: string;
		readonly port: number;
		/** `refused`: the registry does not take it as it is. */
		readonly state: "registered" | "pending" | "refused";
		/** When it should have ended, in milliseconds since the epoch; absent for one that is not told to stop. */
		readonly drainingUntilMs?: number;
		/** Of its container's HEALTHCHECK. */
		readonly health?: ServiceHealth["status"];
	}[];
}

interface Claim {
	readonly service: ServiceRegistration;
	readonly entry: RegistryEntry;
}

interface ContainerRecord {
	readonly name: string;
	/** When something was last heard of it. */
	readonly generation: number;
	/** `inspecting`: it runs, and its services are those of before until the answer is there. */
	readonly phase: "inspecting" | "up" | "kept";
	readonly startedAtMs: number;
	/** Of the claims. Rises with each start; of two containers that claim one entry the one started last has it. */
	readonly epoch: number;
	/** What `epoch` becomes with the answer to the inspection: until then the claims are those of the run before. */
	readonly nextEpoch: number;
	readonly claims: readonly Claim[];
	readonly digest: string | undefined;
	readonly stopSignal?: number | undefined;
	/** When its stop signal was sent to it, in Docker's time. */
	readonly drainingSinceMs?: number | undefined;
	/** A die event that came while it is inspected: it may be of an earlier run than the one that the answer will tell of. */
	readonly ended?: { readonly timeMs: number; readonly keep: boolean };
}

/** An entry that nobody here registered may be removed as often as this; when it comes back again it is somebody else's. */
const foundRemovalsMax = 2;
/** Entries about which this is remembered; when there are more, it begins anew. */
const foundEntriesMax = 10_000;

/** An entry that is, or may be, in the registry. */
interface Standing {
	readonly entry: RegistryEntry;
	/** Of the claim that we registered; 0: found there, -1: perhaps there, as the registry did not answer. */
	readonly epoch: number;
	readonly generation: number;
}

/** A claim on an entry, of the container that has it. */
interface Winner extends Claim {
	readonly epoch: number;
	readonly drainingUntilMs: number | undefined;
}

export function createReconciler(options: ReconcilerOptions): Reconciler {
	const containers = new Map<string, ContainerRecord>();
	const standing = new Map<string, Standing>();
	const underWay = new Map<string, Operation>();
	/** By entry; absent: neither draining nor with a health of ours. */
	const conditions = new Map<string, WrittenCondition>();
	/** Entry to the epoch of the claim that was refused; 0 for a refused removal. */
	const refused = new Map<string, number>();
	/** How often an entry was removed that we had found, not made; forgotten once we register it ourselves. */
	const foundRemovals = new Map<string, number>();
	let generation = 0;
	let epoch = 0;
	let dockerKnown = false;

	/** What `claims` gives as long as no container changes. */
	let winners: Map<string, Winner> | undefined;

	const put = (containerId: string, record: ContainerRecord) => {
		winners = undefined;
		containers.set(containerId, record);
	};
	const drop = (containerId: string) => {
		winners = undefined;
		containers.delete(containerId);
	};

	const inspect = (containerId: string, record: Omit<ContainerRecord, "generation" | "phase">): Inspection => {
		generation++;
		put(containerId, { ...record, generation, phase: "inspecting" });
		return { containerId, generation };
	};

	const forgetContainer = (containerId: string) => {
		generation++;
		drop(containerId);
	};

	const end = (containerId: string, record: ContainerRecord, keep: boolean) => {
		forgetContainer(containerId);
		if (!keep) return;
		if (options.repair) put(containerId, { ...record, generation, phase: "kept" });
		else for (const { entry } of record.claims) standing.delete(entry.key);
	};

	const claims = (): ReadonlyMap<string, Winner> => {
		if (winners !== undefined) return winners;
		winners = new Map();
		for (const record of containers.values()) {
			for (const claim of record.claims) {
				const rival = winners.get(claim.entry.key);
				if (rival === undefined || rival.epoch <= record.epoch) {
					winners.set(claim.entry.key, {
						...claim,
						epoch: record.epoch,
						drainingUntilMs: drainingUntilMs(record, claim.service),
					});
				}
			}
		}
		return winners;
	};

	/** Names of containers about whose services we know too little to remove an entry that carries their name. */
	const undecidedNames = (): ReadonlySet<string> =>
		new Set(
			[...containers.values()]
				.filter(({ phase, claims }) => phase === "inspecting" || (phase === "kept" && claims.length === 0))
				.map(({ name }) => name),
		);

	const conditionOperation = ({ entry, service, drainingUntilMs }: Winner): Operation | undefined => {
		if (!options.conditions) return undefined;
		const before = conditions.get(entry.key) ?? { draining: false, health: "", due: false };
		const draining = drainingUntilMs !== undefined;
		const health = service.health === undefined ? "" : JSON.stringify(service.health);
		const again = draining === before.draining && health === before.health;
		if (again && !before.due) return undefined;
		const change: ConditionChange = {
			...(draining ? { drain: { untilMs: drainingUntilMs } } : before.draining ? { drain: "ended" as const } : {}),
			...(service.health === undefined ? {} : { health: service.health }),
		};
		if (Object.keys(change).length === 0) return undefined;
		return { kind: "condition", entry, change, again, written: { draining, health, due: false } };
	};

	const makeDue = (key: string) => {
		const known = conditions.get(key);
		if (known !== undefined) conditions.set(key, { ...known, due: true });
	};

	return {
		started(containerId, name, timeMs) {
			const before = containers.get(containerId);
			const draining = before?.drainingSinceMs !== undefined && timeMs <= before.drainingSinceMs;
			epoch++;
			return inspect(containerId, {
				name,
				startedAtMs: Math.max(timeMs, before?.startedAtMs ?? 0),
				epoch: before?.epoch ?? epoch,
				nextEpoch: epoch,
				claims: before?.claims ?? [],
				digest: undefined,
				stopSignal: before?.stopSignal,
				// A restart ends the draining; the late or doubled event of the same run does not.
				drainingSinceMs: draining ? before.drainingSinceMs : undefined,
			});
		},

		inspected(inspection, answer) {
			const record = containers.get(inspection.containerId);
			if (record === undefined || record.generation !== inspection.generation) return;
			const ended = record.ended;
			if (answer === undefined || (ended !== undefined && answer.startedAtMs <= ended.timeMs)) {
				end(inspection.containerId, record, ended?.keep ?? false);
				return;
			}
			generation++;
			const { ended: _, ...rest } = record;
			const { drainingSinceMs } = record;
			const sameRun = drainingSinceMs !== undefined && answer.startedAtMs <= drainingSinceMs;
			put(inspection.containerId, {
				...rest,
				name: answer.name,
				generation,
				phase: "up",
				startedAtMs: answer.startedAtMs || record.startedAtMs,
				epoch: record.nextEpoch,
				stopSignal: answer.stopSignal,
				drainingSinceMs: sameRun ? drainingSinceMs : undefined,
				claims: answer.services.map((service) => ({ service, entry: options.entryOf(service) })),
			});
		},

		died(containerId, timeMs, keep) {
			const record = containers.get(containerId);
			if (record === undefined || timeMs < record.startedAtMs) return;
			if (record.phase !== "inspecting") {
				end(containerId, record, keep);
			} else if (timeMs > (record.ended?.timeMs ?? 0)) {
				put(containerId, { ...record, ended: { timeMs, keep } });
			}
		},

		destroyed: forgetContainer,

		changed(containerId) {
			const record = containers.get(containerId);
			return record === undefined || record.phase === "kept" ? undefined : inspect(containerId, record);
		},

		signalled(containerId, signal, timeMs) {
			const record = containers.get(containerId);
			if (record === undefined || record.phase === "kept" || timeMs < record.startedAtMs) return;
			if (record.stopSignal !== signal || record.drainingSinceMs !== undefined) return;
			// Not newer news about its services: a question under way stays valid.
			put(containerId, { ...record, drainingSinceMs: timeMs });
		},

		endOverdueDrains(nowMs, graceMs) {
			const names: string[] = [];
			for (const [id, record] of containers) {
				const untilMs = Math.max(0, ...record.claims.map(({ service }) => drainingUntilMs(record, service) ?? 0));
				if (untilMs === 0 || untilMs + graceMs > nowMs) continue;
				put(id, { ...record, drainingSinceMs: undefined });
				names.push(record.name);
			}
			return names;
		},

		refreshConditions() {
			for (const key of conditions.keys()) makeDue(key);
		},

		listingBegins: () => ++generation,

		dockerListed(listedAt, listed, { missedEvents }) {
			dockerKnown = true;
			const inspections: Inspection[] = [];
			const present = new Set(listed.map(({ id }) => id));
			for (const [id, record] of containers) {
				if (!options.repair || present.has(id) || record.generation > listedAt) continue;
				// While it is inspected the answer decides: it may be newer than the listing.
				if (record.phase === "inspecting") inspections.push(inspect(id, record));
				else forgetContainer(id);
			}
			for (const container of listed) {
				const record = containers.get(container.id);
				if (record !== undefined && record.generation > listedAt) continue;
				if (container.state === "kept") {
					generation++;
					const known = record ?? { startedAtMs: 0, epoch: 0, nextEpoch: 0, claims: [], digest: undefined };
					if (options.repair) put(container.id, { ...known, name: container.name, generation, phase: "kept" });
					continue;
				}
				const settled = record?.phase === "up" && (!options.repair || record.digest === container.digest);
				if (settled && !missedEvents) continue;
				const { name, digest } = container;
				const known = record ?? { startedAtMs: 0, epoch: ++epoch, nextEpoch: epoch, claims: [] };
				inspections.push(inspect(container.id, { ...known, name, digest }));
			}
			return inspections;
		},

		registryListed(listedAt, entries, draining) {
			const wanted = claims();
			const contested: RegistryEntry[] = [];
			const present = new Set(entries.map(({ key }) => key));
			for (const [key, { generation: touchedAt }] of standing) {
				if (present.has(key) || underWay.has(key) || touchedAt >= listedAt) continue;
				standing.delete(key);
				conditions.delete(key);
			}
			for (const entry of entries) {
				const { key } = entry;
				const known = standing.get(key);
				if (underWay.has(key) || (known !== undefined && known.generation > listedAt)) continue;
				if (known !== undefined || wanted.has(key)) {
					standing.set(key, { entry, epoch: known?.epoch ?? 0, generation: known?.generation ?? 0 });
					const condition = conditions.get(key) ?? { draining: false, health: "", due: false };
					if (draining !== undefined) conditions.set(key, { ...condition, draining: draining.has(key) });
				} else if (options.containerOfOwn(entry) !== undefined) {
					const removals = foundRemovals.get(key) ?? 0;
					if (removals < foundRemovalsMax) standing.set(key, { entry, epoch: 0, generation: 0 });
					else if (removals === foundRemovalsMax) contested.push(entry);
					if (removals === foundRemovalsMax) foundRemovals.set(key, removals + 1);
				}
			}
			return contested;
		},

		removeDangling(entries) {
			const known = new Set(
				[...containers.values()].flatMap(({ name, claims }) =>
					claims.map(({ service }) => JSON.stringify([name, service.name])),
				),
			);
			for (const entry of entries) {
				const container = options.containerOfOwn(entry);
				if (container === undefined || known.has(JSON.stringify([container, entry.name]))) continue;
				if (!standing.has(entry.key)) standing.set(entry.key, { entry, epoch: 0, generation });
			}
		},

		registerAgain() {
			for (const [id, record] of containers) {
				epoch++;
				put(id, { ...record, epoch, nextEpoch: epoch });
			}
		},

		forgetRefusals: () => refused.clear(),

		plan(operationsMax) {
			const operations: Operation[] = [];
			const wanted = claims();
			for (const [key, winner] of wanted) {
				const { entry, service, epoch: claimed } = winner;
				if (operations.length >= operationsMax) break;
				const found = standing.get(key);
				const again = found !== undefined && found.entry.fingerprint === entry.fingerprint;
				const stands = again && found.epoch >= claimed;
				if (underWay.has(key)) continue;
				if (stands) {
					const condition = conditionOperation(winner);
					if (condition !== undefined) operations.push(condition);
					continue;
				}
				if (refused.get(key) === claimed) continue;
				operations.push({ kind: "register", entry, service, epoch: claimed, again });
			}
			const undecided = undecidedNames();
			for (const [key, { entry, epoch: registered }] of standing) {
				if (operations.length >= operationsMax) break;
				if (wanted.has(key) || underWay.has(key) || refused.get(key) === 0) continue;
				// What we did not register in this life is removed only when Docker has been asked.
				const container = options.containerOfOwn(entry);
				if ((registered === 0 && !dockerKnown) || (container !== undefined && undecided.has(container))) continue;
				operations.push({ kind: "deregister", entry });
			}
			for (const operation of operations) underWay.set(operation.entry.key, operation);
			return operations;
		},

		finished(operation, outcome) {
			const { entry } = operation;
			const found = standing.get(entry.key)?.epoch === 0;
			generation++;
			underWay.delete(entry.key);
			if (operation.kind === "condition") {
				// A refused one is not repeated until the entry is registered again or refreshed.
				if (outcome !== "unreachable") conditions.set(entry.key, operation.written);
				const known = standing.get(entry.key);
				if (known !== undefined) standing.set(entry.key, { ...known, generation });
				return;
			}
			refused.delete(entry.key);
			// The registry may have a check of before, or the one of this registration: what holds is said again.
			if (operation.kind === "register") makeDue(entry.key);
			else if (outcome === "done") conditions.delete(entry.key);
			if (operation.kind === "register") {
				foundRemovals.delete(entry.key);
				if (outcome === "done") standing.set(entry.key, { entry, epoch: operation.epoch, generation });
				else if (outcome === "unreachable" && options.repair) standing.set(entry.key, { entry, epoch: -1, generation });
				else refused.set(entry.key, operation.epoch);
			} else if (outcome === "done" || !options.repair) {
				if (foundRemovals.size >= foundEntriesMax) foundRemovals.clear();
				if (found) foundRemovals.set(entry.key, (foundRemovals.get(entry.key) ?? 0) + 1);
				standing.delete(entry.key);
			} else if (outcome === "refused") {
				refused.set(entry.key, 0);
			}
		},

		overview: () => ({
			containers: [...containers]
				.map(([id, { name, phase }]) => ({ id, name, phase }))
				.sort((a, b) => (a.name < b.name ? -1 : 1)),
			services: [...claims()]
				.map(([key, { service, entry, epoch: claimed, drainingUntilMs }]) => {
					const { id, name, address, port, health } = service;
					const found = standing.get(key);
					const stands = found?.entry.fingerprint === entry.fingerprint && found.epoch >= claimed;
					const state = stands ? "registered" : refused.get(key) === claimed ? "refused" : "pending";
					return {
						id,
						name,
						address,
						port,
						state,
						...(drainingUntilMs === undefined ? {} : { drainingUntilMs }),
						...(health === undefined ? {} : { health: health.status }),
					} as const;
				})
				.sort((a, b) => (a.id < b.id ? -1 : 1)),
		}),
	};
}

/** Undefined when the service does not drain: its container was not told to stop, or it does not want to. */
function drainingUntilMs({ drainingSinceMs }: ContainerRecord, { drainMs }: ServiceRegistration): number | undefined {
	return drainingSinceMs === undefined || drainMs === 0 ? undefined : drainingSinceMs + drainMs;
}
