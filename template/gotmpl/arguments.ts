/** From operands and pipeline values to the arguments of a function. */
import { pointee } from "./access.ts";
import { describe, type NumberLiteral, type Operand } from "./nodes.ts";
import { fail, type State } from "./state.ts";
import {
	anyType,
	assignable,
	canBeNil,
	complex128Type,
	type GoType,
	isSigned,
	isUnsigned,
	pointerTo,
	valueType,
} from "./types.ts";
import { type GoValue, goFloat, goValue, rawOf, Typed, typeOf } from "./values.ts";

/** A value for a parameter of `type`; an error when it does not fit. */
export function checkArgument(state: State, value: GoValue, type: GoType): GoValue {
	if (type === valueType) return value;
	if (value === undefined) {
		if (!canBeNil(type)) fail(state, `invalid value; expected ${type.text}`);
		return goValue(type, undefined);
	}
	if (type === anyType) return value;
	const from = typeOf(value) ?? anyType;
	if (assignable(from, type)) return value;
	if (from.kind === "pointer" && assignable(from.elem, type)) {
		const target = pointee(value);
		return target === undefined ? fail(state, `dereference of nil pointer of type ${type.text}`) : target;
	}
	if (type === pointerTo(from)) return goValue(type, rawOf(value));
	return fail(state, `wrong type for value; expected ${type.text}; got ${from.text}`);
}

/** nil as argument. */
export function nilArgument(state: State, type: GoType): GoValue {
	if (type === valueType) return undefined;
	if (!canBeNil(type)) fail(state, `cannot assign nil to ${type.text}`);
	return goValue(type, undefined);
}

/** A literal takes the type of the parameter, if it can: `1` is a float64 for a function of floats. */
export function literalArgument(
	state: State,
	node: Extract<Operand, { readonly kind: "bool" | "number" | "string" }>,
	type: GoType,
): GoValue {
	if (type === anyType || type === valueType) return literal(state, node);
	const { kind } = type;
	if (kind === "bool") return node.kind === "bool" ? goValue(type, node.value) : expected(state, "bool", node);
	if (kind === "string") return node.kind === "string" ? goValue(type, node.value) : expected(state, "string", node);
	const forms = node.kind === "number" ? node.forms : undefined;
	if (kind === "float64") return numberArgument(state, node, type, "float", forms?.float);
	if (kind === "complex128") return numberArgument(state, node, type, "complex", forms?.complex);
	if (isSigned(kind)) return numberArgument(state, node, type, "integer", forms?.int);
	if (isUnsigned(kind)) return numberArgument(state, node, type, "unsigned integer", forms?.uint);
	return fail(state, `can't handle ${describe(node)} for arg of type ${type.text}`);
}

function numberArgument(
	state: State,
	node: Operand,
	type: GoType,
	what: string,
	form: bigint | number | readonly [number, number] | undefined,
): GoValue {
	if (form === undefined) return expected(state, what, node);
	return goValue(type, form);
}

function expected(state: State, what: string, node: Operand): never {
	return fail(state, `expected ${what}; found ${describe(node)}`);
}

/** The value of a literal where no type is asked for. */
export function literal(
	state: State,
	node: Extract<Operand, { readonly kind: "bool" | "number" | "string" }>,
): GoValue {
	return node.kind === "number" ? untypedNumber(state, node) : node.value;
}

/** Go's ideal constants: `1` is an int, `1.0` and `1e3` are float64, `'a'` is an int, `1i` is complex. */
function untypedNumber(state: State, node: NumberLiteral): GoValue {
	const { forms, text } = node;
	if (forms.complex !== undefined) return new Typed(complex128Type, forms.complex);
	const isHexInteger = /^0[xX]/.test(text) && !/[pP]/.test(text);
	if (forms.float !== undefined && !isHexInteger && !text.startsWith("'") && /[.eEpP]/.test(text)) {
		return goFloat(forms.float);
	}
	if (forms.int !== undefined) return forms.int;
	return fail(state, `${text} overflows int`);
}
