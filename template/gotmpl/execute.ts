/**
 * Statements: the part of execution that writes output. The stack of what is under way is ours and not JavaScript's, so that an
 * execution can be left between two statements and taken up again, and templates may nest as deep as in Go.
 */
import { indirect, itemsOf } from "./access.ts";
import { evaluatePipe } from "./evaluate.ts";
import { quote } from "./format/quote.ts";
import { plainText } from "./format/value.ts";
import { type Loop, startLoop } from "./loop.ts";
import { type Captured, capturedValues, recordOf } from "./memo.ts";
import {
	type Action,
	type Branch,
	describe,
	type Invocation,
	type Jump,
	type List,
	type Pipe,
	type Statement,
} from "./nodes.ts";
import { type Binding, fail, findBinding, type State, Suspended, step, write } from "./state.ts";
import { isTrue } from "./truth.ts";
import type { GoType } from "./types.ts";
import { type GoValue, rawOf, typeOf, typeText } from "./values.ts";

/** A list of statements under way. */
type Frame = {
	readonly list: List;
	/** The statement that is next. */
	next: number;
	dot: GoValue;
	/** As `Binding.seenAs`, for dot. */
	seenAs: GoType | undefined;
	/** Number of variables outside. */
	readonly variables: number;
	/** The body of a loop. */
	readonly loop?: Loop;
	/** The loop's text is to be remembered when it ends. */
	readonly recording?: Recording;
	/** The loop's turns are remembered one by one. */
	readonly turns?: Turns;
	/** The `else` part of a `range`: as in Go, a break in it ends this range, a continue goes on with the one around it. */
	readonly elseOfRange?: true;
	/** Of a `{{template}}`: what its caller goes on with. */
	readonly caller?: { readonly executing: string; readonly bindings: Binding[] };
};

type Recording = { readonly end: () => void };

type Turns = {
	readonly node: Branch;
	readonly captured: Captured;
	/** Of the turn under way: whether it is to be remembered. */
	end: ((keep: boolean) => void) | undefined;
};

/** An execution under way. */
export type Frames = Frame[];

/** To be driven by `advance`. */
export function framesOf(dot: GoValue, list: List): Frames {
	return [{ list, next: 0, dot, seenAs: undefined, variables: 1 }];
}

/** How many statements are executed between two looks at `pause`. */
const sliceSteps = 256;

/** Goes on until the end (true), or until `pause` says so (false). */
export function advance(state: State, frames: Frames, pause?: () => boolean): boolean {
	let untilLook = sliceSteps;
	for (;;) {
		const frame = frames[frames.length - 1];
		if (frame === undefined) return true;
		state.dotSeenAs = frame.seenAs;
		if (frame.next < frame.list.length) {
			if (!executeNext(state, frames, frame)) return false;
		} else endOfList(state, frames, frame);
		if (pause !== undefined && --untilLook === 0) {
			if (pause()) return false;
			untilLook = sliceSteps;
		}
	}
}

/** False when a function of the statement has not come to its end: then the statement is to be executed again. */
function executeNext(state: State, frames: Frames, frame: Frame): boolean {
	const place = frame.next++;
	const node = frame.list[place];
	if (node === undefined) return true;
	const variables = state.bindings.length;
	try {
		executeStatement(state, frames, frame, node);
	} catch (thrown) {
		if (!(thrown instanceof Suspended)) throw thrown;
		frame.next = place;
		state.bindings.length = variables;
		return false;
	}
	if (state.kept.length > 0) state.kept.length = 0;
	return true;
}

function executeStatement(state: State, frames: Frames, frame: Frame, node: Statement): void {
	step(state);
	state.node = node;
	switch (node.kind) {
		case "text":
			write(state, node.text);
			return;
		case "action":
			executeAction(state, frame.dot, node);
			return;
		case "if":
		case "with":
			executeCondition(state, frames, frame, node);
			return;
		case "range":
			executeRange(state, frames, frame, node);
			return;
		case "template":
			executeInvocation(state, frames, frame.dot, node);
			return;
		case "break":
		case "continue":
			jump(state, frames, node);
	}
}

/** The next turn of a loop, or back to what is around the list. */
function endOfList(state: State, frames: Frames, frame: Frame): void {
	const { loop } = frame;
	if (loop !== undefined) {
		state.bindings.length = loop.inner;
		if (nextTurn(state, frame, loop)) return;
	}
	leave(state, frames, frame);
}

function leave(state: State, frames: Frames, frame: Frame): void {
	frames.pop();
	if (frame.caller === undefined) state.bindings.length = frame.variables;
	else {
		state.bindings = frame.caller.bindings;
		state.executing = frame.caller.executing;
		state.budget.depthLeft++;
	}
	// A turn that was left by a break is one that ends the loop: its text is not all that it does.
	frame.turns?.end?.(false);
	frame.recording?.end();
}

