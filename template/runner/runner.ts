import { isDeepStrictEqual } from "node:util";
import type { Timer } from "../../lib/env/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import type { Dependency } from "../dependencies/index.ts";
import { createPacer } from "./pacer.ts";
import { createQuiescence, type Quiescence } from "./quiescence.ts";
import { createStaleness, type Staleness } from "./staleness.ts";
import type { Rendering, Template } from "./template.ts";
import type { Counts, Runner, RunnerEnd, RunnerSettings, RunnerTemplate, TemplateReport, Waiting } from "./types.ts";

/** Errors of `write` that the next data may heal although nothing was written yet. */
const refusals: ReadonlySet<string> = new Set(["CHECK_FAILED", "DESTINATION_INVALID"]);

/** Executions that still lack data may take one part in so many of the time. */
const partialShare = 5;

/** When data have not come by then, the user is told what is waited for. */
const waitingNoticeMs = 5_000;

interface State {
	readonly spec: RunnerTemplate;
	/** Among the templates. */
	readonly position: number;
	/** What the last execution asked for. */
	used: readonly Dependency[];
	usedIds: ReadonlySet<string>;
	/** Those of them whose data had not arrived then. */
	waits: readonly Waiting[];
	/** Those of `waits` that have not arrived since. */
	pending: Set<string>;
	/** When the last execution ended, and how long it took. */
	executedAtMs: number;
	executionMs: number;
	/** Runs while some of what was missing has arrived and some not. */
	partial: Timer | undefined;
	counts: Counts;
	changedAtMs: number | undefined;
	/** Of the last attempt. */
	error: DiscoError | undefined;
	/** Data changed since the last execution, or all that it lacked has arrived. */
	dirty: boolean;
	/** The text that was written last. */
	text: string | undefined;
	/** The one before, for a roll-back. */
	formerText: string | undefined;
	/** Nothing that may change can heal it: it is not executed again. */
	dead: DiscoError | undefined;
	quiescence: Quiescence | undefined;
	/** The wait for calm is over: render now. */
	calm: boolean;
	readonly staleness: Staleness | undefined;
}

/**
 * The passes of RUNNER.md "Passes": execute what changed, watch what it asked for, write what is complete, run the commands of
 * what was changed. Deterministic: the world comes in through `received` and goes out through the settings.
 */
