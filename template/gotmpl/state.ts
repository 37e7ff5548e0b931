import { byteLength } from "./bytes.ts";
import { TemplateError } from "./error.ts";
import { quote } from "./format/quote.ts";
import type { Budget } from "./limits.ts";
import type { Memo } from "./memo.ts";
import { describe, type List, type Node } from "./nodes.ts";
import type { GoType } from "./types.ts";
import type { GoFunction, GoValue } from "./values.ts";

/** A variable that exists while its part of the template is executed. */
export type Binding = {
	readonly name: string;
	value: GoValue;
	/** The interface type through which the value is seen, where there is one; only error texts tell the difference. */
	seenAs: GoType | undefined;
};

/** One execution: what it reads, what it has written, and where it is. */
export type State = {
	/** Name and text as given to `parse`, for the places in errors. */
	readonly name: string;
	readonly text: string;
	readonly definitions: ReadonlyMap<string, List>;
	readonly functions: ReadonlyMap<string, GoFunction>;
	/** Whether a name means one of Go's own functions here, so is not replaced by one of `functions`. */
	readonly isBuiltin: (name: string) => boolean;
	/** Where the defined templates stand that are not in `text`, by name. */
	readonly shared: ReadonlyMap<string, Source>;
	/** Hears of each function call, by its offset in the text (or in that of `shared`), before it happens. */
	readonly onCall: ((offset: number, shared: Source | undefined) => void) | undefined;
	readonly missingKey: "none" | "zero" | "error";
	readonly budget: Budget;
	readonly output: string[];
	/** The defined template that is executed now. */
	executing: string;
	/** The node that was entered last: where an error is said to be. */
	node: Node | undefined;
	/** The innermost is last. */
	bindings: Binding[];
	/** As `Binding.seenAs`, for dot. */
	dotSeenAs: GoType | undefined;
	/** What loops have written in earlier executions. */
	readonly memo: Memo | undefined;
	/** A loop under way is being remembered; those inside it need not be. */
	recording: boolean;
	/** See `Execution.kept`. */
	readonly kept: unknown[];
};

/** A named text. */
export type Source = { readonly name: string; readonly text: string };

/** Thrown by a template function that has not come to its end: the execution is left before the statement that calls it. */
export class Suspended extends Error {}

/** Stops the execution with an error at the current node. */
export function fail(state: State, reason: string, cause?: unknown): never {
	const { node, executing } = state;
	const { name, text } = state.shared.get(executing) ?? state;
	if (node === undefined) {
		throw new TemplateError({ kind: "exec", name, line: 0, reason, executing, cause }, `template: ${name}: ${reason}`);
	}
	const before = text.slice(0, node.at);
	const lineStart = before.lastIndexOf("\n") + 1;
	const line = before.split("\n").length;
	const column = byteLength(before.slice(lineStart));
	const at = describe(node);
	throw new TemplateError(
		{ kind: "exec", name, line, column, executing, at, reason, cause },
		`template: ${name}:${line}:${column}: executing ${quote(executing)} at <${at}>: ${reason}`,
	);
}

/** Counts steps of work. */
export function step(state: State, count = 1): void {
	state.budget.stepsLeft -= count;
	if (state.budget.stepsLeft < 0) {
		fail(state, `execution takes more than ${state.budget.limits.steps} steps (limit "steps")`);
	}
}

/** Adds to the output. */
export function write(state: State, text: string): void {
	state.budget.outputLeft -= text.length;
	if (state.budget.outputLeft < 0) {
		fail(state, `output is longer than ${state.budget.limits.outputLength} characters (limit "outputLength")`);
	}
	state.output.push(text);
}

/** The innermost variable of a name. */
export function findBinding(state: State, name: string): Binding {
	const { bindings } = state;
	for (let i = bindings.length - 1; i >= 0; i--) {
		const binding = bindings[i];
		if (binding?.name === name) return binding;
	}
	return fail(state, `undefined variable: ${name}`);
}
