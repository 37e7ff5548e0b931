import type { Clock, Timer } from "../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log/index.ts";
import { isDone, type ProcessInfo, parseBackends, parseInfo, parseServers } from "./answers.ts";
import { type Features, featuresOf } from "./features.ts";
import { commandOf, type Goal, plan, type Step } from "./reconcile.ts";
import { optionsOf, type RunningServer } from "./server.ts";

/** What a backend should be, as the driver wants it. */
export interface BackendGoal extends Omit<Goal, "canAdd"> {
	/** Rises with each change. */
	readonly generation: number;
	/** Servers may be added and removed in this backend, if HAProxy can. */
	readonly mayAdd: boolean;
	/** What stands on each server's line behind the weight. */
	readonly options: string;
}

/** What is known of one HAProxy. */
export interface TargetStatus {
	readonly socket: string;
	readonly process: ProcessInfo | undefined;
	/** Why it is not reached, or why it is not as it should be. */
	readonly error: string | undefined;
	/** How often another process was found behind the socket and brought to the wanted state. */
	readonly restored: number;
	readonly commands: number;
	/** Backends and servers (`api`, `api/s1`) that the running process lacks and gets only by a reload. */
	readonly lacking: readonly string[];
}

export interface TargetSettings {
	/** For messages. */
	readonly socket: string;
	readonly clock: Clock;
	readonly log: Logger;
	/** One command, one answer; fails when there is none. */
	readonly ask: (command: string) => Promise<string>;
	/** How often it is looked whether the process is still the same. */
	readonly pollMs: number;
	readonly goals: () => ReadonlyMap<string, BackendGoal>;
	/** Another process is behind the socket than before (or the first one). */
	readonly onProcess: (info: ProcessInfo, features: Features) => void;
	/** What the other process had when it was found; before `onProcess`. */
	readonly onServers: (servers: ReadonlyMap<string, readonly RunningServer[]>) => void;
	/** The backend's running state is that of this generation. */
	readonly onApplied: (backend: string, generation: number) => void;
	/** A server could not be added, and this is what HAProxy said. */
	readonly onAddRefused: (backend: string, answer: string) => void;
	/** It is not reached or not as it should be; `status` says why. */
	readonly onFailed: () => void;
	/** The running process lacks what only a reload brings, though it has had time. */
	readonly onLacking: (lacking: readonly string[]) => void;
}

/** Keeps one HAProxy equal to the goals. */
export interface Target {
	/** Begins; `goals` may still be empty. */
	start(): void;
	/** The goal of this backend has changed. */
	wake(backend: string): void;
	/** It was told to reload: looks at once, and until another process answers. */
	reloaded(): void;
	status(): TargetStatus;
	/** Resolves when no command is under way. */
	close(): Promise<void>;
}

/** Every so many polls the whole state is compared, not only the process: somebody may have changed it by hand. */
const pollsPerComparison = 3;
/** Attempts to bring a backend to its goal before it is said that it cannot be done. */
const roundsMax = 3;
/** Servers that are removed in one poll at most. */
const removalsMax = 50;
/** After a reload the new process is looked for this often, and so long. */
const handoverPauseMs = 50;
const handoverMs = 10_000;
/** Refusals of `add server` that say nothing about the backend: another state than had just been read, or no right to change any. */
const passing = /^(?:Already exists|No such backend|Permission denied)/i;
/** A process started at another time is another process, though its number may be the same (containers). Uptime is whole seconds. */
const startToleranceMs = 2_500;

