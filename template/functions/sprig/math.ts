import { randomInt } from "node:crypto";
import { type GoValue, goFunc } from "../../gotmpl/index.ts";
import type { FunctionFamily } from "../context.ts";
import { textOf } from "../values.ts";
import { countValue, floatValue, textValue, wholeValue } from "./convert.ts";

const whole = (value: bigint) => {
	const wrapped = BigInt.asIntN(64, value);
	return Number.isSafeInteger(Number(wrapped)) ? Number(wrapped) : wrapped;
};
const fold = (signature: string, combine: (a: bigint, b: bigint) => bigint) =>
	goFunc(signature, (...values: GoValue[]) => whole(values.map(wholeValue).reduce(combine)));
const foldFloat = (signature: string, combine: (a: number, b: number) => number) =>
	goFunc(signature, (...values: GoValue[]) => decimal(values.map(floatValue).reduce((a, b) => combine(a, b))));

/** sprig computes in decimals; at most 15 digits are kept so that 0.1 + 0.2 is 0.3. */
function decimal(value: number): number {
	return Number.isFinite(value) ? Number(value.toPrecision(15)) : value;
}

function nonZero(value: bigint): bigint {
	if (value === 0n) throw new Error("runtime error: integer divide by zero");
	return value;
}

const greater = fold("func(any, ...any) int64", (a, b) => (a > b ? a : b));

/** Numbers; anything that looks like one is taken. */
export const sprigMathFunctions: FunctionFamily = {
	atoi: goFunc("func(string) int", (text: string) => (/^[+-]?\d+$/.test(text) ? Number(text) : 0)),
	int: goFunc("func(any) int", (value: GoValue) => whole(wholeValue(value))),
	int64: goFunc("func(any) int64", (value: GoValue) => whole(wholeValue(value))),
	float64: goFunc("func(any) float64", floatValue),
	toDecimal: goFunc("func(any) int64", (value: GoValue) => {
		const text = textOf(value) ?? textValue(value);
		return /^[+-]?[0-7]+$/.test(text) ? Number.parseInt(text, 8) : 0;
	}),
	add: goFunc("func(...any) int64", (...values: GoValue[]) =>
		whole(values.map(wholeValue).reduce((a, b) => a + b, 0n)),
	),
	add1: goFunc("func(any) int64", (value: GoValue) => whole(wholeValue(value) + 1n)),
	sub: fold("func(any, any) int64", (a, b) => a - b),
	mul: fold("func(any, ...any) int64", (a, b) => a * b),
	div: fold("func(any, any) int64", (a, b) => a / nonZero(b)),
	mod: fold("func(any, any) int64", (a, b) => a % nonZero(b)),
	max: greater,
	biggest: greater,
	min: fold("func(any, ...any) int64", (a, b) => (a < b ? a : b)),
	add1f: goFunc("func(any) float64", (value: GoValue) => decimal(floatValue(value) + 1)),
	addf: goFunc("func(...any) float64", (...values: GoValue[]) =>
		decimal(values.map(floatValue).reduce((a, b) => a + b, 0)),
	),
	subf: foldFloat("func(any, ...any) float64", (a, b) => a - b),
	mulf: foldFloat("func(any, ...any) float64", (a, b) => a * b),
	divf: foldFloat("func(any, ...any) float64", (a, b) => {
		if (b === 0) throw new Error("decimal division by 0");
		return a / b;
	}),
	maxf: foldFloat("func(any, ...any) float64", Math.max),
	minf: foldFloat("func(any, ...any) float64", Math.min),
	ceil: goFunc("func(any) float64", (value: GoValue) => Math.ceil(floatValue(value))),
	floor: goFunc("func(any) float64", (value: GoValue) => Math.floor(floatValue(value))),
	round: goFunc("func(any, int, ...float64) float64", (value: GoValue, places: number, ...up: number[]) => {
		const roundOn = up[0] ?? 0.5;
		const scaled = 10 ** places * floatValue(value);
		const below = Math.trunc(scaled);
		const rest = decimal(scaled - below);
		return (rest >= roundOn ? Math.ceil(scaled) : Math.floor(scaled)) / 10 ** places;
	}),
	randInt: goFunc("func(int, int) int", (from: number, to: number) => {
		if (to <= from) throw new Error("invalid argument to Intn");
		return randomInt(from, to);
	}),
	until: goFunc("func(int) []int", (count: number) => steps(0, count, count < 0 ? -1 : 1)),
	untilStep: goFunc("func(int, int, int) []int", steps),
	seq: goFunc("func(...int) string", (...bounds: number[]) => sequence(bounds).join(" ")),
};

/** Largest list that `until` and `seq` make. */
const stepsMax = 10_000_000;

function steps(start: number, stop: number, step: number): number[] {
	if (step === 0 || (stop - start) / step <= 0) return [];
	if ((stop - start) / step > stepsMax) throw new Error(`a list of more than ${stepsMax} numbers is too long`);
	const numbers: number[] = [];
	for (let value = start; step > 0 ? value < stop : value > stop; value += step) numbers.push(value);
	return numbers;
}

/** As the `seq` program: to; from, to; from, step, to (the end included). */
function sequence(bounds: readonly number[]): number[] {
	const [first = 0, second = 0, third = 0] = bounds.map(countValue);
	const upTo = (from: number, to: number, step: number) => steps(from, to + Math.sign(step), step);
	if (bounds.length === 1) return upTo(1, first, first < 1 ? -1 : 1);
	if (bounds.length === 2) return upTo(first, second, second < first ? -1 : 1);
	if (bounds.length !== 3) return [];
	const wrongWay = third < first ? second > 0 : second < 0;
	return wrongWay ? [] : upTo(first, third, second);
}