export function createRunner(settings: RunnerSettings): Runner {
	const values = new Map<string, { readonly value: unknown }>();
	/** Dependencies whose last read has failed, with the time of the first failure in a row. */
	const unconfirmed = new Map<string, number>();
	const states = settings.templates.map(
		(spec, position): State => ({
			staleness: stalenessOf(spec, position),
			spec,
			position,
			used: [],
			usedIds: new Set(),
			waits: [],
			pending: new Set(),
			executedAtMs: 0,
			executionMs: 0,
			partial: undefined,
			counts: { rendered: 0, refused: 0, rolledBack: 0, failed: 0 },
			changedAtMs: undefined,
			error: undefined,
			dirty: true,
			text: undefined,
			formerText: undefined,
			dead: undefined,
			quiescence: undefined,
			calm: false,
		}),
	);
	let wake: (() => void) | undefined;
	let woken = false;
	let end: RunnerEnd | undefined;
	let waitingNotice: Timer | undefined;
	/** Of a command that failed without ending the runner; `once` ends with it when all is done. */
	let commandError: DiscoError | undefined;
	const pacer = createPacer(settings.clock);
	/** What arrives while a template is executed, which must see the data of one moment; undefined: none is. */
	let arrivals: (readonly [id: string, value: unknown])[] | undefined;

	const signal = () => {
		woken = true;
		wake?.();
	};
	const finish = (how: RunnerEnd) => {
		end ??= how;
		signal();
	};
	const fail = (state: State, error: DiscoError, healsWithData: boolean) => {
		state.error = error;
		if (error.code === "CHECK_FAILED") state.counts.refused++;
		else state.counts.failed++;
		if (state.spec.errorFatal) finish({ kind: "failed", error, reported: false });
		else settings.onError(error);
		if (!healsWithData || settings.once || settings.parseOnly) state.dead = error;
	};

	/** One template's part of a pass; true when its file changed. */
	async function handle(state: State): Promise<boolean> {
		const { spec } = state;
		const rendering = await execute(state);
		state.used = rendering.used;
		state.waits = rendering.missing.map((dependency) => ({
			dependency,
			at: placeOf(spec.template, rendering, dependency.id),
		}));
		if (!settings.parseOnly) for (const dependency of watchedBy(state)) settings.watches.ensure(dependency);
		const failed = failureOf(rendering, settings.compat);
		if (failed !== undefined) {
			fail(state, failed, rendering.used.length > 0);
			return false;
		}
		if (rendering.missing.length > 0 || !("text" in rendering.result)) return false;
		const text = state.staleness?.stale() === true && spec.aging?.onStale === "empty" ? "" : rendering.result.text;
		if (settings.sharing?.leads(state.position) === true) settings.sharing.publish(state.position, shareable(state));
		if (waitsForCalm(state, text)) return false;
		if (text !== state.text && !(await isOfOneMoment(state))) return false;
		try {
			const { changed, silent = false } = await spec.write(text);
			state.formerText = state.text;
			state.text = text;
			state.error = undefined;
			if (changed) {
				state.counts.rendered++;
				state.changedAtMs = settings.clock.nowMs();
			}
			settings.onDebug(`${changed ? "rendered" : "nothing changed in"} ${spec.template.name}`);
			return changed && !silent;
		} catch (thrown) {
			const error = asDiscoError(thrown);
			// A destination that never could be written will not heal; one that could may, with the next change.
			const heals = state.text !== undefined || (refusals.has(error.code) && rendering.used.length > 0);
			fail(state, error, heals);
			return false;
		}
	}

	async function execute(state: State): Promise<Rendering> {
		const beganAtMs = settings.clock.monotonicMs();
		state.dirty = false;
		state.partial?.cancel();
		state.partial = undefined;
		arrivals = [];
		const rendering = await state.spec.template.execute((dependency) => values.get(dependency.id), pacer);
		state.executedAtMs = settings.clock.monotonicMs();
		state.executionMs = state.executedAtMs - beganAtMs;
		const arrivedMeanwhile = arrivals;
		arrivals = undefined;
		// Only now is it known what this execution asked for.
		state.usedIds = new Set(rendering.used.map(({ id }) => id));
		state.pending = new Set(rendering.missing.map(({ id }) => id));
		for (const [id, value] of arrivedMeanwhile) receive(id, value);
		reviewAge(state);
		return rendering;
	}

	function reviewAge({ staleness, usedIds }: State): void {
		if (staleness === undefined) return;
		const since = [...unconfirmed].flatMap(([id, sinceMs]) => (usedIds.has(id) ? [sinceMs] : []));
		staleness.review(since.length === 0 ? undefined : Math.min(...since));
	}

	function stalenessOf({ aging, template }: RunnerTemplate, position: number): Staleness | undefined {
		if (aging === undefined || settings.once || settings.parseOnly) return undefined;
		return createStaleness(settings.clock, aging.maxAgeMs, (stale) => {
			const state = states[position] as State;
			// What was never rendered is waited for, and told so.
			if (state.text === undefined) return;
			settings.onStale(template, stale);
			if (aging.onStale === "fail" && stale) {
				const error = new DiscoError("TEMPLATE_STALE", `${template.name}: its data are older than max_age`);
				finish({ kind: "failed", error, reported: false });
			}
			if (aging.onStale !== "empty") return;
			state.dirty = true;
			signal();
		});
	}

	/** Whether the template was made of data of one moment; if not, those of one moment are taken in for the next pass. */
	async function isOfOneMoment(state: State): Promise<boolean> {
		const { spec, used } = state;
		if (spec.snapshot === undefined) return true;
		// What came during the execution is in `values` and not in the text; `receive` has asked for another pass.
		if (state.dirty) return false;
		const before = used.map(({ id }) => values.get(id));
		const fresh = await spec.snapshot(used, (id) => values.get(id)?.value);
		if (fresh === undefined) return false;
		// What a watch brought meanwhile is newer than this reading and comes only once; `receive` has asked for another pass.
		if (used.some(({ id }, position) => values.get(id) !== before[position])) return false;
		const different = [...fresh].filter(([id, value]) => values.get(id)?.value !== value);
		for (const [id, value] of different) receive(id, value);
		return different.length === 0;
	}

	function receive(id: string, value: unknown): void {
		if (arrivals !== undefined) {
			arrivals.push([id, value]);
			return;
		}
		// Any registration moves the index of `services`, though its answer is mostly the same: an execution for nothing.
		const known = values.get(id);
		if (!settings.compat && known !== undefined && isDeepStrictEqual(known.value, value)) return;
		values.set(id, { value });
		for (const state of states) if (state.usedIds.has(id)) arrived(state, id);
		if (settings.compat || states.some(({ dirty }) => dirty)) signal();
	}

	/**
	 * What a large template lacks arrives in many pieces, and executing it for each would be for nothing. But what it asks for
	 * next may depend on the first of them, so it is not left for long.
	 */
	function arrived(state: State, id: string): void {
		const pauseMs = state.executedAtMs + state.executionMs * (partialShare - 1) - settings.clock.monotonicMs();
		if (!state.pending.delete(id) || state.pending.size === 0 || pauseMs <= 0) state.dirty = true;
		else {
			state.partial ??= settings.clock.after(pauseMs, () => {
				state.partial = undefined;
				state.dirty = true;
				signal();
			});
		}
	}

	/** What this program asks for itself: with `sharing` a follower looks only at what is local to the machine. */
	function watchedBy({ position, used }: State): readonly Dependency[] {
		if (settings.sharing === undefined || settings.sharing.leads(position)) return used;
		return used.filter(({ local }) => local === true);
	}

	function shareable({ used }: State): ReadonlyMap<string, unknown> {
		const others = used.filter(({ local }) => local !== true);
		return new Map(others.map(({ id }) => [id, values.get(id)?.value]));
	}

	function waitsForCalm(state: State, text: string): boolean {
		if (state.quiescence === undefined) return false;
		if (text === state.text) {
			state.quiescence.cancel();
			state.calm = false;
			return false;
		}
		if (state.calm) {
			state.calm = false;
			return false;
		}
		state.quiescence.tick();
		return true;
	}

	/** Commands of changed templates, equal ones once; then what they say about the files. */
	async function runCommands(changed: readonly State[]): Promise<void> {
		const ran = new Map<string, DiscoError | undefined>();
		let firstError: DiscoError | undefined;
		const report = (error: DiscoError) => {
			if (settings.commandFatal) firstError ??= error;
			else settings.onError(error);
			commandError ??= error;
		};
		for (const state of changed) {
			const { commandKey, runCommand } = state.spec;
			if (commandKey === undefined || ran.has(commandKey)) continue;
			const error = await errorOf(runCommand);
			ran.set(commandKey, error);
			if (error !== undefined) report(error);
		}
		for (const state of changed) {
			const { commandKey, verify, rollBack } = state.spec;
			let error = commandKey === undefined ? undefined : ran.get(commandKey);
			if (error === undefined && verify !== undefined) {
				error = await errorOf(verify);
				if (error !== undefined) report(error);
			}
			if (error === undefined) {
				await state.spec.settled?.();
				continue;
			}
			state.error = error;
			if (rollBack === undefined) continue;
			state.counts.rolledBack++;
			const failed = await errorOf(rollBack);
			if (failed !== undefined) report(failed);
			state.text = state.formerText;
			if (settings.once) state.dead = error;
		}
		if (firstError !== undefined) finish({ kind: "failed", error: firstError, reported: false });
	}

	function releaseUnused(): void {
		const used = new Set(
			states.flatMap((state) => (state.dead === undefined ? watchedBy(state).map(({ id }) => id) : [])),
		);
		for (const id of settings.watches.release(used)) {
			values.delete(id);
			unconfirmed.delete(id);
		}
	}

	async function pass(): Promise<void> {
		const changed: State[] = [];
		let executed = false;
		for (const state of states) {
			if (end !== undefined) return;
			const settled = state.dead !== undefined || (settings.once && state.text !== undefined);
			if (settled || !(state.dirty || settings.compat)) continue;
			executed = true;
			if (await handle(state)) changed.push(state);
		}
		if (executed && !settings.parseOnly) releaseUnused();
		await runCommands(changed);
		if (end !== undefined) return;
		await afterPass(changed.length > 0);
	}

	async function afterPass(changed: boolean): Promise<void> {
		const dead = states.filter(({ dead }) => dead !== undefined);
		const open = states.filter(({ dead, text }) => dead === undefined && text === undefined);
		if (settings.parseOnly || (settings.once && open.length === 0 && dead.length > 0)) {
			const error = dead[0]?.dead;
			finish(error === undefined ? { kind: "done" } : { kind: "failed", error, reported: true });
			return;
		}
		if (dead.length > 0 && dead.length === states.length && !settings.reloads) {
			finish({ kind: "failed", error: dead[0]?.dead as DiscoError, reported: true });
			return;
		}
		if (open.length > 0 || dead.length > 0) {
			if (open.length > 0) armWaitingNotice();
			return;
		}
		waitingNotice?.cancel();
		enableQuiescence();
		await settings.onRendered(changed);
		if (!settings.once) return;
		finish(commandError === undefined ? { kind: "done" } : { kind: "failed", error: commandError, reported: true });
	}

	function enableQuiescence(): void {
		for (const state of states) {
			const { wait } = state.spec;
			if (state.quiescence !== undefined || wait === undefined) continue;
			state.quiescence = createQuiescence(settings.clock, wait, () => {
				state.calm = true;
				state.dirty = true;
				signal();
			});
		}
	}

	function armWaitingNotice(): void {
		waitingNotice ??= settings.clock.after(waitingNoticeMs, () => {
			for (const state of states) {
				const waits = openWaits(state);
				if (waits.length > 0) settings.onWaiting(state.spec.template, waits);
			}
		});
	}

	return {
		async run() {
			woken = true;
			while (end === undefined) {
				if (woken) {
					woken = false;
					await pass();
					continue;
				}
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
				wake = undefined;
				// Whatever has arrived together is taken in together.
				await new Promise<void>((resolve) => settings.clock.after(0, resolve));
			}
			waitingNotice?.cancel();
			for (const { quiescence, partial, staleness } of states) {
				staleness?.close();
				quiescence?.cancel();
				partial?.cancel();
			}
			await settings.watches.close();
			return end;
		},
		received: receive,
		refresh() {
			for (const state of states) state.dirty = true;
			signal();
		},
		confirmed(id, whether) {
			if (whether === !unconfirmed.has(id)) return;
			if (whether) unconfirmed.delete(id);
			else unconfirmed.set(id, settings.clock.monotonicMs());
			for (const state of states) reviewAge(state);
		},
		watchFailed(dependency, error) {
			const users = states.filter(({ usedIds }) => usedIds.has(dependency.id));
			if (settings.compat || users.some(({ spec }) => spec.errorFatal)) {
				finish({ kind: "failed", error, reported: false });
				return;
			}
			settings.onError(error);
			for (const state of users) state.dead = error;
			signal();
		},
		expire: () => finish({ kind: "expired" }),
		report: () => states.map(reportOf),
		reloaded() {
			for (const state of states) {
				state.dirty = true;
				state.dead = undefined;
			}
			signal();
		},
		stop: () => finish({ kind: "stopped" }),
	};
}

