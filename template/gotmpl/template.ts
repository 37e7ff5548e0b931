import { builtins } from "./builtins.ts";
import { compareTexts, joinTexts } from "./bytes.ts";
import { TemplateError } from "./error.ts";
import { advance, framesOf } from "./execute.ts";
import { quote } from "./format/quote.ts";
import { type Budget, newBudget } from "./limits.ts";
import { type Memo, newMemo, type Reads } from "./memo.ts";
import { describeList, isEmptyList, type List } from "./nodes.ts";
import { parseTemplates } from "./parse.ts";
import { fail, type Source, type State } from "./state.ts";
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
	/**
	 * Further texts, each a template of its name, whose definitions can be called. Where two define the same, the later counts,
	 * and `text` before all (unless its definition is empty, as in Go).
	 */
	readonly shared?: readonly Source[];
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
	/**
	 * Hears of each function call, by its offset in the text (or in that of `shared`), before it happens; the arguments are
	 * evaluated by then.
	 */
	readonly onCall?: (offset: number, shared: Source | undefined) => void;
	/** Of this template (`Template.memo`): loops over lists that it knows are not executed again. Values must not change then. */
	readonly memo?: Memo;
};

/** An execution that can be left and taken up again. */
export type Execution = {
	/**
	 * Goes on until the end (true), or until `pause` says so or a function throws `Suspended` (false). `pause` is asked every few
	 * hundred statements.
	 *
	 * @throws TemplateError `TEMPLATE_EXECUTE`
	 */
	advance(pause?: () => boolean): boolean;
	/** What was written, after the end. */
	output(): string;
	/**
	 * For functions that throw `Suspended`: what they keep for the statement under way, which is then executed again from its
	 * start. Empty when a statement begins for the first time.
	 */
	readonly kept: unknown[];
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
	/** The same, to be driven piece by piece. */
	start(options?: ExecuteOptions): Execution;
	/**
	 * For `ExecuteOptions.memo`. `isPure`: the function gives equal results for equal arguments, and changes nothing. With `reads`
	 * loops that read data are remembered turn by turn.
	 */
	memo(isPure: (name: string) => boolean, reads?: Reads): Memo;
	/** The text as the parser understood it; parsing this again gives the same tree. */
	toString(): string;
};

/**
 * Parses a template text once; the result can be executed any number of times.
 *
 * @throws TemplateError `TEMPLATE_PARSE`
 */
export function parse(options: ParseOptions): Template {
	const { name, text } = options;
	const definitions = new Map<string, List>();
	const shared = new Map<string, Source>();
	const main = { name, text };
	for (const source of [...(options.shared ?? []), main]) {
		const parsed = parseTemplates({
			...source,
			left: options.leftDelimiter || "{{",
			right: options.rightDelimiter || "}}",
			isFunction: (word) => builtins.has(word) || (options.functions?.has(word) ?? false),
		});
		for (const [defined, list] of parsed) {
			if (defined !== name && isEmptyList(list) && definitions.has(defined)) continue;
			definitions.set(defined, list);
			if (source === main) shared.delete(defined);
			else shared.set(defined, source);
		}
	}
	const start = (how: ExecuteOptions): Execution => startExecution(main, { definitions, shared }, how);
	return {
		name,
		templates: [...definitions.keys()].sort(compareTexts),
		start: (how = {}) => start(how),
		execute(how = {}) {
			const execution = start(how);
			execution.advance();
			return execution.output();
		},
		memo: (isPure, reads) => newMemo(definitions, isPure, reads),
		toString: () => describeTemplates(name, definitions),
	};
}

const noFunctions: TemplateFunctions = new Map();

function startExecution(
	{ name, text }: Source,
	{ definitions, shared }: Pick<State, "definitions" | "shared">,
	options: ExecuteOptions,
): Execution {
	const { functions = noFunctions, missingKey = "default", template = name } = options;
	const data = options.data ?? undefined;
	const state: State = {
		name,
		text,
		definitions,
		shared,
		functions,
		isBuiltin: (word) => builtins.has(word) && !functions.has(word),
		onCall: options.onCall,
		missingKey: missingKey === "zero" || missingKey === "error" ? missingKey : "none",
		budget: options.budget ?? newBudget(),
		output: [],
		executing: template,
		node: undefined,
		bindings: [{ name: "$", value: data, seenAs: undefined }],
		dotSeenAs: undefined,
		memo: options.memo,
		recording: false,
		kept: [],
	};
	const list = definitions.get(template);
	if (list === undefined) return fail(state, `no template ${quote(template)} associated with template ${quote(name)}`);
	const frames = framesOf(data, list);
	return {
		advance(pause) {
			try {
				return advance(state, frames, pause);
			} catch (thrown) {
				if (thrown instanceof TemplateError) throw thrown;
				// V8 has no other sign that the stack is used up; functions that execute templates without end come here.
				if (thrown instanceof RangeError)
					return fail(state, "exceeded maximum template depth (stack is used up)", thrown);
				throw thrown;
			}
		},
		output: () => joinTexts(state.output),
		kept: state.kept,
	};
}

/** Source of all templates; the text's own comes last, since `define` writes nothing. */
function describeTemplates(name: string, definitions: ReadonlyMap<string, List>): string {
	const parts: string[] = [];
	for (const [defined, list] of definitions) {
		if (defined !== name) parts.push(`{{define ${quote(defined)}}}${describeList(list)}{{end}}`);
	}
	return parts.join("") + describeList(definitions.get(name) ?? []);
}