/** Leaves what is inside the loop; then a break leaves the loop too, and a continue is as if the body had ended. */
function jump(state: State, frames: Frames, { kind }: Jump): void {
	for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
		if (kind === "continue" && frame.loop !== undefined) {
			frame.next = frame.list.length;
			return;
		}
		leave(state, frames, frame);
		if (kind === "break" && (frame.loop !== undefined || frame.elseOfRange === true)) return;
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

function executeCondition(state: State, frames: Frames, frame: Frame, node: Branch): void {
	const variables = state.bindings.length;
	const value = evaluatePipe(state, frame.dot, node.pipe);
	const { dot, seenAs } = frame;
	if (!isTrue(value)) {
		if (node.otherwise === undefined) state.bindings.length = variables;
		else frames.push({ list: node.otherwise, next: 0, dot, seenAs, variables });
	} else if (node.kind === "if") frames.push({ list: node.body, next: 0, dot, seenAs, variables });
	else frames.push({ list: node.body, next: 0, dot: value, seenAs: undefined, variables });
}

/** `{{template "name" pipe}}`: variables of the caller are not seen inside. */
function executeInvocation(state: State, frames: Frames, dot: GoValue, node: Invocation): void {
	const list = state.definitions.get(node.name);
	if (list === undefined) fail(state, `template ${quote(node.name)} not defined`);
	const { budget, executing, bindings } = state;
	if (budget.depthLeft === 0) fail(state, `exceeded maximum template depth (${budget.limits.depth})`);
	const value = node.pipe === undefined ? undefined : evaluatePipe(state, dot, node.pipe);
	budget.depthLeft--;
	frames.push({
		list,
		next: 0,
		dot: value,
		seenAs: undefined,
		variables: bindings.length,
		caller: { executing, bindings },
	});
	state.executing = node.name;
	state.bindings = [{ name: "$", value, seenAs: undefined }];
}

/** Executes the body once per element, or the `else` part when there is none. */
function executeRange(state: State, frames: Frames, outer: Frame, node: Branch): void {
	const variables = state.bindings.length;
	const value = indirect(evaluatePipe(state, outer.dot, node.pipe));
	const recording = recallOrRecord(state, node, value);
	if (recording === "written") {
		state.bindings.length = variables;
		return;
	}
	const loop = startLoop(state, node, value);
	const turns = recording === undefined && loop !== undefined ? turnsOf(state, node, value) : undefined;
	const frame: Frame = {
		list: node.body,
		next: 0,
		dot: undefined,
		seenAs: undefined,
		variables,
		...(loop === undefined ? {} : { loop }),
		...(recording === undefined ? {} : { recording }),
		...(turns === undefined ? {} : { turns }),
	};
	if (loop !== undefined && nextTurn(state, frame, loop)) {
		frames.push(frame);
		return;
	}
	recording?.end();
	if (node.otherwise === undefined) state.bindings.length = variables;
	else {
		const { dot, seenAs } = outer;
		frames.push({ list: node.otherwise, next: 0, dot, seenAs, variables, elseOfRange: true });
	}
}

/** Makes the frame ready for the next element; false when there is none. */
function nextTurn(state: State, frame: Frame, loop: Loop): boolean {
	const { turns } = frame;
	turns?.end?.(true);
	if (!loop.next()) return false;
	step(state);
	if (turns !== undefined && recallOrRecordTurn(state, turns, loop)) {
		// As if the body had been executed; the next turn comes after a look at `pause`.
		frame.next = frame.list.length;
		return true;
	}
	bind(state, loop.pipe, loop.inner, loop.index, loop.element, loop.seenAs);
	frame.dot = loop.element;
	frame.seenAs = loop.seenAs;
	frame.next = 0;
	return true;
}

/** Writes what the loop has written before; else begins to listen, where that may be of use. */
function recallOrRecord(state: State, node: Branch, value: GoValue): Recording | "written" | undefined {
	const { memo, budget, output } = state;
	if (memo === undefined || state.recording) return undefined;
	const list = rawOf(value);
	if (typeOf(value)?.kind !== "slice" || itemsOf(value).length === 0 || typeof list !== "object") return undefined;
	const names = memo.captures(node);
	const captured = names && capturedValues(names, (name) => findBinding(state, name));
	if (captured === undefined) return undefined;
	const known = memo.recall(node, list as object, captured);
	if (known !== undefined) {
		step(state, known.steps);
		write(state, known.text);
		return "written";
	}
	const start = output.length;
	const stepsBefore = budget.stepsLeft;
	state.recording = true;
	return {
		end() {
			state.recording = false;
			const text = output.splice(start).join("");
			output.push(text);
			memo.keep(node, list as object, { captured, text, steps: stepsBefore - budget.stepsLeft });
		},
	};
}

function turnsOf(state: State, node: Branch, value: GoValue): Turns | undefined {
	const { memo } = state;
	if (memo?.reads === undefined || state.recording || typeOf(value)?.kind !== "slice") return undefined;
	const names = memo.turnCaptures(node);
	const captured = names && capturedValues(names, (name) => findBinding(state, name));
	return captured && { node, captured, end: undefined };
}

/** True when the turn's text is known and written; else begins to listen, where that may be of use. */
function recallOrRecordTurn(state: State, turns: Turns, loop: Loop): boolean {
	const { memo, budget, output } = state;
	const over = recordOf(loop.element);
	if (memo?.reads === undefined || over === undefined) return false;
	const { node } = turns;
	const { reads } = memo;
	const captured = loop.pipe.variables.length > 1 ? [...turns.captured, loop.index] : turns.captured;
	const known = memo.recall(node, over, captured);
	if (known !== undefined && reads.same(known.reads)) {
		step(state, known.steps);
		write(state, known.text);
		return true;
	}
	const start = output.length;
	const stepsBefore = budget.stepsLeft;
	state.recording = true;
	reads.begin();
	turns.end = (keep) => {
		turns.end = undefined;
		state.recording = false;
		const read = reads.end();
		if (!keep || read === undefined) return;
		const text = output.splice(start).join("");
		output.push(text);
		memo.keep(node, over, { captured, text, steps: stepsBefore - budget.stepsLeft, reads: read });
	};
	return false;
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
