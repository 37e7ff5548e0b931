import { readFile } from "node:fs/promises";
import type { Client } from "../../client/index.ts";
import type { Clock, Random } from "../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log/index.ts";
import type { HaproxyBackendConfig, HaproxyConfig } from "../config/index.ts";
import { textOfBytes } from "../gotmpl/index.ts";
import { parseInfo, parseServers } from "./answers.ts";
import { type Backend, createBackend } from "./backend.ts";
import { followInstances, instancesDependency } from "./catalog.ts";
import { featuresOf } from "./features.ts";
import { instancesOf } from "./instances.ts";
import { createPropagation } from "./propagation.ts";
import { ask, socketText } from "./runtime-socket.ts";
import { parseSections } from "./section.ts";
import { type Server, takesRequests } from "./server.ts";
import type { BackendStatus, HaproxyStatus } from "./status.ts";
import { type BackendGoal, createTarget, type Target } from "./target.ts";

export interface DriverWorld {
	readonly client: Client;
	readonly clock: Clock;
	readonly random: Random;
	readonly log: Logger;
	readonly waitMs: number;
	/** HAProxy is only read, never told anything (`-dry`, `-no-commands`). */
	readonly passive: boolean;
	/** Ends when all is done (`-once`): the first answer is taken as it is. */
	readonly once: boolean;
	/** Makes the HAProxies of this configuration read their file again; undefined: there is no command for it. */
	readonly reload: (() => Promise<void>) | undefined;
}

/** The server lines of a backend, with a number that rises when they change. */
export interface ServerLines {
	readonly text: string;
	readonly version: number;
}

/** One `haproxy` block at work. */
export interface Driver {
	readonly config: HaproxyConfig;
	start(): void;
	/** The lines of a backend once `version` is passed; undefined when `waitMs` is over or `signal` aborted. */
	lines(backend: string, version: number, waitMs: number, signal: AbortSignal): Promise<ServerLines | undefined>;
	/** Why there are no lines of a backend yet; undefined when there are, and for backends of others. */
	waitsFor(backend: string): string | undefined;
	/** Its HAProxies were told to read their file again. */
	reloaded(): void;
	/** Resolves when everything known is in effect where HAProxy can be reached, or after `timeoutMs`. */
	settled(timeoutMs: number): Promise<void>;
	status(): HaproxyStatus;
	close(): Promise<void>;
}

interface Part {
	readonly config: HaproxyBackendConfig;
	readonly backend: Backend;
	readonly propagation: ReturnType<typeof createPropagation>;
	goal: BackendGoal | undefined;
	lines: ServerLines | undefined;
	/** Why instances were left out. */
	leftOut: readonly string[];
	catalogError: string | undefined;
	/** When the last answer came, and that of which the generation is made. */
	receivedAtMs: number;
	changedAtMs: number;
	/** Sockets that have not got the generation yet. */
	open: Set<string>;
	appliedAtMs: number | undefined;
}

/** The pause between two reloads because HAProxy lacks something. */
const reloadPauseMs = 10_000;

