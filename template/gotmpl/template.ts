import type { Budget } from "./limits.ts";
import type { GoFunction, GoValue } from "./values.ts";

/** Names of the functions that a template may call; a `Set`, or the `Map` that is later given to `execute`. */
export type FunctionNames = { has(name: string): boolean };

/** The functions themselves, by name. Go's own (`printf`, `eq`, ...) are always there and may be replaced. */
export type TemplateFunctions = ReadonlyMap<string, GoFunction>;

/** What `parse` takes. */
export type ParseOptions = {
	/** Name of the template, used in error texts and by `{{template "NAME"}}`; may be empty. */
	readonly name: string;
	readonly text: string;
	/** Calling any other function than these and Go's own is a parse error. */
	readonly functions?: FunctionNames;
	/** `{{` when absent or empty. */
	readonly leftDelimiter?: string;
	/** `}}` when absent or empty. */
	readonly rightDelimiter?: string;
};

/** What a missing key of a map gives: no value, the zero value of the map's element type, or an error. */
export type MissingKey = "default" | "invalid" | "zero" | "error";

/** What `execute` takes. */
export type ExecuteOptions = {
	/** Dot at the start; no value when absent. */
	readonly data?: GoValue;
	readonly functions?: TemplateFunctions;
	readonly missingKey?: MissingKey;
	/** A fresh one with the default limits when absent. Share it with nested executions. */
	readonly budget?: Budget;
	/** Which defined template to execute; the text itself when absent. */
	readonly template?: string;
};

/** A parsed template; it does not change and may be executed any number of times. */
export type Template = {
	readonly name: string;
	/** Names of all templates that can be executed (`define`, `block`, and the text itself), in byte order. */
	readonly templates: readonly string[];
	/**
	 * The output. A function that executes templates (consul-template's `executeTemplate`) calls this again with
	 * `template` and the same `budget`.
	 *
	 * @throws TemplateError `TEMPLATE_EXECUTE`
	 */
	execute(options?: ExecuteOptions): string;
	/** The text as the parser understood it; parsing this again gives the same tree. */
	toString(): string;
};
