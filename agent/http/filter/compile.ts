import { RE2JS } from "re2js";
import { DiscoError, errorMessage } from "../../../lib/errors.ts";
import type { Encodable } from "../../../lib/json/index.ts";
import type { Fields, FieldType } from "./schema.ts";
import type { Expression, Match } from "./syntax.ts";

export type Predicate = (value: Encodable) => boolean;

/**
 * Binds an expression to the fields of what it is asked of. Fails with `FILTER_INVALID` for a selector that does not exist, an
 * operator that the field does not have, and a value that is none of the field's type.
 */
export function compileFilter(expression: Expression, fields: Fields): Predicate {
	switch (expression.kind) {
		case "and":
		case "or": {
			const left = compileFilter(expression.left, fields);
			const right = compileFilter(expression.right, fields);
			return expression.kind === "and"
				? (value) => left(value) && right(value)
				: (value) => left(value) || right(value);
		}
		case "not": {
			const operand = compileFilter(expression.operand, fields);
			return (value) => !operand(value);
		}
		case "match": {
			const type = typeAt({ fields }, expression.selector);
			if (type === undefined) throw invalid(`Selector "${expression.selector.join(".")}" is not valid`);
			const test = compileMatch(expression, type);
			return (value) =>
				holds(expression, { value, type: { fields } }, 0, (field) => test(field) !== expression.negated);
		}
	}
}

/**
 * Follows the selector from its position `at`. Of a list it is enough that one element fits, also for `!=`; what a map lacks is
 * different from everything, empty, and matches any expression (measured).
 */
function holds(match: Match, { value, type }: Typed, at: number, test: FieldTest): boolean {
	const name = match.selector[at];
	if (name === undefined || typeof type !== "object") return test(value);
	if ("list" in type) {
		const element = type.list;
		if (element === "string" || !Array.isArray(value)) return false;
		return value.some((each: Encodable) => holds(match, { value: each, type: element }, at, test));
	}
	if ("fields" in type) {
		return holds(match, { value: memberOf(value, name), type: type.fields[name] ?? "string" }, at + 1, test);
	}
	if (value instanceof Map && value.has(name)) {
		return holds(match, { value: value.get(name), type: type.map }, at + 1, test);
	}
	return match.operator === "matches" || (match.operator === "empty") !== match.negated;
}

interface Typed {
	readonly value: Encodable | undefined;
	readonly type: FieldType;
}

function memberOf(value: Encodable | undefined, name: string): Encodable | undefined {
	if (typeof value !== "object" || value === null) return undefined;
	return (value as Readonly<Record<string, Encodable | undefined>>)[name];
}

/** Of the field's value, undefined when the answer leaves an empty field out. */
type FieldTest = (field: Encodable | undefined) => boolean;

function compileMatch(match: Match, type: FieldType): FieldTest {
	const value = match.value ?? "";
	switch (match.operator) {
		case "equal":
			return equalTest(match, type, value);
		case "in":
			if (type === "string") return (field) => textOf(field).includes(value);
			if (typeof type === "object" && "list" in type && type.list === "string") {
				return (field) => Array.isArray(field) && field.includes(value);
			}
			if (typeof type === "object" && "map" in type) return (field) => field instanceof Map && field.has(value);
			throw wrongOperator(match);
		case "empty":
			if (typeof type !== "object" || "fields" in type) throw wrongOperator(match);
			return (field) => sizeOf(field) === 0;
		case "matches": {
			if (type !== "string") throw wrongOperator(match);
			const pattern = regularExpression(value);
			return (field) => pattern.matcher(textOf(field)).find();
		}
	}
}

function equalTest(match: Match, type: FieldType, value: string): FieldTest {
	const selector = match.selector.join(".");
	switch (type) {
		case "string":
			return (field) => textOf(field) === value;
		case "int": {
			const wanted = wholeNumber(value);
			if (wanted === undefined) {
				throw invalid(
					`Failed to coerce value ${JSON.stringify(value)} for selector "${selector}": it is a whole number`,
				);
			}
			// A port of 0 is left out of some answers.
			return (field) => BigInt(Number(field ?? 0)) === wanted;
		}
		case "bool": {
			if (!/^(?:1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value)) {
				throw invalid(
					`Failed to coerce value ${JSON.stringify(value)} for selector "${selector}": it is true or false`,
				);
			}
			const wanted = /^[1tT]/.test(value);
			return (field) => (field ?? false) === wanted;
		}
		default:
			throw wrongOperator(match);
	}
}

function regularExpression(pattern: string): RE2JS {
	try {
		return RE2JS.compile(pattern);
	} catch (error) {
		throw invalid(`Failed to compile regular expression ${JSON.stringify(pattern)}: ${errorMessage(error)}`);
	}
}

function typeAt(type: FieldType, selector: readonly string[]): FieldType | undefined {
	const [name, ...rest] = selector;
	if (name === undefined) return type;
	if (typeof type !== "object") return undefined;
	if ("list" in type) return type.list === "string" ? undefined : typeAt(type.list, selector);
	const next = "map" in type ? type.map : Object.hasOwn(type.fields, name) ? type.fields[name] : undefined;
	return next === undefined ? undefined : typeAt(next, rest);
}

/** A text that is empty may be left out of the answer. */
function textOf(field: Encodable | undefined): string {
	return typeof field === "string" ? field : "";
}

/** As Go reads one with any base; undefined for what is none, or none of 64 bits. */
function wholeNumber(text: string): bigint | undefined {
	const [, sign = "", digits = ""] = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9]\d*)$/.exec(text) ?? [];
	if (digits === "") return undefined;
	const value = BigInt(digits.replace(/^0[oO]?(?=[0-7])/, "0o"));
	const signed = sign === "-" ? -value : value;
	return BigInt.asIntN(64, signed) === signed ? signed : undefined;
}

function sizeOf(field: Encodable | undefined): number {
	if (Array.isArray(field)) return field.length;
	return field instanceof Map ? field.size : 0;
}

const operatorNames = { equal: "Equal", in: "In", empty: "Is Empty", matches: "Matches" } as const;

function wrongOperator(match: Match): DiscoError {
	const name = operatorNames[match.operator];
	return invalid(`Invalid match operator "${name}" for selector "${match.selector.join(".")}"`);
}

function invalid(message: string): DiscoError {
	return new DiscoError("FILTER_INVALID", message);
}
