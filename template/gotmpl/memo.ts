/**
 * What loops have written, kept for the next execution: a loop over the same (never changing) list writes the same text again
 * when nothing in its body looks further than the element, its own variables and a few outer ones whose values are the same.
 *
 * With a thousand services of which one has changed, one loop of a thousand is executed; the text of the others is known.
 *
 * A loop whose body asks for data (`Reads`) is remembered turn by turn: a turn over the same element writes the same text again
 * when what it read is still the same.
 */
import { indirect } from "./access.ts";
import type { Branch, List, Operand, Pipe, Statement } from "./nodes.ts";
import { type GoValue, Typed } from "./values.ts";

/** One per template; hand it to every execution of that template. */
export type Memo = {
	/** Of a loop: the outer variables that its body reads; undefined when its text depends on more than these. */
	captures(loop: Branch): readonly string[] | undefined;
	/** The same of a single turn, whose body may read data; undefined as well when the turn's own loops are remembered better. */
	turnCaptures(loop: Branch): readonly string[] | undefined;
	/** `over`: the loop's list, or the turn's element. */
	recall(loop: Branch, over: object, captured: Captured): Remembered | undefined;
	keep(loop: Branch, over: object, remembered: Remembered): void;
	readonly reads: Reads | undefined;
};

/** What the template's functions read from outside, as far as it is noted by who provides them. */
export type Reads = {
	/** Whether the function's result depends on nothing but its arguments and on data that are noted here. */
	isRead(name: string): boolean;
	/** Notes from now on. */
	begin(): void;
	/** What was read since; undefined when something of it cannot be compared later. */
	end(): unknown;
	/** Reads what was noted once more; whether it all is the same as then. */
	same(noted: unknown): boolean;
};

/** What one run of a loop over one list came to. */
export type Remembered = {
	readonly captured: Captured;
	readonly text: string;
	/** Of the budget: a limit strikes at the same place whether or not the loop is remembered. */
	readonly steps: number;
	/** Of a turn: what it read (`Reads.end`). */
	readonly reads?: unknown;
};

/** Values of the outer variables, each a primitive or the raw of a struct. */
export type Captured = readonly unknown[];

/** `isPure`: the function gives equal results for equal arguments, does nothing else, and changes none of its arguments. */
export function newMemo(
	definitions: ReadonlyMap<string, List>,
	isPure: (name: string) => boolean,
	reads?: Reads,
): Memo {
	const captures = remembering((loop) => capturedBy(loop, definitions, isPure));
	const turnCaptures = remembering((loop) => {
		if (reads === undefined || captures(loop) !== undefined) return undefined;
		// An inner loop that reads in its body remembers its own turns, which are smaller.
		const allowed = (inner: Branch) => captures(inner) !== undefined;
		return capturedBy(loop, definitions, (name) => isPure(name) || reads.isRead(name), allowed);
	});
	/** By list, so that what was written goes when the data go. */
	const byList = new WeakMap<object, Map<Branch, Remembered>>();
	return {
		captures,
		turnCaptures,
		reads,
		recall(loop, over, captured) {
			const known = byList.get(over)?.get(loop);
			return known?.captured.every((value, position) => value === captured[position]) === true ? known : undefined;
		},
		keep(loop, over, remembered) {
			const loops = byList.get(over) ?? new Map<Branch, Remembered>();
			byList.set(over, loops.set(loop, remembered));
		},
	};
}

function remembering(find: (loop: Branch) => readonly string[] | undefined) {
	const found = new Map<Branch, readonly string[] | null>();
	return (loop: Branch) => {
		let known = found.get(loop);
		if (known === undefined) {
			known = find(loop) ?? null;
			found.set(loop, known);
		}
		return known ?? undefined;
	};
}

/** The values under these names, or undefined when one of them may change without becoming another value. */
export function capturedValues(
	names: readonly string[],
	find: (name: string) => { readonly value: GoValue },
): Captured | undefined {
	const values: unknown[] = [];
	for (const name of names) {
		const value: GoValue = find(name).value;
		if (typeof value !== "object" || value === null) values.push(value);
		else if (value instanceof Typed && isImmutable(value)) values.push(value.raw);
		else return undefined;
	}
	return values;
}

/** The record of an element (or of what it points to) that never changes; undefined for anything else. */
export function recordOf(element: GoValue): object | undefined {
	const target = indirect(element);
	if (!(target instanceof Typed) || !isImmutable(target)) return undefined;
	return typeof target.raw === "object" && target.raw !== null ? target.raw : undefined;
}

/** Structs without methods are records that came from outside; maps can be changed by `sprig_set`, stores by their methods. */
function isImmutable({ type }: Typed): boolean {
	return type.kind === "struct" && type.methods.size === 0;
}

/** Thrown inside the analysis only. */
class Impure extends Error {}

function capturedBy(
	loop: Branch,
	definitions: ReadonlyMap<string, List>,
	isPure: (name: string) => boolean,
	allowed: (inner: Branch) => boolean = () => true,
): readonly string[] | undefined {
	const captured = new Set<string>();
	const invoked = new Set<string>();

	function list(statements: List, outer: readonly string[]): void {
		const known = [...outer];
		for (const one of statements) statement(one, known);
	}

	/** `known`: variables of the body itself; declarations are added. */
	function statement(node: Statement, known: string[]): void {
		switch (node.kind) {
			case "text":
			case "break":
			case "continue":
				return;
			case "action":
				pipeline(node.pipe, known);
				return;
			case "if":
			case "with":
			case "range": {
				if (node.kind === "range" && !allowed(node)) throw new Impure();
				const inner = [...known];
				pipeline(node.pipe, inner);
				list(node.body, inner);
				if (node.otherwise !== undefined) list(node.otherwise, inner);
				return;
			}
			case "template": {
				if (node.pipe !== undefined) pipeline(node.pipe, known);
				const definition = definitions.get(node.name);
				if (definition === undefined || invoked.has(node.name)) throw new Impure();
				invoked.add(node.name);
				list(definition, ["$"]);
				invoked.delete(node.name);
			}
		}
	}

	function pipeline(pipe: Pipe, known: string[]): void {
		for (const { words } of pipe.commands) for (const word of words) operand(word, known);
		for (const name of pipe.variables) {
			if (!pipe.assigns) known.push(name);
			else if (!known.includes(name)) throw new Impure();
		}
	}

	function operand(node: Operand, known: string[]): void {
		if (node.kind === "identifier" && !isPure(node.name)) throw new Impure();
		if (node.kind === "variable" && !known.includes(node.name)) captured.add(node.name);
		if (node.kind === "chain") operand(node.start, known);
		if (node.kind === "pipe") pipeline(node, known);
	}

	if (loop.pipe.assigns) return undefined;
	try {
		list(loop.body, loop.pipe.variables);
	} catch (thrown) {
		if (thrown instanceof Impure) return undefined;
		throw thrown;
	}
	return [...captured];
}
