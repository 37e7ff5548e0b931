/** Pipelines, commands and operands: the part of execution that gives values. */
import { elementType, indirect, isNilValue, mapElement } from "./access.ts";
import { checkArgument, literal, literalArgument, nilArgument } from "./arguments.ts";
import { builtins, callFunction } from "./builtins.ts";
import { checkCount, invoke, parameterType } from "./call.ts";
import { quote } from "./format/quote.ts";
import {
	type Chain,
	type Command,
	describe,
	type Identifier,
	type Node,
	type Operand,
	type Pipe,
	type Variable,
} from "./nodes.ts";
import { fail, findBinding, type State } from "./state.ts";
import { isTrue } from "./truth.ts";
import { anyType, assignable, type FuncType, type GoType, stringType } from "./types.ts";
import { type GoFunction, type GoValue, goValue, rawOf, Typed, typeOf, typeText } from "./values.ts";

/** Says that no value comes from the command before; `undefined` is a value. */
const nothing = Symbol("no value from the pipeline");
type Piped = GoValue | typeof nothing;

const noWords: readonly Operand[] = [];

/** The value of a pipeline; its variables get it too. Nil comes out as no value, as Go looks inside interfaces here. */
export function evaluatePipe(state: State, dot: GoValue, pipe: Pipe): GoValue {
	state.node = pipe;
	let value: Piped = nothing;
	for (const command of pipe.commands) {
		value = evaluateCommand(state, dot, command, value);
		if (value === null) value = undefined;
	}
	const result = value as GoValue;
	for (const name of pipe.variables) {
		if (pipe.assigns) {
			const binding = findBinding(state, name);
			binding.value = result;
			binding.seenAs = undefined;
		} else state.bindings.push({ name, value: result, seenAs: undefined });
	}
	return result;
}

function evaluateCommand(state: State, dot: GoValue, command: Command, piped: Piped): GoValue {
	const { words } = command;
	const first = words[0] as Operand;
	switch (first.kind) {
		case "field":
			state.node = first;
			return evaluatePath(state, dot, state.dotSeenAs, first, first.path, words, piped);
		case "identifier":
			return evaluateFunction(state, dot, first, command, words, piped);
		case "variable":
			return evaluateVariable(state, first, words, piped, dot);
		case "chain":
			return evaluateChain(state, dot, first, words, piped);
		case "pipe":
			refuseArguments(state, words, piped);
			return evaluatePipe(state, dot, first);
		case "dot":
			state.node = first;
			refuseArguments(state, words, piped);
			return dot;
		case "nil":
			state.node = first;
			refuseArguments(state, words, piped);
			return fail(state, "nil is not a command");
		case "bool":
		case "number":
		case "string":
			state.node = first;
			refuseArguments(state, words, piped);
			return literal(state, first);
	}
}

function refuseArguments(state: State, words: readonly Operand[], piped: Piped): void {
	if (words.length > 1 || piped !== nothing) {
		fail(state, `can't give argument to non-function ${describe(words[0] as Operand)}`);
	}
}

// ------------------------------------------------------------------------------------------------- fields

function evaluateVariable(
	state: State,
	node: Variable,
	words: readonly Operand[],
	piped: Piped,
	dot: GoValue,
): GoValue {
	state.node = node;
	const { value, seenAs } = findBinding(state, node.name);
	if (node.path.length > 0) return evaluatePath(state, value, seenAs, node, node.path, words, piped, dot);
	refuseArguments(state, words, piped);
	return value;
}

function evaluateChain(state: State, dot: GoValue, node: Chain, words: readonly Operand[], piped: Piped): GoValue {
	state.node = node;
	if (node.start.kind === "nil") fail(state, `indirection through explicit nil in ${describe(node)}`);
	const value = evaluateOperand(state, dot, node.start);
	const called = node.start.kind === "identifier" ? state.functions.get(node.start.name) : undefined;
	return evaluatePath(state, value, interfaceType(called?.type.result), node, node.path, words, piped, dot);
}