export function createTarget(settings: TargetSettings): Target {
	const { clock, log } = settings;
	let process: ProcessInfo | undefined;
	let startedAtMs = 0;
	let features: Features = { addsServers: false, experimental: false };
	let backends: ReadonlySet<string> = new Set();
	const dirty = new Set<string>();
	let everything = true;
	let polls = 0;
	let pollAtMs = Number.NEGATIVE_INFINITY;
	let handoverUntilMs = Number.NEGATIVE_INFINITY;
	const applied = new Map<string, number>();
	/** Per backend; what is in maintenance and may be removed when nothing uses it any more. */
	const removable = new Map<string, readonly string[]>();
	/** Cannot be removed at all, HAProxy said. */
	const fixed = new Set<string>();
	const lackingOf = new Map<string, readonly string[]>();
	let restored = 0;
	let commands = 0;
	let error: string | undefined;
	let closed = false;
	let wake: (() => void) | undefined;
	let running: Promise<void> | undefined;

	const lacking = () => [...lackingOf.values()].flat();

	async function told(command: string): Promise<string> {
		commands++;
		return (await settings.ask(command)).trim();
	}

	async function lookAtProcess(): Promise<void> {
		const info = parseInfo(await settings.ask("show info"));
		if (info.stopping) throw new DiscoError("HAPROXY_STOPPING", "is being replaced", { retryable: true });
		const nowMs = clock.monotonicMs();
		const start = nowMs - info.uptimeS * 1000;
		const same = process?.pid === info.pid && Math.abs(start - startedAtMs) < startToleranceMs;
		if (same) {
			process = info;
			return;
		}
		const present = parseBackends(await settings.ask("show backend"));
		const servers = await serversOf();
		const first = process === undefined;
		process = info;
		startedAtMs = start;
		features = featuresOf(info.version);
		everything = true;
		handoverUntilMs = Number.NEGATIVE_INFINITY;
		fixed.clear();
		applied.clear();
		backends = new Set(present);
		if (!first) {
			restored++;
			log.info(`haproxy at ${settings.socket}: a new process (${info.pid}) answers; its state is restored`);
		}
		settings.onServers(servers);
		settings.onProcess(info, features);
	}

	async function serversOf(backend?: string): Promise<ReadonlyMap<string, readonly RunningServer[]>> {
		return parseServers(await settings.ask(`show servers state${backend === undefined ? "" : ` ${backend}`}`));
	}

	/** Takes the steps up to the first that is refused; gives the refusal. */
	async function take(backend: string, goal: BackendGoal, steps: readonly Step[]): Promise<string | undefined> {
		for (const step of steps) {
			const command = commandOf(backend, step, (name) => optionsOf(name, goal.options));
			const answer = await told(
				step.kind === "add" && features.experimental ? `experimental-mode on; ${command}` : command,
			);
			if (isDone(answer)) continue;
			const [reason = ""] = answer.split("\n");
			if (step.kind === "add" && !passing.test(reason)) settings.onAddRefused(backend, reason);
			const advice = reason === "Permission denied" ? '; its "stats socket" line needs "level admin"' : "";
			return `"${command}" was answered: ${reason}${advice}`;
		}
		return undefined;
	}

	async function bring(backend: string, first: readonly RunningServer[]): Promise<void> {
		let now = first;
		let refusal: string | undefined;
		let generation: number | undefined;
		for (let round = 0; round < roundsMax; round++) {
			const goal = settings.goals().get(backend);
			if (goal === undefined) return;
			// Another goal, other steps.
			if (goal.generation !== generation) round = 0;
			generation = goal.generation;
			const canAdd = goal.mayAdd && features.addsServers;
			const next = plan(now, { ...goal, canAdd });
			lackingOf.set(
				backend,
				next.missing.map((name) => `${backend}/${name}`),
			);
			removable.set(backend, canAdd ? next.removable : []);
			if (next.steps.length === 0) {
				if (applied.get(backend) !== goal.generation) {
					applied.set(backend, goal.generation);
					if (next.missing.length === 0) settings.onApplied(backend, goal.generation);
				}
				return;
			}
			refusal = await take(backend, goal, next.steps);
			now = (await serversOf(backend)).get(backend) ?? [];
		}
		throw new DiscoError("HAPROXY_REFUSED", refusal ?? `backend ${backend} is not as it was told to be`);
	}

	async function remove(): Promise<void> {
		const all = [...removable].flatMap(([backend, names]) => names.map((name) => ({ backend, name })));
		for (const { backend, name } of all
			.filter((one) => !fixed.has(`${one.backend}/${one.name}`))
			.slice(0, removalsMax)) {
			// Whoever waits for requests comes first.
			if (dirty.size > 0) return;
			const command = `del server ${backend}/${name}`;
			const answer = await told(features.experimental ? `experimental-mode on; ${command}` : command);
			if (isDone(answer) || /^No such server/i.test(answer)) {
				removable.set(
					backend,
					(removable.get(backend) ?? []).filter((one) => one !== name),
				);
			}
			// Requests or idle connections are left: again at the next poll. Any other reason stays one.
			else if (!/connection|session|queue/i.test(answer)) fixed.add(`${backend}/${name}`);
		}
	}

	async function pass(): Promise<void> {
		const nowMs = clock.monotonicMs();
		const due = process === undefined || nowMs >= pollAtMs;
		if (due) {
			await lookAtProcess();
			pollAtMs = clock.monotonicMs() + settings.pollMs;
			polls++;
			if (polls % pollsPerComparison === 0) everything = true;
		}
		const goals = settings.goals();
		const names = everything ? [...goals.keys()] : [...dirty].filter((name) => goals.has(name));
		const only = names.length === 1 ? names[0] : undefined;
		everything = false;
		dirty.clear();
		try {
			const known = names.filter((name) => backends.has(name));
			for (const name of names) if (!backends.has(name)) lackingOf.set(name, [name]);
			if (known.length > 0) {
				const servers = await serversOf(only);
				for (const name of known) await bring(name, servers.get(name) ?? []);
			}
			if (due) await remove();
		} catch (thrown) {
			everything = true;
			throw thrown;
		}
		if (due && lacking().length > 0 && clock.monotonicMs() >= handoverUntilMs) settings.onLacking(lacking());
	}

	function idle(delayMs: number): Promise<void> {
		let timer: Timer | undefined;
		return new Promise<void>((resolve) => {
			wake = resolve;
			timer = clock.after(delayMs, resolve);
		}).finally(() => {
			timer?.cancel();
			wake = undefined;
		});
	}

	async function run(): Promise<void> {
		while (!closed) {
			let pauseMs = settings.pollMs;
			try {
				await pass();
				if (error !== undefined) log.info(`haproxy at ${settings.socket}: is as it should be again`);
				error = undefined;
				pauseMs = Math.max(0, pollAtMs - clock.monotonicMs());
			} catch (thrown) {
				const message = errorMessage(thrown);
				if (error !== message) log.warn(`haproxy at ${settings.socket}: ${message}`);
				error = message;
				settings.onFailed();
				if (thrown instanceof DiscoError && thrown.code === "HAPROXY_STOPPING") pauseMs = handoverPauseMs;
				pollAtMs = Number.NEGATIVE_INFINITY;
			}
			if (clock.monotonicMs() < handoverUntilMs) {
				pauseMs = Math.min(pauseMs, handoverPauseMs);
				pollAtMs = Number.NEGATIVE_INFINITY;
			} else if (handoverUntilMs > 0 && error === undefined) {
				handoverUntilMs = Number.NEGATIVE_INFINITY;
				// The new one may have been found before the command had ended.
				if ((process?.uptimeS ?? 0) * 1000 > handoverMs + startToleranceMs) {
					log.warn(`haproxy at ${settings.socket}: was told to reload, and the same process still answers`);
				}
			}
			if (closed || (dirty.size > 0 && error === undefined)) continue;
			await idle(pauseMs);
		}
	}

	return {
		start() {
			running ??= run();
		},
		wake(backend) {
			dirty.add(backend);
			wake?.();
		},
		reloaded() {
			everything = true;
			pollAtMs = Number.NEGATIVE_INFINITY;
			handoverUntilMs = clock.monotonicMs() + handoverMs;
			wake?.();
		},
		status: () => ({ socket: settings.socket, process, error, restored, commands, lacking: lacking() }),
		async close() {
			closed = true;
			wake?.();
			await running;
		},
	};
}
