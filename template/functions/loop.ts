import { type GoValue, goFunc, isInteger, typeOf } from "../gotmpl/index.ts";
import type { FunctionFamily } from "./context.ts";
import { parseInteger } from "./parse.ts";
import { numberOf, textOf, typeName } from "./values.ts";

/** Counting. */
export const loopFunctions: FunctionFamily = {
	loop: goFunc("func(...any) (<-chan int64, error)", (...bounds: GoValue[]) => {
		if (bounds.length < 1 || bounds.length > 2) {
			throw new Error(`loop: wrong number of arguments, expected 1 or 2, but got ${bounds.length}`);
		}
		const numbers = bounds.map(bound);
		const [from, to] = numbers.length === 1 ? [0, numbers[0] ?? 0] : [numbers[0] ?? 0, numbers[1] ?? 0];
		return counting(from, to);
	}),
};

function* counting(from: number, to: number): Iterable<number> {
	for (let value = from; value < to; value++) yield value;
}

function bound(value: GoValue): number {
	const text = textOf(value);
	if (text !== undefined) return Number(parseInteger(text));
	const kind = typeOf(value)?.kind;
	if (kind === undefined || !isInteger(kind)) throw new Error(`loop: bad argument type: ${typeName(value)}`);
	return Number(numberOf(value));
}
