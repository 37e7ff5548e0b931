/** Go's fmt for one value and one verb: `%v %+v %#v %T %d %s %q %x ...`. */
import { elementType, entriesOf, fieldsOf, isNilValue, itemsOf, pointee } from "../access.ts";
import { bytesOfText, textOfBytes } from "../bytes.ts";
import { type GoType, uint8Type } from "../types.ts";
import { type GoValue, goValue, rawOf, Typed, typeOf, typeText } from "../values.ts";
import { type Flags, pad, plainFlags, truncate } from "./flags.ts";
import { formatComplex, formatFloatVerb, formatInteger, formatUnicode } from "./number.ts";
import { canBackquote, quote, quoteRune, runeText } from "./quote.ts";

/** All that pointers, functions and channels show of where they are: we have no addresses, so all are at the same one. */
const address = 0xc000012000;

/** A value as `print` writes it (`%v`). */
export function plainText(value: GoValue): string {
	if (typeof value === "string") return value;
	if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
	return formatValue(value, "v", plainFlags);
}

/** A value under a verb. A verb that does not fit gives Go's `%!d(string=x)`. */
export function formatValue(value: GoValue, verb: string, flags: Readonly<Flags>): string {
	if (value === undefined || value === null) {
		return verb === "v" || verb === "T" ? pad("<nil>", flags) : wrongVerb(value, verb, flags);
	}
	if (verb === "T") return formatString(typeText(value), "s", flags) ?? "";
	return formatAt(value, verb, flags, { depth: 0, methods: true });
}

/** Where in the value we are: `&` is shown at the top only, and within a wrong verb no methods are called. */
type Place = { readonly depth: number; readonly methods: boolean };

function formatAt(value: GoValue, verb: string, flags: Readonly<Flags>, place: Place): string {
	const type = typeOf(value);
	if (type === undefined) return flags.sharpV ? "interface {}(nil)" : "<nil>";
	const described = place.methods ? describeByMethod(value, type, verb, flags) : undefined;
	if (described !== undefined) return formatString(described, verb, flags) ?? "";
	return formatKind(value, type, verb, flags, place) ?? wrongVerb(value, verb, flags);
}

/** The text of a value that has an `Error` or `String` method, for the verbs of texts. */
function describeByMethod(value: GoValue, type: GoType, verb: string, flags: Readonly<Flags>): string | undefined {
	if (type.methods.size === 0 || flags.sharpV || !"vsxXq".includes(verb)) return undefined;
	const method = type.methods.get("Error") ?? type.methods.get("String");
	if (method === undefined || method.type.parameters.length > 0 || isNilValue(value)) return undefined;
	return String((method.call as (receiver: unknown) => unknown)(rawOf(value)));
}

/** Undefined when the verb is none for this kind. */
function formatKind(
	value: GoValue,
	type: GoType,
	verb: string,
	flags: Readonly<Flags>,
	place: Place,
): string | undefined {
	const raw = rawOf(value);
	switch (type.kind) {
		case "string":
			return formatString(raw as string, verb, flags);
		case "bool":
			return verb === "v" || verb === "t" ? pad(String(raw), flags) : undefined;
		case "float64":
			return "vbgGxXfFeE".includes(verb) ? formatFloatVerb(raw as number, verb, flags) : undefined;
		case "complex128":
			return "vbgGxXfFeE".includes(verb) ? formatComplex(raw as [number, number], verb, flags) : undefined;
		case "slice":
			return formatSlice(value, type.text, verb, flags, place);
		case "map":
			return formatMap(value, type.text, verb, flags, place);
		case "struct":
			return formatStruct(value, type.text, verb, flags, place);
		case "pointer":
			if (place.depth === 0 && !isNilValue(value)) {
				const target = pointee(value);
				const kind = typeOf(target)?.kind;
				if (kind === "slice" || kind === "struct" || kind === "map") {
					return `&${formatAt(target, verb, flags, { ...place, depth: 1 })}`;
				}
			}
			return formatAddress(isNilValue(value) ? 0 : address, type.text, verb, flags);
		case "func":
		case "chan":
			return formatAddress(isNilValue(value) ? 0 : address, type.text, verb, flags);
		case "interface":
			return undefined;
		case "int":
		case "int8":
		case "int16":
		case "int32":
		case "int64":
			return formatIntegerVerb(raw as number | bigint, true, verb, flags);
		case "uint":
		case "uint8":
		case "uint16":
		case "uint32":
		case "uint64":
			return formatIntegerVerb(raw as number | bigint, false, verb, flags);
	}
}

function formatIntegerVerb(
	value: number | bigint,
	signed: boolean,
	verb: string,
	flags: Readonly<Flags>,
): string | undefined {
	switch (verb) {
		case "v":
			return flags.sharpV && !signed
				? formatInteger(value, "x", { ...flags, sharp: true })
				: formatInteger(value, "d", flags);
		case "d":
		case "b":
		case "o":
		case "O":
		case "x":
		case "X":
			return formatInteger(value, verb, flags);
		case "c":
			return pad(runeText(value), flags);
		case "q":
			return pad(quoteRune(value, flags.plus), flags);
		case "U":
			return formatUnicode(value, flags);
		default:
			return undefined;
	}
}

