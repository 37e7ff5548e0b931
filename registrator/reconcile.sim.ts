import { expect, test } from "vitest";
import { fakeRandom } from "../lib/env/fake.ts";
import type { ServiceHealth } from "./health.ts";
import type { Inspection, ListedContainer, Operation, RegistryEntry } from "./reconcile.ts";
import { entryOf, reconcilerOfHost, registration } from "./testing/registrations.ts";

/**
 * Docker and a registry that lie in every way they can: events are lost, doubled, late and in the wrong order, answers are old
 * when they come, writes fail with and without effect, the daemon restarts with new ports, the registry forgets everything.
 *
 * After quiet time the registry equals Docker (others' entries untouched), and no removal was ever planned of an entry whose
 * container runs, once any news of that very run (its start event, an inspection made in it) had come. Each entry's health is
 * its container's, and nothing drains whose run was not told to stop.
 */
const eventsPerSeed = 10_000;
const seeds = Array.from({ length: 10 }, (_, index) => index + 1);

const delayMax = 40;
const stopSignal = 15;
const others = [entryOf(registration("x", 1, "otherhost:x:80")), entryOf(registration("x", 1, "plain-id"))];

interface SimulatedContainer {
	readonly id: string;
	readonly name: string;
	running: boolean;
	/** Tells its runs apart. */
	startedAt: number;
	port: number;
	health: ServiceHealth["status"];
	/** Its stop signal was sent to it in this run. */
	toldToStop: boolean;
	/** The `startedAt` of the newest run of which news has come. */
	knownRun: number;
}

