import type { Clock } from "../../lib/env/index.ts";
import type { DiscoError } from "../../lib/errors.ts";
import type { Dependency } from "../dependencies/index.ts";
import type { Template } from "./template.ts";
import type { Watches } from "./watches.ts";

/** A template with what happens around its rendering. */
export interface RunnerTemplate {
	readonly template: Template;
	/** Whether a failing execution or write ends the runner. */
	readonly errorFatal: boolean;
	/** Quiescence of later renderings; undefined: none. */
	readonly wait?: { readonly minMs: number; readonly maxMs: number };
	/** What happens when data could not be confirmed for so long; undefined: they are never too old. */
	readonly aging?: { readonly maxAgeMs: number; readonly onStale: "keep" | "empty" | "fail" };
	/** Equal keys of one pass run once; undefined: no command. */
	readonly commandKey?: string;
	/**
	 * Reads data that belong together at one moment; gives those that may differ from what the template was made of, by id, and
	 * undefined when they are just changing. Absent: the data need not be of one moment.
	 */
	readonly snapshot?: (
		used: readonly Dependency[],
		valueFor: (id: string) => unknown,
	) => Promise<ReadonlyMap<string, unknown> | undefined>;
	/**
	 * Puts the text where it belongs; tells whether anything changed, and with `silent` that nobody needs to hear of it: no command
	 * runs. Throws a DiscoError.
	 */
	readonly write: (text: string) => Promise<{ readonly changed: boolean; readonly silent?: boolean }>;
	/** Runs the command of a changed template. Throws a DiscoError. */
	readonly runCommand: () => Promise<void>;
	/** After the command: whether what was written works. Throws a DiscoError when it does not. */
	readonly verify?: () => Promise<void>;
	/** The command and `verify` of a change have succeeded. */
	readonly settled?: () => Promise<void>;
	/** Undoes the last `write` after a failing command or `verify`; undefined: what was written stays. Throws a DiscoError. */
	readonly rollBack?: () => Promise<void>;
}

export interface RunnerSettings {
	readonly clock: Clock;
	readonly templates: readonly RunnerTemplate[];
	/** Calls back into `received` and `watchFailed`. */
	readonly watches: Watches;
	/** Render each template once, then end. */
	readonly once: boolean;
	/** Execute each template once without waiting for data, then end. */
	readonly parseOnly: boolean;
	/** Whether a failing command ends the runner. */
	readonly commandFatal: boolean;
	/**
	 * The reference executes every template on every change, and takes an error of a pass that lacks data for an error.
	 * Without this only templates whose data changed are executed, and such an error is awaited to heal.
	 */
	readonly compat: boolean;
	/** A template failed and the runner goes on. */
	readonly onError: (error: DiscoError) => void;
	/** All templates are rendered; `changed` when this pass changed a file. */
	readonly onRendered: (changed: boolean) => Promise<void>;
	/** One template has been waiting for data for a while. */
	readonly onWaiting: (template: Template, waits: readonly Waiting[]) => void;
	/** The data of a template have become older than they may, or (`stale` false) are confirmed again. */
	readonly onStale: (template: Template, stale: boolean) => void;
	/** Whether a template that failed for good may come back with another text (`reloaded`). */
	readonly reloads: boolean;
	readonly onDebug: (message: string) => void;
	/** De-duplication; undefined: this program asks for everything itself. */
	readonly sharing?: {
		/** Whether this program asks for the data of the template at `position` itself. */
		leads(position: number): boolean;
		/** A template that this program leads was made from these data. */
		publish(position: number, data: ReadonlyMap<string, unknown>): void;
	};
}

/** Data that a template waits for. */
export interface Waiting {
	readonly dependency: Dependency;
	/** `SOURCE:LINE:COLUMN` of the first use, counted from 1; the source alone when the place is not known. */
	readonly at: string;
}

/** What has become of one template. */
export interface TemplateReport {
	readonly name: string;
	/** `failed`: with the current data; what was written before is still in place. `stale`: its data are older than they may be. */
	readonly state: "waiting" | "rendered" | "failed" | "stale";
	readonly waits: readonly Waiting[];
	/** Ids of what it is made from. */
	readonly dependencies: readonly string[];
	/** How often it was written, refused by its limits, rolled back, and failed in another way. */
	readonly counts: Readonly<Counts>;
	/** Wall-clock time of the last change of its files. */
	readonly changedAtMs: number | undefined;
	/** Of the last attempt; undefined when that succeeded. */
	readonly error: DiscoError | undefined;
}

export interface Counts {
	rendered: number;
	refused: number;
	rolledBack: number;
	failed: number;
}

/** How a runner ended. */
export type RunnerEnd =
	| { readonly kind: "done" | "stopped" }
	/** `expire` was called while data were missing. */
	| { readonly kind: "expired" }
	/** `reported`: `onError` has heard of it already. */
	| { readonly kind: "failed"; readonly error: DiscoError; readonly reported: boolean };

export interface Runner {
	/** Resolves when everything is rendered (`once`), something fatal happened, or `stop` was called. */
	run(): Promise<RunnerEnd>;
	/** New data of the dependency with that id. */
	received(id: string, value: unknown): void;
	/** Who asks for which data has changed (`sharing`): every template is executed again. */
	refresh(): void;
	/** Whether the dependency's last read has succeeded. */
	confirmed(id: string, whether: boolean): void;
	/** A dependency that will not be asked again. */
	watchFailed(dependency: Dependency, error: DiscoError): void;
	/** Ends `run` with `expired`; the time for data to come is over. */
	expire(): void;
	/** Every template, in order. */
	report(): readonly TemplateReport[];
	/** Another text stands behind the templates from now on (hot reload): all are executed again, failed ones too. */
	reloaded(): void;
	/** Ends `run`; the pass under way is finished first. */
	stop(): void;
}