/** `.a.b.c` from `start`: only the last name can be a method with arguments. */
function evaluatePath(
	state: State,
	start: GoValue,
	startSeenAs: GoType | undefined,
	node: Node,
	path: readonly string[],
	words: readonly Operand[],
	piped: Piped,
	dot: GoValue = start,
): GoValue {
	let value = start;
	let seenAs = startSeenAs;
	const last = path.length - 1;
	for (let i = 0; i < last; i++) {
		const receiver = indirect(value);
		value = evaluateField(state, dot, value, receiver, seenAs, node, path[i] as string, noWords, nothing);
		seenAs = declaredType(receiver, path[i] as string);
	}
	return evaluateField(state, dot, value, indirect(value), seenAs, node, path[last] as string, words, piped);
}

/** The interface type that a map, field or method declares for what it gives, if it is one. */
function declaredType(container: GoValue, name: string): GoType | undefined {
	const type = typeOf(container);
	const declared =
		type?.kind === "struct" ? type.fields.get(name)?.type : type?.kind === "map" ? elementType(container) : undefined;
	return interfaceType(declared ?? type?.methods.get(name)?.type.result);
}

function interfaceType(type: GoType | undefined): GoType | undefined {
	return type?.kind === "interface" ? type : undefined;
}

/** A method, a field or the element under a key. `receiver` is what `value` points to. */
function evaluateField(
	state: State,
	dot: GoValue,
	value: GoValue,
	receiver: GoValue,
	seenAs: GoType | undefined,
	node: Node,
	name: string,
	words: readonly Operand[],
	piped: Piped,
): GoValue {
	if (value === undefined) {
		if (state.missingKey === "error") fail(state, `nil data; no entry for key ${quote(name)}`);
		return undefined;
	}
	const typeName = seenAs?.text ?? typeOf(value)?.text ?? anyType.text;
	if (value === null) return fail(state, `nil pointer evaluating ${typeName}.${name}`);
	const method = receiver instanceof Typed ? receiver.type.methods.get(name) : undefined;
	if (method !== undefined && !isNilValue(receiver)) {
		const values = evaluateArguments(state, dot, name, method.type, words, piped);
		return invoke(state, { name, node, type: method.type, call: method.call }, [rawOf(receiver)], values);
	}
	const hasArguments = words.length > 1 || piped !== nothing;
	const type = typeOf(receiver);
	if (type?.kind === "struct") {
		const field = type.fields.get(name);
		if (field !== undefined) {
			if (hasArguments) fail(state, `${name} has arguments but cannot be invoked as function`);
			return goValue(field.type, (rawOf(receiver) as Readonly<Record<string, unknown>>)[name]);
		}
	} else if (type?.kind === "map") {
		if (assignable(stringType, type.key)) {
			if (hasArguments) fail(state, `${name} is not a method but has arguments`);
			return evaluateKey(state, receiver, name);
		}
	} else if (type?.kind === "pointer") {
		// Only a nil pointer is left as a pointer. Without such a field that is what the error says.
		const known = type.elem.kind !== "struct" || type.elem.fields.has(name) || method !== undefined;
		if (known) fail(state, `nil pointer evaluating ${typeName}.${name}`);
	}
	return fail(state, `can't evaluate field ${name} in type ${typeName}`);
}

function evaluateKey(state: State, map: GoValue, name: string): GoValue {
	const element = mapElement(map, name);
	if (element !== undefined) return element.found;
	if (state.missingKey === "error") fail(state, `map has no entry for key ${quote(name)}`);
	return state.missingKey === "zero" ? goValue(elementType(map), undefined) : undefined;
}

// ---------------------------------------------------------------------------------------------- functions