function simulate(seed: number) {
	const { next: random } = fakeRandom(seed);
	const below = (limit: number) => Math.floor(random() * limit);
	const chance = (probability: number) => random() < probability;
	const reconciler = reconcilerOfHost(true, true);
	const docker = new Map<string, SimulatedContainer>();
	const registry = new Map<string, RegistryEntry>(
		[...others, entryOf(registration("left", 80))].map((e) => [e.key, e]),
	);
	const conditions = new Map<string, { draining: boolean; health: string }>();
	const agenda = new Map<number, (() => void)[]>();
	let now = 1;
	let faults = true;
	let events = 0;
	let made = 0;
	let removals = 0;

	const at = (delay: number, action: () => void) => {
		const due = now + Math.max(1, delay);
		agenda.set(due, [...(agenda.get(due) ?? []), action]);
	};
	const late = () => (faults ? below(delayMax) : 1);

	const news = (deliver: () => void) => {
		events++;
		if (faults && chance(0.2)) return;
		at(late(), deliver);
		if (faults && chance(0.1)) at(late(), deliver);
	};

	const startContainer = (container: SimulatedContainer) => {
		container.running = true;
		container.startedAt = now;
		container.port = 8000 + below(1000);
		container.health = "critical";
		container.toldToStop = false;
		const time = now;
		news(() => {
			container.knownRun = Math.max(container.knownRun, time);
			ask(reconciler.started(container.id, container.name, time));
		});
	};
	const stopContainer = (container: SimulatedContainer) => {
		container.running = false;
		const time = now;
		news(() => reconciler.died(container.id, time, false));
	};

	const signalContainer = (container: SimulatedContainer) => {
		const stopping = chance(0.7);
		container.toldToStop ||= stopping;
		const time = now;
		news(() => reconciler.signalled(container.id, stopping ? stopSignal : 1, time));
	};
	const changeHealth = (container: SimulatedContainer) => {
		container.health = container.health === "passing" ? "critical" : "passing";
		news(() => {
			const inspection = reconciler.changed(container.id);
			if (inspection !== undefined) ask(inspection);
		});
	};

	// As container-watch.ts does: one question per container at a time, then the newest that came meanwhile.
	const waiting = new Map<string, Inspection | undefined>();
	const ask = (inspection: Inspection) => {
		const { containerId } = inspection;
		const busy = waiting.has(containerId);
		waiting.set(containerId, busy ? inspection : undefined);
		if (busy) return;
		at(late(), () => {
			const container = docker.get(containerId);
			const answer =
				container?.running === true
					? {
							name: container.name,
							startedAtMs: container.startedAt,
							stopSignal,
							services: [serviceOf(container)],
						}
					: undefined;
			const lost = faults && chance(0.05);
			at(late(), () => {
				const next = waiting.get(containerId);
				waiting.delete(containerId);
				if (!lost) {
					if (container !== undefined) container.knownRun = Math.max(container.knownRun, answer?.startedAtMs ?? 0);
					reconciler.inspected(inspection, answer);
				}
				if (next !== undefined) ask(next);
			});
		});
	};

	const listDocker = (missedEvents: boolean) => {
		const generation = reconciler.listingBegins();
		at(late(), () => {
			const listed = [...docker.values()]
				.filter(({ running }) => running)
				.map(
					({ id, name, port, health }): ListedContainer => ({
						id,
						name,
						state: "running",
						digest: `${port} ${health}`,
					}),
				);
			at(late(), () => {
				for (const inspection of reconciler.dockerListed(generation, listed, { missedEvents })) ask(inspection);
			});
		});
	};
	const listRegistry = () => {
		const generation = reconciler.listingBegins();
		at(late(), () => {
			const entries = [...registry.values()];
			const draining = new Set(entries.map(({ key }) => key).filter((key) => conditions.get(key)?.draining));
			at(late(), () => {
				reconciler.registryListed(generation, entries, draining);
				reconciler.forgetRefusals();
			});
		});
	};

	const checkPlanned = ({ kind, entry }: Operation) => {
		if (kind !== "deregister") return;
		removals++;
		for (const { name, running, startedAt, knownRun } of docker.values()) {
			const known = running && knownRun === startedAt && entry.id === `host:${name}:80`;
			expect(known, `seed ${seed}, time ${now}: removal of ${entry.id}, which is known to run`).toBe(false);
		}
	};
	const perform = (operation: Operation) => {
		checkPlanned(operation);
		at(late(), () => {
			const fate = faults ? random() : 1;
			if (fate >= 0.1) write(operation);
			const outcome = fate < 0.05 || (fate >= 0.1 && fate < 0.15) ? "unreachable" : fate < 0.1 ? "refused" : "done";
			at(late(), () => reconciler.finished(operation, outcome));
		});
	};
	const write = (operation: Operation) => {
		const { entry } = operation;
		if (operation.kind === "register") {
			// As Consul does: what checks say of a service outlives its being registered again.
			const before = registry.has(entry.key) ? conditions.get(entry.key) : undefined;
			conditions.set(entry.key, before ?? { draining: false, health: operation.service.health?.status ?? "" });
			registry.set(entry.key, entry);
			return;
		}
		if (operation.kind === "condition") {
			const known = conditions.get(entry.key);
			const { drain, health } = operation.change;
			if (known === undefined) return;
			if (drain !== undefined) known.draining = drain !== "ended";
			if (health !== undefined) known.health = health.status;
			return;
		}
		registry.delete(entry.key);
		conditions.delete(entry.key);
	};

	const somethingHappens = () => {
		const all = [...docker.values()];
		const container = all[below(all.length)];
		const dice = random();
		if (container === undefined || (dice < 0.1 && all.length < 30)) {
			const id = `c${++made}`;
			// Names come back with other containers, as with `docker compose up`.
			const taken = new Set(all.map(({ name }) => name));
			const name = Array.from({ length: 31 }, (_, index) => `n${index}`).find((free) => !taken.has(free)) ?? id;
			const created = {
				id,
				name,
				running: false,
				startedAt: 0,
				port: 0,
				health: "critical" as const,
				toldToStop: false,
				knownRun: 0,
			};
			docker.set(id, created);
			startContainer(created);
		} else if (dice < 0.2) {
			if (container.running) stopContainer(container);
			docker.delete(container.id);
			news(() => reconciler.destroyed(container.id));
		} else if (dice < 0.3) {
			if (container.running) changeHealth(container);
		} else if (dice < 0.4) {
			if (container.running) signalContainer(container);
		} else if (dice < 0.995) {
			if (container.running) stopContainer(container);
			else startContainer(container);
		} else if (dice < 0.998) {
			registry.clear();
			conditions.clear();
			for (const entry of others) registry.set(entry.key, entry);
			at(late(), listRegistry);
		} else {
			// The daemon restarts: nobody hears of it, then the stream opens anew.
			for (const each of all.filter(({ running }) => running)) {
				each.startedAt = now;
				each.toldToStop = false;
				each.port = 8000 + below(1000);
			}
			at(late(), () => listDocker(true));
		}
	};

	const tick = () => {
		now++;
		const due = agenda.get(now) ?? [];
		agenda.delete(now);
		for (const action of due) action();
		for (const operation of reconciler.plan(4)) perform(operation);
	};

	listDocker(true);
	listRegistry();
	while (events < eventsPerSeed) {
		if (chance(0.15)) somethingHappens();
		if (now % delayMax === 0) {
			listDocker(false);
			listRegistry();
		}
		tick();
	}
	// Missed restarts as the last thing: only what a listing shows of them can tell.
	for (const container of docker.values()) {
		if (!container.running || chance(0.5)) continue;
		container.startedAt = now;
		container.port = 8000 + below(1000);
		container.toldToStop = false;
	}
	faults = false;
	for (let quiet = 0; quiet < 10 * delayMax; quiet++) {
		if (now % delayMax === 0) {
			listDocker(false);
			listRegistry();
		}
		tick();
	}
	const wanted = [...docker.values()]
		.filter(({ running }) => running)
		.map(({ name, port }) => entryOf(registration(name, port)));
	for (const { name, running, health, toldToStop } of docker.values()) {
		if (!running) continue;
		const { draining, health: told } = conditions.get(`host:${name}:80`) ?? { draining: false, health: "absent" };
		expect(told, `seed ${seed}: health of ${name}`).toBe(health);
		expect(draining && !toldToStop, `seed ${seed}: ${name} drains though nobody told it to stop`).toBe(false);
	}
	return { registry: sorted([...registry.values()]), wanted: sorted([...others, ...wanted]), removals };
}

function serviceOf({ name, port, health }: SimulatedContainer) {
	return { ...registration(name, port), health: { status: health, output: "" } };
}

function sorted(entries: readonly RegistryEntry[]): string[] {
	return entries.map(({ key, fingerprint }) => `${key}@${fingerprint}`).sort();
}

test.each(seeds)("seed %d: after quiet time the registry equals Docker", (seed) => {
	const { registry, wanted, removals } = simulate(seed);
	expect(registry, `seed ${seed}`).toEqual(wanted);
	expect(removals).toBeGreaterThan(1000);
});