/** Error: `DEPENDENCY_FORMAT` (a backend's `service`). */
export function createDriver(config: HaproxyConfig, world: DriverWorld): Driver {
	const { clock, log } = world;
	const owned = config.file !== undefined;
	const abort = new AbortController();
	const parts = new Map<string, Part>(
		config.backends.map((backend) => {
			instancesDependency(backend.service);
			return [backend.name, newPart(backend, createBackend(backend, owned))];
		}),
	);
	const adds = new Map<string, boolean>();
	const waiting = new Set<() => void>();
	let reloadedAtMs = Number.NEGATIVE_INFINITY;
	let reloads = 0;
	let started: Promise<void> | undefined;
	const sockets = config.sockets.map((address) => ({
		name: socketText(address),
		ask: (command: string) => ask(address, command, config.timeoutMs),
	}));
	const targets: Target[] = sockets.map(({ name, ask }) =>
		createTarget({
			socket: name,
			clock,
			log,
			ask,
			pollMs: config.pollMs,
			goals: () => goals(),
			onProcess: (info, { addsServers }) => {
				adds.set(name, addsServers);
				log.debug(`haproxy at ${name}: version ${info.version}, pid ${info.pid}`);
				for (const part of parts.values()) if (part.backend.learn(canAdd() ?? false)) publish(part);
			},
			onServers: (servers) => {
				if (owned) return;
				for (const part of parts.values()) {
					part.backend.adopt(servers.get(part.config.name), undefined, canAdd());
					publish(part);
				}
			},
			onApplied: (backend, generation) => {
				const part = parts.get(backend);
				if (part === undefined || part.goal?.generation !== generation || !part.open.delete(name)) return;
				if (part.open.size > 0) return;
				part.appliedAtMs = clock.nowMs();
				part.propagation.observe((clock.monotonicMs() - part.changedAtMs) / 1000);
				wakeWaiting();
			},
			onAddRefused: (backend, answer) => {
				const part = parts.get(backend);
				if (part?.backend.refuseAdding(`HAProxy cannot add servers here: ${answer}`) !== true) return;
				log.warn(`haproxy backend ${backend}: uses slots from now on, since HAProxy answered: ${answer}`);
				publish(part);
			},
			onFailed: wakeWaiting,
			onLacking: (lacking) => void reloadFor(lacking),
		}),
	);

	/** Undefined: no HAProxy has answered yet. */
	function canAdd(): boolean | undefined {
		return adds.size === 0 ? undefined : [...adds.values()].every((can) => can);
	}

	function goals(): ReadonlyMap<string, BackendGoal> {
		return new Map([...parts].flatMap(([name, { goal }]) => (goal === undefined ? [] : [[name, goal] as const])));
	}

	function wakeWaiting(): void {
		for (const wake of [...waiting]) wake();
	}

	/** A backend has changed: tells the sockets and who writes the file. */
	function publish(part: Part): void {
		const { name, serverLine } = part.config;
		const servers = part.backend.servers();
		const text = part.backend.text();
		if (servers === undefined || text === undefined) return;
		const { mayAdd } = part.backend.status();
		const before = part.goal;
		if (before === undefined || before.mayAdd !== mayAdd || !isSame(before.servers, servers)) {
			part.goal = {
				servers,
				mayAdd,
				options: serverLine,
				checked: /(?:^|\s)check(?:\s|$)/.test(serverLine),
				foreignWeights: /(?:^|\s)agent-check(?:\s|$)/.test(serverLine),
				generation: (before?.generation ?? 0) + 1,
			};
			part.changedAtMs = part.receivedAtMs;
			part.open = new Set(sockets.map((socket) => socket.name));
			if (!world.passive) for (const target of targets) target.wake(name);
		}
		if (part.lines?.text !== text) part.lines = { text, version: (part.lines?.version ?? 1) + 1 };
		wakeWaiting();
	}

	async function reloadFor(lacking: readonly string[]): Promise<void> {
		const nowMs = clock.monotonicMs();
		if (world.reload === undefined || nowMs - reloadedAtMs < reloadPauseMs) return;
		reloadedAtMs = nowMs;
		log.warn(`haproxy: reloads, since the running process has no ${lacking.slice(0, 5).join(", ")}`);
		try {
			await world.reload();
			reloads++;
			for (const target of targets) target.reloaded();
		} catch (error) {
			log.error(`haproxy: reload: ${errorMessage(error)}`);
		}
	}

	/** What HAProxy has, from the first socket that answers; undefined from none. */
	async function runningNow() {
		for (const socket of sockets) {
			try {
				const { addsServers } = featuresOf(parseInfo(await socket.ask("show info")).version);
				return { addsServers, servers: parseServers(await socket.ask("show servers state")) };
			} catch (error) {
				log.debug(errorMessage(error));
			}
		}
		return undefined;
	}

	async function begin(): Promise<void> {
		const running = await runningNow();
		const file = owned ? await readFile(config.file ?? "").then(textOfBytes, () => "") : "";
		const sections = new Map(parseSections(file).map((section) => [section.backend, section]));
		const had = (servers: readonly Server[] = []) => servers.some(takesRequests);
		for (const [name, part] of parts) {
			part.backend.adopt(running?.servers.get(name), sections.get(name), running?.addsServers);
		}
		if (!world.passive) for (const target of targets) target.start();
		await Promise.all(
			[...parts].map(([name, part]) => follow(part, had(running?.servers.get(name) ?? sections.get(name)?.servers))),
		);
	}

	function follow(part: Part, hadServers: boolean): Promise<void> {
		const { name, service, emptyHoldMs } = part.config;
		return followInstances({
			client: world.client,
			clock,
			random: world.random,
			waitMs: world.waitMs,
			service,
			emptyHoldMs,
			hadServers: hadServers && !world.once && !world.passive,
			signal: abort.signal,
			onInstances(records) {
				const { instances, leftOut } = instancesOf(records);
				for (const reason of leftOut)
					if (!part.leftOut.includes(reason)) log.warn(`haproxy backend ${name}: ${reason}`);
				part.leftOut = leftOut;
				part.catalogError = undefined;
				part.receivedAtMs = clock.monotonicMs();
				const slots = part.backend.status().slots;
				part.backend.update(instances);
				const { slots: now } = part.backend.status();
				if (now > slots && slots > 0) log.warn(`haproxy backend ${name}: ${slots} slots are too few; now ${now}`);
				publish(part);
			},
			onError(message) {
				if (message !== undefined && message !== part.catalogError) {
					log.warn(`haproxy backend ${name}: ${message}; the servers stay as they are`);
				}
				part.catalogError = message;
			},
			onHeld() {
				part.catalogError = "the agent has no instances any more; that is not believed yet (empty_hold)";
				log.warn(`haproxy backend ${name}: ${part.catalogError}`);
			},
		});
	}

	function backendStatus({ config: { name, service }, ...part }: Part): BackendStatus {
		const { mode, reason, slots, homeless } = part.backend.status();
		const servers = part.goal?.servers ?? [];
		const count = (state: string) => servers.filter((server) => server.state === state).length;
		return {
			Name: name,
			Service: service,
			Mode: mode,
			Reason: reason ?? null,
			Slots: slots,
			Ready: count("ready"),
			Draining: count("drain"),
			Homeless: homeless,
			LeftOut: part.leftOut,
			Applied: part.goal !== undefined && part.open.size === 0,
			WaitsFor: part.goal === undefined ? ["catalog"] : [...part.open],
			ChangedAt: part.appliedAtMs === undefined ? null : new Date(part.appliedAtMs).toISOString(),
			Error: part.catalogError ?? null,
			Propagation: part.propagation.read(),
		};
	}

	return {
		config,
		start() {
			started ??= begin().catch((error: unknown) => log.error(`haproxy: ${errorMessage(error)}`));
		},
		async lines(backend, version, waitMs, signal) {
			const part = parts.get(backend);
			if (part === undefined)
				throw new DiscoError("HAPROXY_BACKEND_UNKNOWN", `no haproxy block has a backend "${backend}"`);
			const seen = () => (part.lines !== undefined && part.lines.version > version ? part.lines : undefined);
			await until(() => seen() !== undefined, waitMs, signal);
			return seen();
		},
		waitsFor(backend) {
			const part = parts.get(backend);
			if (part === undefined || part.lines !== undefined) return undefined;
			return part.catalogError ?? "the agent has not told yet which instances the service has";
		},
		reloaded() {
			reloads++;
			for (const target of targets) target.reloaded();
		},
		async settled(timeoutMs) {
			if (world.passive) return;
			const failed = () => targets.map((target) => target.status()).filter(({ error }) => error !== undefined);
			await until(
				() => {
					const unreached = new Set(failed().map(({ socket }) => socket));
					return [...parts.values()].every(
						({ open, goal }) => goal !== undefined && [...open].every((socket) => unreached.has(socket)),
					);
				},
				timeoutMs,
				abort.signal,
			);
		},
		status: () => ({
			File: config.file ?? null,
			Reloads: reloads,
			Sockets: targets.map((target) => {
				const { socket, process, error, restored, commands, lacking } = target.status();
				return {
					Socket: socket,
					Version: process?.version ?? null,
					Pid: process?.pid ?? null,
					UptimeSeconds: process?.uptimeS ?? null,
					Restored: restored,
					Commands: commands,
					Lacking: lacking,
					Error: error ?? null,
				};
			}),
			Backends: [...parts.values()].map(backendStatus),
		}),
		async close() {
			abort.abort();
			wakeWaiting();
			await Promise.all([started, ...targets.map((target) => target.close())]);
		},
	};

	/** Resolves when `seen` is true, `waitMs` is over or `signal` aborted. */
	function until(seen: () => boolean, waitMs: number, signal: AbortSignal): Promise<void> {
		if (seen() || signal.aborted) return Promise.resolve();
		return new Promise((resolve) => {
			const done = () => {
				waiting.delete(look);
				timer.cancel();
				signal.removeEventListener("abort", done);
				resolve();
			};
			const look = () => {
				if (seen()) done();
			};
			const timer = clock.after(waitMs, done);
			signal.addEventListener("abort", done, { once: true });
			waiting.add(look);
		});
	}
}

function newPart(config: HaproxyBackendConfig, backend: Backend): Part {
	return {
		config,
		backend,
		propagation: createPropagation(),
		goal: undefined,
		lines: undefined,
		leftOut: [],
		catalogError: undefined,
		receivedAtMs: 0,
		changedAtMs: 0,
		open: new Set(),
		appliedAtMs: undefined,
	};
}

function isSame(before: BackendGoal["servers"], now: BackendGoal["servers"]): boolean {
	return JSON.stringify(before) === JSON.stringify(now);
}
