import type { Logger } from "../lib/log/index.ts";
import type { Dependency } from "./dependencies/index.ts";
import type { FunctionContext } from "./functions/index.ts";
import type { GoValue, Reads } from "./gotmpl/index.ts";
import type { Lookup, Rendering } from "./runner/index.ts";

/** What templates of both languages take from the program. */
export interface RenderingWorld {
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly nowMs: () => number;
	/** For templates that log. */
	readonly log: Logger;
	/** Of the `haproxy` blocks; absent without any. */
	readonly haproxyServers?: (backend: string) => Dependency;
	/** Behave as the reference where we are stricter by default. */
	readonly compat: boolean;
}

/** Where in a template's text, both counted from 1. */
export interface Place {
	readonly line: number;
	readonly column: number;
}

/** An offset in another file than the template's source. */
interface SharedPlace {
	readonly offset: number;
	readonly source: { readonly path: string; readonly text: string };
}

type AnyPlace = Place | SharedPlace | number;

/** Notes what a pass asks for, and gives it what has arrived. */
export interface Recorder {
	/** For `createFunctions`; `execute` is what the language does for `executeTemplate`. */
	readonly context: FunctionContext;
	/** A function of the template is about to be called there: dependencies it asks for are said to be used there. */
	called(place: AnyPlace): void;
	/** Which data a part of a pass asks for. */
	readonly reads: Omit<Reads, "isRead">;
	/** Runs one pass; not to be called before the former one has ended. */
	render(lookup: Lookup, execute: () => string | Promise<string>): Promise<Rendering>;
}

/** One per template. */
export function createRecorder(
	world: RenderingWorld,
	options: {
		/** The template's text, for places that are given as offsets in it. */
		readonly text: string;
		readonly sandboxPath: string | undefined;
		readonly executeNamed: (name: string, data: GoValue) => string;
	},
): Recorder {
	let lookup: Lookup = () => undefined;
	let used = new Map<string, Dependency>();
	let missing = new Map<string, Dependency>();
	let scratch = new Map<string, GoValue>();
	let places = new Map<string, AnyPlace>();
	let lastCall: AnyPlace = 0;
	let noted: Noted[] | undefined;

	function data(dependency: Dependency): unknown {
		const { id } = dependency;
		if (!used.has(id)) {
			used.set(id, dependency);
			places.set(id, lastCall);
		}
		const received = lookup(dependency);
		if (received === undefined) missing.set(id, dependency);
		noted?.push({ dependency, place: lastCall, received: received !== undefined, value: received?.value });
		return received?.value;
	}

	return {
		called(place) {
			lastCall = place;
		},
		context: {
			environment: world.environment,
			nowMs: world.nowMs,
			...(world.haproxyServers === undefined ? {} : { haproxyServers: world.haproxyServers }),
			sandboxPath: options.sandboxPath,
			sandboxesEffects: !world.compat,
			execute: options.executeNamed,
			scratch: () => scratch,
			data,
		},
		reads: {
			begin() {
				noted = [];
			},
			end() {
				const all = noted;
				noted = undefined;
				return all?.every(({ received }) => received) === true ? all : undefined;
			},
			same(reads) {
				for (const { dependency, place, value } of reads as readonly Noted[]) {
					lastCall = place;
					if (data(dependency) !== value) return false;
				}
				return true;
			},
		},
		async render(received, execute) {
			lookup = received;
			used = new Map();
			missing = new Map();
			scratch = new Map();
			places = new Map();
			noted = undefined;
			const result = await attempt(execute);
			const found = places;
			return {
				used: [...used.values()],
				missing: [...missing.values()],
				result,
				placeOf(id) {
					const place = found.get(id);
					if (typeof place === "number") return placeAt(options.text, place);
					return place !== undefined && "source" in place ? placeAt(place.source.text, place.offset) : place;
				},
				sourceOf(id) {
					const place = found.get(id);
					return typeof place === "object" && "source" in place ? place.source.path : undefined;
				},
			};
		},
	};
}

/** A look at a dependency. */
interface Noted {
	readonly dependency: Dependency;
	readonly place: AnyPlace;
	readonly received: boolean;
	readonly value: unknown;
}

function placeAt(text: string, offset: number): Place {
	const before = text.slice(0, offset);
	return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

async function attempt(execute: () => string | Promise<string>): Promise<Rendering["result"]> {
	try {
		return { text: await execute() };
	} catch (thrown) {
		return { failed: thrown instanceof Error ? thrown : new Error(String(thrown)) };
	}
}
