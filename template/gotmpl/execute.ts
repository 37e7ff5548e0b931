/** Statements: the part of execution that writes output. */
import { elementType, entriesOf, indirect, isNilValue, itemsOf } from "./access.ts";
import { evaluatePipe } from "./evaluate.ts";
import { quote } from "./format/quote.ts";
import { plainText } from "./format/value.ts";
import { type Action, type Branch, describe, type Invocation, type List, type Pipe, type Statement } from "./nodes.ts";
import { fail, findBinding, type State, step, write } from "./state.ts";
import { isTrue } from "./truth.ts";
import { type GoType, isInteger } from "./types.ts";
import { type GoValue, goValue, rawOf, type Typed, typeOf, typeText } from "./values.ts";

/** How a list of statements ended. */
type Outcome = "end" | "break" | "continue";

/** Executes statements with the given dot. */
export function executeList(state: State, dot: GoValue, list: List): Outcome {
	for (const statement of list) {
		const outcome = executeStatement(state, dot, statement);
		if (outcome !== "end") return outcome;
	}
	return "end";
}

function executeStatement(state: State, dot: GoValue, node: Statement): Outcome {
	step(state);
	state.node = node;
	switch (node.kind) {
		case "text":
			write(state, node.text);
			return "end";
		case "action":
			executeAction(state, dot, node);
			return "end";
		case "if":
		case "with":
			return executeCondition(state, dot, node);
		case "range":
			return executeRange(state, dot, node);
		case "template":
			executeInvocation(state, dot, node);
			return "end";
		case "break":
		case "continue":
			return node.kind;
	}
}

/** Writes the pipeline's value, unless it went into a variable. */
function executeAction(state: State, dot: GoValue, node: Action): void {
	const value = evaluatePipe(state, dot, node.pipe);
	if (node.pipe.variables.length > 0) return;
	state.node = node;
	const shown = indirect(value);
	const type = typeOf(shown);
	if ((type?.kind === "func" || type?.kind === "chan") && !type.methods.has("String") && !type.methods.has("Error")) {
		fail(state, `can't print ${describe(node)} of type ${typeText(shown)}`);
	}
	write(state, shown === undefined ? "<no value>" : plainText(shown));
}

function executeCondition(state: State, dot: GoValue, node: Branch): Outcome {
	const variables = state.bindings.length;
	const value = evaluatePipe(state, dot, node.pipe);
	let outcome: Outcome = "end";
	if (!isTrue(value)) outcome = node.otherwise === undefined ? "end" : executeList(state, dot, node.otherwise);
	else if (node.kind === "if") outcome = executeList(state, dot, node.body);
	else outcome = executeWith(state, value, undefined, node.body);
	state.bindings.length = variables;
	return outcome;
}

/** Executes a body with another dot. */
function executeWith(state: State, dot: GoValue, seenAs: GoType | undefined, body: List): Outcome {
	const outer = state.dotSeenAs;
	state.dotSeenAs = seenAs;
	const outcome = executeList(state, dot, body);
	state.dotSeenAs = outer;
	return outcome;
}

/** `{{template "name" pipe}}`: variables of the caller are not seen inside. */
function executeInvocation(state: State, dot: GoValue, node: Invocation): void {
	const list = state.definitions.get(node.name);
	if (list === undefined) fail(state, `template ${quote(node.name)} not defined`);
	const { budget } = state;
	if (budget.depthLeft === 0) fail(state, `exceeded maximum template depth (${budget.limits.depth})`);
	const value = node.pipe === undefined ? undefined : evaluatePipe(state, dot, node.pipe);
	const { executing, bindings } = state;
	budget.depthLeft--;
	state.executing = node.name;
	state.bindings = [{ name: "$", value, seenAs: undefined }];
	executeWith(state, value, undefined, list);
	state.bindings = bindings;
	state.executing = executing;
	budget.depthLeft++;
}

/** Executes the body once per element, or the `else` part when there is none. */
function executeRange(state: State, dot: GoValue, node: Branch): Outcome {
	const variables = state.bindings.length;
	const value = indirect(evaluatePipe(state, dot, node.pipe));
	const loop: Loop = { state, node, inner: state.bindings.length, count: 0 };
	iterate(loop, value);
	let outcome: Outcome = "end";
	if (loop.count === 0 && node.otherwise !== undefined) outcome = executeList(state, dot, node.otherwise);
	state.bindings.length = variables;
	// As in Go, a break in the else part ends this range, a continue goes on with the one around it.
	return outcome === "break" ? "end" : outcome;
}

