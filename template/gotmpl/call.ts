import { errorMessage } from "../../lib/errors.ts";
import type { Node } from "./nodes.ts";
import { fail, type State, Suspended } from "./state.ts";
import type { FuncType, GoType } from "./types.ts";
import { type GoValue, goValue, rawOf } from "./values.ts";

/** Type of the parameter that takes the argument at `index`. */
export function parameterType(type: FuncType, index: number): GoType {
	const { parameters, variadic } = type;
	const last = parameters.length - 1;
	return parameters[variadic && index > last ? last : index] as GoType;
}

/** Refuses a wrong number of arguments. `written`: how many stand in the template, without a pipeline's value. */
export function checkCount(state: State, name: string, type: FuncType, count: number, written: number): void {
	const wanted = type.parameters.length;
	if (type.variadic) {
		if (count < wanted - 1) {
			fail(state, `wrong number of args for ${name}: want at least ${wanted - 1} got ${written}`);
		}
	} else if (count !== wanted) fail(state, `wrong number of args for ${name}: want ${wanted} got ${count}`);
}

/** Calls a function or method with checked arguments. What it throws becomes an error at `node`. */
export function invoke(
	state: State,
	target: { readonly name: string; readonly node: Node; readonly type: FuncType; readonly call: unknown },
	receiver: readonly unknown[],
	values: readonly GoValue[],
): GoValue {
	const { type } = target;
	state.onCall?.(target.node.at, state.shared.get(state.executing));
	try {
		return callRaw(type, target.call, receiver, values);
	} catch (thrown) {
		if (thrown instanceof Suspended) throw thrown;
		state.node = target.node;
		return fail(state, `error calling ${target.name}: ${errorMessage(thrown)}`, thrown);
	}
}

/** Calls with values of the parameters' types; throws what the function throws. */
export function callRaw(
	type: FuncType,
	call: unknown,
	receiver: readonly unknown[],
	values: readonly GoValue[],
): GoValue {
	const raw = values.map((value, i) => (parameterType(type, i).kind === "interface" ? value : rawOf(value)));
	return goValue(type.result, (call as (...args: readonly unknown[]) => unknown)(...receiver, ...raw));
}