function formatString(text: string, verb: string, flags: Readonly<Flags>): string | undefined {
	switch (verb) {
		case "v":
			return flags.sharpV ? formatQuoted(text, flags) : pad(truncate(text, flags), flags);
		case "s":
			return pad(truncate(text, flags), flags);
		case "q":
			return formatQuoted(text, flags);
		case "x":
		case "X":
			return formatHexBytes(bytesOfText(text), verb, flags);
		default:
			return undefined;
	}
}

function formatQuoted(text: string, flags: Readonly<Flags>): string {
	const shown = truncate(text, flags);
	if (flags.sharp && canBackquote(shown)) return pad(`\`${shown}\``, flags);
	return pad(quote(shown, flags.plus), flags);
}

function formatHexBytes(bytes: Uint8Array, verb: "x" | "X", flags: Readonly<Flags>): string {
	const shown = [...bytes.subarray(0, flags.precision ?? bytes.length)];
	const pairs = shown
		.map((byte) => byte.toString(16).padStart(2, "0"))
		.map((p) => (verb === "X" ? p.toUpperCase() : p));
	const prefix = flags.sharp && pairs.length > 0 ? `0${verb}` : "";
	return pad(flags.space ? pairs.map((pair) => prefix + pair).join(" ") : prefix + pairs.join(""), flags);
}

function formatSlice(value: GoValue, type: string, verb: string, flags: Readonly<Flags>, place: Place): string {
	const items = itemsOf(value);
	const elem = elementType(value);
	if (elem === uint8Type && "sqxX".includes(verb)) {
		return formatString(textOfBytes(Uint8Array.from(items as readonly number[])), verb, flags) ?? "";
	}
	const inside = { ...place, depth: place.depth + 1 };
	const texts = items.map((item) => formatAt(goValue(elem, item), verb, flags, inside));
	if (!flags.sharpV) return `[${texts.join(" ")}]`;
	const shown = place.depth === 0 && type === "[]uint8" ? "[]byte" : type;
	return isNilValue(value) ? `${shown}(nil)` : `${shown}{${texts.join(", ")}}`;
}

function formatMap(value: GoValue, type: string, verb: string, flags: Readonly<Flags>, place: Place): string {
	const inside = { ...place, depth: place.depth + 1 };
	const texts = entriesOf(value).map(
		([key, element]) => `${formatAt(key, verb, flags, inside)}:${formatAt(element, verb, flags, inside)}`,
	);
	if (!flags.sharpV) return `map[${texts.join(" ")}]`;
	return isNilValue(value) ? `${type}(nil)` : `${type}{${texts.join(", ")}}`;
}

function formatStruct(value: GoValue, type: string, verb: string, flags: Readonly<Flags>, place: Place): string {
	const inside = { ...place, depth: place.depth + 1 };
	const named = flags.plusV || flags.sharpV;
	const texts = fieldsOf(value).map(
		([name, field]) => `${named ? `${name}:` : ""}${formatAt(field, verb, flags, inside)}`,
	);
	return flags.sharpV ? `${type}{${texts.join(", ")}}` : `{${texts.join(" ")}}`;
}

function formatAddress(at: number, type: string, verb: string, flags: Readonly<Flags>): string | undefined {
	switch (verb) {
		case "v":
			if (flags.sharpV) return `(${type})(${at === 0 ? "nil" : `0x${at.toString(16)}`})`;
			return at === 0 ? pad("<nil>", flags) : formatInteger(at, "x", { ...flags, sharp: !flags.sharp });
		case "p":
			return formatInteger(at, "x", { ...flags, sharp: !flags.sharp });
		case "b":
		case "o":
		case "d":
		case "x":
		case "X":
			return formatInteger(at, verb, flags);
		default:
			return undefined;
	}
}

/** `%!d(string=x)`: what Go writes when a verb does not fit the value. */
function wrongVerb(value: GoValue, verb: string, flags: Readonly<Flags>): string {
	if (value === undefined || value === null) return `%!${verb}(<nil>)`;
	return `%!${verb}(${typeText(value)}=${formatAt(value, "v", flags, { depth: 0, methods: false })})`;
}

/** Values in a row as Go's `Sprint` writes them: a blank between two of which neither is a text. */
export function printValues(values: readonly GoValue[]): string[] {
	const parts: string[] = [];
	let previousIsText = true;
	for (const value of values) {
		const isText = typeof value === "string" || (value instanceof Typed && value.type.kind === "string");
		if (parts.length > 0 && !isText && !previousIsText) parts.push(" ");
		parts.push(plainText(value));
		previousIsText = isText;
	}
	return parts;
}