function openWaits({ waits, pending }: State): readonly Waiting[] {
	return waits.filter(({ dependency }) => pending.has(dependency.id));
}

function reportOf(state: State): TemplateReport {
	const { spec, text, used, counts, changedAtMs, dead, error } = state;
	const failed = dead ?? error;
	const waits = openWaits(state);
	const aged = state.staleness?.stale() === true;
	return {
		name: spec.template.name,
		state:
			failed !== undefined
				? "failed"
				: text === undefined || waits.length > 0
					? "waiting"
					: aged
						? "stale"
						: "rendered",
		waits,
		dependencies: used.map(({ id }) => id),
		counts: { ...counts },
		changedAtMs,
		error: failed,
	};
}

function placeOf(template: Template, rendering: Rendering, id: string): string {
	const source = rendering.sourceOf?.(id) ?? template.name;
	const place = rendering.placeOf?.(id);
	return place === undefined ? source : `${source}:${place.line}:${place.column}`;
}

function failureOf(rendering: Rendering, compat: boolean): DiscoError | undefined {
	if (!("failed" in rendering.result)) return undefined;
	if (rendering.missing.length > 0 && !compat) return undefined;
	return asDiscoError(rendering.result.failed);
}

async function errorOf(action: () => Promise<void>): Promise<DiscoError | undefined> {
	try {
		await action();
		return undefined;
	} catch (thrown) {
		return asDiscoError(thrown);
	}
}

function asDiscoError(thrown: unknown): DiscoError {
	if (thrown instanceof DiscoError) return thrown;
	return new DiscoError("TEMPLATE_FAILED", thrown instanceof Error ? thrown.message : String(thrown), {
		cause: thrown,
	});
}