type Loop = {
	readonly state: State;
	readonly node: Branch;
	/** Number of variables that exist when an iteration starts. */
	readonly inner: number;
	/** Iterations so far. */
	count: number;
};

function iterate(loop: Loop, value: GoValue): void {
	const type = typeOf(value);
	if (type === undefined) return;
	if (type.kind === "slice") iterateSlice(loop, value);
	else if (type.kind === "map") iterateMap(loop, value);
	else if (type.kind === "chan") iterateChannel(loop, value, type.elem);
	else if (type.kind === "func" && type.yields !== 0) iterateFunction(loop, value, type.parameters, type.yields);
	else if (isInteger(type.kind)) iterateCount(loop, value, type);
	else fail(loop.state, `range can't iterate over ${plainText(value)}`);
}

function iterateSlice(loop: Loop, value: GoValue): void {
	const elem = elementType(value);
	const seenAs = elem.kind === "interface" ? elem : undefined;
	itemsOf(value).every((item, i) => iteration(loop, i, goValue(elem, item), seenAs));
}

function iterateMap(loop: Loop, value: GoValue): void {
	const elem = elementType(value);
	const seenAs = elem.kind === "interface" ? elem : undefined;
	entriesOf(value).every(([key, element]) => iteration(loop, key, element, seenAs));
}

/** 0, 1, ... below the number. */
function iterateCount(loop: Loop, value: GoValue, type: GoType): void {
	refusePair(loop, value, "to ");
	const end = rawOf(value) as number | bigint;
	for (let i = 0; i < end; i++) if (!iteration(loop, undefined, goValue(type, i), undefined)) return;
}

function iterateChannel(loop: Loop, value: GoValue, elem: GoType): void {
	if (isNilValue(value)) return;
	let i = 0;
	for (const item of (value as Typed).raw as Iterable<unknown>) {
		if (!iteration(loop, i++, goValue(elem, item), undefined)) return;
	}
}

function iterateFunction(loop: Loop, value: GoValue, elements: readonly GoType[], yields: 1 | 2): void {
	if (yields === 1) refusePair(loop, value, "");
	const [first, second] = elements as readonly [GoType, GoType];
	const both = loop.node.pipe.variables.length > 1;
	for (const item of (rawOf(value) as () => Iterable<unknown>)()) {
		if (yields === 1) {
			if (!iteration(loop, undefined, goValue(first, item), undefined)) return;
			continue;
		}
		const [key, element] = item as readonly [unknown, unknown];
		const keyValue = goValue(first, key);
		const goes = both
			? iteration(loop, keyValue, goValue(second, element), undefined)
			: iteration(loop, undefined, keyValue, undefined);
		if (!goes) return;
	}
}

/** Numbers and iterators of single values have no index. Go's two texts differ by a word. */
function refusePair(loop: Loop, value: GoValue, to: string): void {
	if (loop.node.pipe.variables.length > 1) {
		fail(loop.state, `can't use ${plainText(value)} ${to}iterate over more than one variable`);
	}
}

/** One turn of the loop; false when it was the last one. */
function iteration(loop: Loop, index: GoValue, element: GoValue, seenAs: GoType | undefined): boolean {
	const { state, node, inner } = loop;
	step(state);
	loop.count++;
	bind(state, node.pipe, inner, index, element, seenAs);
	const outcome = executeWith(state, element, seenAs, node.body);
	state.bindings.length = inner;
	return outcome !== "break";
}

/** With two variables the first is the index; a single one is the element. */
function bind(
	state: State,
	pipe: Pipe,
	inner: number,
	index: GoValue,
	element: GoValue,
	seenAs: GoType | undefined,
): void {
	const { variables, assigns } = pipe;
	if (variables.length === 0) return;
	const { bindings } = state;
	const elementName = variables[variables.length - 1] as string;
	const target = assigns ? findBinding(state, elementName) : bindings[inner - 1];
	if (target !== undefined) {
		target.value = element;
		target.seenAs = seenAs;
	}
	if (variables.length < 2) return;
	const indexTarget = assigns ? findBinding(state, variables[0] as string) : bindings[inner - 2];
	if (indexTarget !== undefined) indexTarget.value = index;
}