/** `name arguments...`; errors of the function itself are said to be at `node`. */
function evaluateFunction(
	state: State,
	dot: GoValue,
	identifier: Identifier,
	node: Node,
	words: readonly Operand[],
	piped: Piped,
): GoValue {
	state.node = identifier;
	const { name } = identifier;
	const isBuiltin = state.isBuiltin(name);
	const target: GoFunction | undefined = isBuiltin ? builtins.get(name) : state.functions.get(name);
	if (target === undefined) return fail(state, `${quote(name)} is not a defined function`);
	const { type } = target;
	if (isBuiltin && (name === "and" || name === "or")) {
		checkArgumentCount(state, name, type, words, piped);
		return evaluateLogic(state, dot, name === "or", words, piped);
	}
	const values = evaluateArguments(state, dot, name, type, words, piped);
	if (isBuiltin && name === "call") {
		const callee = words.length > 1 ? describe(words[1] as Operand) : describeValue(values[0]);
		const call = (f: GoValue, ...rest: GoValue[]): GoValue => callFunction(callee, f, rest);
		return invoke(state, { name, node, type, call }, [], values);
	}
	return invoke(state, { name, node, type, call: target.raw }, [], values);
}

/** How Go names a function that came through the pipeline (`reflect.Value.String`). */
function describeValue(value: GoValue): string {
	return typeof value === "string" ? value : `<${value === undefined ? "invalid" : typeText(value)} Value>`;
}

/** The first argument that decides, or the last one. Those behind it are not evaluated. */
function evaluateLogic(
	state: State,
	dot: GoValue,
	decidingTruth: boolean,
	words: readonly Operand[],
	piped: Piped,
): GoValue {
	let value: GoValue;
	for (let i = 1; i < words.length; i++) {
		value = evaluateOperand(state, dot, words[i] as Operand);
		if (isTrue(value) === decidingTruth) return value;
	}
	return piped === nothing ? value : piped;
}

function checkArgumentCount(state: State, name: string, type: FuncType, words: readonly Operand[], piped: Piped): void {
	const written = Math.max(words.length - 1, 0);
	checkCount(state, name, type, written + (piped === nothing ? 0 : 1), written);
}

/** The words behind the first, and the pipeline's value as the last argument, each as its parameter wants it. */
function evaluateArguments(
	state: State,
	dot: GoValue,
	name: string,
	type: FuncType,
	words: readonly Operand[],
	piped: Piped,
): readonly GoValue[] {
	checkArgumentCount(state, name, type, words, piped);
	const values: GoValue[] = [];
	for (let i = 1; i < words.length; i++) {
		values.push(evaluateArgument(state, dot, words[i] as Operand, parameterType(type, i - 1)));
	}
	if (piped !== nothing) values.push(checkArgument(state, piped, parameterType(type, values.length)));
	return values;
}

function evaluateArgument(state: State, dot: GoValue, node: Operand, type: GoType): GoValue {
	state.node = node;
	if (node.kind === "nil") return nilArgument(state, type);
	if (node.kind === "bool" || node.kind === "number" || node.kind === "string")
		return literalArgument(state, node, type);
	return checkArgument(state, evaluateOperand(state, dot, node), type);
}

/** An operand that stands alone, so without arguments. */
function evaluateOperand(state: State, dot: GoValue, node: Operand): GoValue {
	state.node = node;
	switch (node.kind) {
		case "dot":
			return dot;
		case "nil":
			return undefined;
		case "bool":
		case "number":
		case "string":
			return literal(state, node);
		case "field":
			return evaluatePath(state, dot, state.dotSeenAs, node, node.path, noWords, nothing);
		case "variable":
			return evaluateVariable(state, node, noWords, nothing, dot);
		case "identifier":
			return evaluateFunction(state, dot, node, node, noWords, nothing);
		case "chain":
			return evaluateChain(state, dot, node, noWords, nothing);
		case "pipe":
			return evaluatePipe(state, dot, node);
	}
}
