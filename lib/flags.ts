import { tryParseDurationMs } from "./duration.ts";
import { DiscoError } from "./errors.ts";
import { nearest } from "./nearest.ts";

/**
 * One command-line option in Go's `flag` syntax, which all four peers use: `-name value`, `-name=value`, `--name value`.
 * Booleans stand alone or as `-name=false`. A `list` may be repeated. `duration` gives milliseconds.
 */
export interface FlagSpec {
	readonly kind: "bool" | "string" | "int" | "duration" | "list";
	/** One line of help. */
	readonly usage: string;
	/** What the value is called in the help text; `value` unless given. */
	readonly placeholder?: string;
	/** Other names of the same option (old spellings); not shown in the help text. */
	readonly aliases?: readonly string[];
	/** Taken but not shown in the help text. */
	readonly hidden?: boolean;
}

export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

type FlagValue<Spec extends FlagSpec> = Spec["kind"] extends "bool"
	? boolean
	: Spec["kind"] extends "int" | "duration"
		? number
		: Spec["kind"] extends "list"
			? readonly string[]
			: string;

export interface ParsedFlags<Specs extends FlagSpecs> {
	/** Only options that were given; a repeated one has its last value, a `list` all of them in order. */
	readonly values: { readonly [Name in keyof Specs]?: FlagValue<Specs[Name]> };
	/** Every option in the order given, for the few that act on what stands before them. */
	readonly inOrder: readonly { readonly name: keyof Specs & string; readonly text: string }[];
	/** Words from the first that is not an option (or after `--`) to the end. */
	readonly rest: readonly string[];
	/** `-h`, `-help` or `--help` was given (unless the specs define them). */
	readonly help: boolean;
}

/**
 * Reads options up to the first word that is none, as Go's `flag.Parse`.
 *
 * Errors: `FLAG_UNKNOWN`, `FLAG_VALUE_MISSING`, `FLAG_VALUE_INVALID`; each text names the option, the value and what is right.
 */
export function parseFlags<const Specs extends FlagSpecs>(args: readonly string[], specs: Specs): ParsedFlags<Specs> {
	const names = new Map<string, string>();
	for (const [name, spec] of Object.entries(specs)) {
		for (const spelling of [name, ...(spec.aliases ?? [])]) names.set(spelling, name);
	}
	const values: Record<string, unknown> = {};
	const inOrder: { name: string; text: string }[] = [];
	let position = 0;
	let help = false;
	while (position < args.length) {
		const word = args[position] ?? "";
		if (word === "--") {
			position++;
			break;
		}
		const match = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(word);
		if (match === null) break;
		position++;
		const spelling = match[1] ?? "";
		const name = names.get(spelling);
		if (name === undefined) {
			if (spelling === "h" || spelling === "help") {
				help = true;
				continue;
			}
			throw new DiscoError("FLAG_UNKNOWN", `unknown option -${spelling}${suggestion(spelling, names)}`);
		}
		const spec = specs[name] as FlagSpec;
		let text = match[2];
		if (text === undefined) {
			if (spec.kind === "bool") {
				text = "true";
			} else {
				text = args[position];
				if (text === undefined) throw new DiscoError("FLAG_VALUE_MISSING", `option -${spelling} needs a value`);
				position++;
			}
		}
		inOrder.push({ name, text });
		const value = parseValue(spec, spelling, text);
		if (spec.kind === "list") values[name] = [...((values[name] as string[] | undefined) ?? []), value];
		else values[name] = value;
	}
	return { values: values as ParsedFlags<Specs>["values"], inOrder, rest: args.slice(position), help };
}

/** What Go's `strconv.ParseBool` takes. */
export function parseBool(text: string): boolean | undefined {
	if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return true;
	if (/^(?:0|f|F|false|FALSE|False)$/.test(text)) return false;
	return undefined;
}

function parseValue(spec: FlagSpec, name: string, text: string): unknown {
	switch (spec.kind) {
		case "bool": {
			const value = parseBool(text);
			if (value === undefined) throw invalid(name, text, "true or false");
			return value;
		}
		case "int":
			if (!/^[+-]?\d+$/.test(text)) throw invalid(name, text, "a whole number");
			return Number(text);
		case "duration": {
			const value = tryParseDurationMs(text);
			if (value === undefined) throw invalid(name, text, "a duration such as 10s or 1m30s");
			return value;
		}
		case "string":
		case "list":
			return text;
	}
}

function invalid(name: string, text: string, wanted: string): DiscoError {
	return new DiscoError("FLAG_VALUE_INVALID", `option -${name}: "${text}" is not ${wanted}`);
}

/** ` (did you mean -x?)` when one known name is within two edits of the unknown one. */
function suggestion(unknown: string, names: ReadonlyMap<string, string>): string {
	const best = nearest(unknown, names.keys());
	return best === undefined ? "" : ` (did you mean -${best}?)`;
}

/** The options of a help text, two columns, in the order of the specs. */
export function flagsHelp(specs: FlagSpecs): string {
	const rows = Object.entries(specs)
		.filter(([, spec]) => spec.hidden !== true)
		.map(([name, spec]) => {
			const value =
				spec.kind === "bool" ? "" : ` <${spec.placeholder ?? (spec.kind === "list" ? "value" : spec.kind)}>`;
			return [`  -${name}${value}`, spec.usage] as const;
		});
	const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)));
	return rows
		.map(([left, usage]) =>
			left.length > width ? `${left}\n${" ".repeat(width + 2)}${usage}` : `${left.padEnd(width + 2)}${usage}`,
		)
		.join("\n");
}
