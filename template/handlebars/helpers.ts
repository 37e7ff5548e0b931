import type { HelperDelegate, HelperOptions } from "handlebars";
import { errorMessage } from "../../lib/errors.ts";
import { type Logger, parseLogLevel } from "../../lib/log/index.ts";
import { mapSet, mapValues } from "../functions/index.ts";
import type { GoFunction, GoValue } from "../gotmpl/index.ts";
import { callFunction } from "./call.ts";
import { goOf, keysInOrder, plainOf, roundsMax } from "./plain.ts";
import { Paused, type Progress } from "./progress.ts";

/** What Handlebars gives a helper besides its arguments; `loc` is there since 4.7. */
type Options = HelperOptions & {
	readonly loc?: { readonly start: { readonly line: number; readonly column: number } };
};

/** An error of a helper with its place, in the form of Go's execution errors. */
export class HelperError extends Error {}

/**
 * Each template function as a helper. As a block it is `each` for a list and `with` for anything else. Without arguments a
 * field of that name in the context wins, so that data may have fields called `key` or `html`, and so does `@index` or `@key`.
 */
export function functionHelpers(
	functions: ReadonlyMap<string, GoFunction>,
	onCall: (place: { readonly line: number; readonly column: number }) => void,
	work: Work,
): Record<string, HelperDelegate> {
	const helpers: Record<string, HelperDelegate> = {};
	for (const [name, call] of functions) {
		helpers[name] = function (this: unknown, ...given: unknown[]) {
			const options = given.pop() as Options;
			const field = given.length === 0 ? ownField(name, this, options) : undefined;
			if (field !== undefined) return field.value;
			const { line = 0, column = 0 } = options.loc?.start ?? {};
			const result = work.progress.once(() => {
				onCall({ line, column: column + 1 });
				return located(name, options, () => plainOf(callFunction(name, call, given.map(goOf))));
			});
			return typeof options.fn === "function" ? asBlock(result, this, options, work) : result;
		};
	}
	return helpers;
}

/** Handlebars calls the helper `index` for `{{@index}}`, too, as it calls one for a field of its name. */
function ownField(name: string, context: unknown, options: Options): { readonly value: unknown } | undefined {
	for (const place of [context, options.data]) {
		if (isObject(place) && Object.hasOwn(place, name))
			return { value: (place as Readonly<Record<string, unknown>>)[name] };
	}
	return undefined;
}

/** `scratch` has methods in Go templates; here each is a helper. */
export function scratchHelpers(
	scratch: () => Map<string, GoValue>,
	{ progress: { once } }: Work,
): Record<string, HelperDelegate> {
	return {
		scratchKey: (key: unknown) => once(() => scratch().has(String(key))),
		scratchGet: (key: unknown) => once(() => plainOf(scratch().get(String(key)))),
		scratchSet: (key: unknown, value: unknown) =>
			once(() => {
				scratch().set(String(key), goOf(value));
				return "";
			}),
		scratchMapSet: (key: unknown, mapKey: unknown, value: unknown) =>
			once(() => mapSet(scratch(), String(key), String(mapKey), goOf(value))),
		scratchMapValues: (key: unknown) => once(() => mapValues(scratch(), String(key)).map(plainOf)),
	};
}

/** `{{log "text" level="warn"}}` goes to the program's log, never to standard output. */
export function logHelper(log: Logger, template: string, { progress }: Work): Record<string, HelperDelegate> {
	return {
		log: (...given: unknown[]) => {
			const { hash } = given.pop() as Options;
			const level = parseLogLevel(String(hash["level"] ?? "info")) ?? "info";
			progress.once(() => log[level](`${template}: ${given.map(String).join(" ")}`));
		},
	};
}

/** A rendering under way. */
export interface Work {
	readonly progress: Progress;
	/** What is left of the rounds that all loops of a rendering may have; each rendering begins with a new count. */
	roundsLeft: number;
}

/** Handlebars' `each`, but maps are visited in Go's order of keys. */
export function eachHelper(work: Work): Record<string, HelperDelegate> {
	return {
		each(this: unknown, ...given: unknown[]): string {
			const options = given.pop() as Options;
			const value = given[0];
			const list = typeof value === "function" ? undefined : value;
			return located("each", options, () => eachItem(list, this, options, work));
		},
	};
}

function eachItem(value: unknown, context: unknown, options: Options, work: Work): string {
	const items = itemsOf(value);
	if (items.length === 0) return options.inverse(context);
	work.progress.once(() => {
		work.roundsLeft -= items.length;
		if (work.roundsLeft < 0) throw new Error(`the loops of a rendering have more than ${roundsMax} rounds`);
	});
	// One frame for all rounds, as in Handlebars' own `each`.
	const data = Object.assign(Object.create(null) as object, options.data, { _parent: options.data });
	return work.progress.loop(items.length, (index) => {
		const [key, item] = items[index] as Item;
		Object.assign(data, { key, index, first: index === 0, last: index === items.length - 1 });
		return options.fn(item, { data, blockParams: [item, key] });
	});
}

type Item = readonly [key: string | number, value: unknown];

function itemsOf(value: unknown): readonly Item[] {
	if (Array.isArray(value)) return value.map((item, index) => [index, item]);
	if (!isObject(value)) return [];
	return keysInOrder(value).map((key) => [key, (value as Readonly<Record<string, unknown>>)[key]]);
}

function asBlock(result: unknown, context: unknown, options: Options, work: Work): string {
	if (Array.isArray(result)) return eachItem(result, context, options, work);
	const empty = result === null || result === undefined || result === false || result === "" || result === 0;
	return empty ? options.inverse(context) : options.fn(result, { data: options.data, blockParams: [result] });
}

function located<T>(name: string, options: Options, run: () => T): T {
	try {
		return run();
	} catch (error) {
		if (error instanceof HelperError || error instanceof Paused) throw error;
		const { line, column } = options.loc?.start ?? { line: 0, column: 0 };
		throw new HelperError(
			`:${line}:${column}: executing "" at <${name}>: error calling ${name}: ${errorMessage(error)}`,
			{
				cause: error,
			},
		);
	}
}

function isObject(value: unknown): value is object {
	return typeof value === "object" && value !== null;
}
