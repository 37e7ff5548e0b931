import { elementsOf, numberOf, textMap, textOf } from "../functions/index.ts";
import {
	assignable,
	type FuncType,
	type GoFunction,
	type GoType,
	type GoValue,
	goValue,
	isInteger,
	rawOf,
	typeOf,
} from "../gotmpl/index.ts";

/** Calls a template function with values as a Go template would: number of arguments and their types are checked. */
export function callFunction(name: string, call: GoFunction, args: readonly GoValue[]): GoValue {
	const { type } = call;
	const least = type.parameters.length - (type.variadic ? 1 : 0);
	if (args.length < least || (!type.variadic && args.length > least)) {
		const wanted = type.variadic ? `at least ${least}` : String(least);
		throw new Error(`wrong number of args for ${name}: want ${wanted} got ${args.length}`);
	}
	const raws = args.map((arg, position) => argument(arg, parameterType(type, position)));
	return goValue(type.result, (call.raw as (...raw: unknown[]) => unknown)(...raws));
}

function parameterType(type: FuncType, position: number): GoType {
	const last = type.parameters.length - 1;
	return type.parameters[Math.min(position, last)] as GoType;
}

/** What the function receives: its raw form where the type fits, with the few conversions that plain data need. */
function argument(value: GoValue, wanted: GoType): unknown {
	if (wanted.kind === "interface") return value;
	const type = typeOf(value);
	if (type !== undefined && assignable(type, wanted)) return rawOf(value);
	const converted = convert(value, wanted);
	if (converted === undefined)
		throw new Error(`wrong type for value; expected ${wanted.text}; got ${type?.text ?? "nil"}`);
	return converted;
}

/** Handlebars knows neither Go's kinds of numbers nor of lists; undefined when there is no sensible conversion. */
function convert(value: GoValue, wanted: GoType): unknown {
	if (wanted.kind === "string") return textOf(value);
	if (wanted.kind === "map") return textMap(value);
	if (wanted.kind === "slice") return elementsOf(value)?.map((element) => argument(element, wanted.elem));
	return isInteger(wanted.kind) || wanted.kind === "float64" ? numberOf(value) : undefined;
}
