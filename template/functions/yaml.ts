import type { Document, Node } from "yaml";
import { compareUtf8 } from "../../lib/json/index.ts";
import { anyType, type GoValue, goFloat, goFunc, goMap, integer, kindOf, Typed, wellFormed } from "../gotmpl/index.ts";
import type { FunctionFamily } from "./context.ts";
import { floatText } from "./number-text.ts";
import { elementsOf, entriesOf, fieldOf, numberOf, structTypeOf, textOf } from "./values.ts";

/** The package, once `loadYaml` has run. */
let yaml: typeof import("../yaml-library.ts") | undefined;

/** Loads the YAML parser. */
export async function loadYaml(): Promise<void> {
	yaml = await import("../yaml-library.ts");
}

/** YAML 1.1, as the reference's library reads and writes it. */
export const yamlFunctions: FunctionFamily = {
	parseYAML: goFunc("func(string) (any, error)", (text: string) => (text === "" ? new Map() : parseYaml(text))),
	toYAML: goFunc("func(any) (string, error)", (value: GoValue) => toYaml(value).trim()),
};

/** `yes` is true, `010` is 8, dates stay text; maps are `map[interface {}]interface {}`. */
function parseYaml(text: string): GoValue {
	if (yaml === undefined) throw new Error("the YAML parser was not loaded");
	if (wellFormed(text) !== text) throw new Error("yaml: invalid leading UTF-8 octet");
	if (/^[ \n]*\t/.test(text)) throw new Error("yaml: found character that cannot start any token");
	const document = yaml.parseDocument(text, {
		version: "1.1",
		schema: "yaml-1.1",
		intAsBigInt: true,
		customTags: (tags) =>
			tags.filter((tag) => typeof tag === "string" || !/timestamp|binary|omap|pairs|set$/.test(String(tag.tag))),
		logLevel: "error",
	});
	const first = document.errors[0];
	if (first !== undefined) throw new Error(`yaml: ${first.message.split("\n")[0]}`);
	return valueOfNode(document.contents, document);
}

function valueOfNode(node: Node | null | undefined, document: Document): GoValue {
	const { isAlias, isMap, isScalar, isSeq } = yaml as NonNullable<typeof yaml>;
	if (isAlias(node)) return valueOfNode(node.resolve(document), document);
	if (isSeq(node)) return node.items.map((item) => valueOfNode(item as Node, document));
	if (isMap(node)) {
		const entries = new Map<GoValue, GoValue>();
		for (const pair of node.items) {
			const value = valueOfNode(pair.value as Node, document);
			if (isScalar(pair.key) && pair.key.value === "<<" && pair.key.type === "PLAIN") mergeInto(entries, value);
			else entries.set(keyOf(valueOfNode(pair.key as Node, document)), value);
		}
		return goMap(anyType, anyType, entries);
	}
	if (!isScalar(node)) return null;
	const { value } = node;
	if (typeof value === "bigint") return integer(value);
	if (typeof value === "number") return goFloat(value);
	return value as string | boolean | null;
}

/** `<<: *base`: what the map has itself wins. */
function mergeInto(entries: Map<GoValue, GoValue>, value: GoValue): void {
	for (const one of elementsOf(value) ?? [value]) {
		for (const [key, item] of entriesOf(one) ?? []) if (!entries.has(key)) entries.set(key, item);
	}
}

/** Keys of a JavaScript map are compared by identity, so lists and maps cannot be found again; Go refuses them, too. */
function keyOf(key: GoValue): GoValue {
	if (key instanceof Typed && numberOf(key) === undefined) throw new Error("yaml: invalid map key");
	return key;
}

/** A value as YAML, map keys sorted, lists not indented below their key. */
function toYaml(value: GoValue): string {
	return block(value, "");
}

/** The lines of a value that begins a line of its own. */
function block(value: GoValue, indent: string): string {
	const elements = elementsOf(value);
	if (elements !== undefined) {
		if (elements.length === 0) return `${indent}[]\n`;
		return elements.map((element) => `${indent}- ${inItem(element, `${indent}  `)}`).join("");
	}
	const members = membersOf(value);
	if (members === undefined) return `${indent}${scalar(value, indent || "  ", indent.length)}\n`;
	if (members.length === 0) return `${indent}{}\n`;
	return members
		.map(([name, item]) => `${indent}${name}:${afterKey(item, indent, indent.length + [...name].length + 2)}`)
		.join("");
}

/** What follows `- `: a map or list starts on the same line. */
function inItem(value: GoValue, indent: string): string {
	return block(value, indent).slice(indent.length);
}

function afterKey(value: GoValue, indent: string, column: number): string {
	const elements = elementsOf(value);
	if (elements !== undefined) return elements.length === 0 ? " []\n" : `\n${block(value, indent)}`;
	const members = membersOf(value);
	if (members !== undefined) return members.length === 0 ? " {}\n" : `\n${block(value, `${indent}  `)}`;
	return ` ${scalar(value, `${indent}  `, column)}\n`;
}

function membersOf(value: GoValue): readonly (readonly [string, GoValue])[] | undefined {
	const struct = structTypeOf(value);
	if (struct !== undefined && (value as Typed).raw !== undefined) {
		// The reference's library writes struct fields in lower case.
		return [...struct.fields.keys()].map((name) => [name.toLowerCase(), fieldOf(value, name)]);
	}
	const entries = entriesOf(value);
	if (entries === undefined) return undefined;
	return entries
		.map(([key, item]) => [key, item] as const)
		.sort(([a], [b]) => naturalOrder(String(textOf(a) ?? numberOf(a)), String(textOf(b) ?? numberOf(b))))
		.map(([key, item]) => [scalar(key, ""), item]);
}

/** The library's order of keys: runs of digits by value, letters after anything else. */
function naturalOrder(a: string, b: string): number {
	const parts = [a.match(/\d+|\D/gu) ?? [], b.match(/\d+|\D/gu) ?? []] as const;
	for (let at = 0; at < Math.min(parts[0].length, parts[1].length); at++) {
		const [left = "", right = ""] = [parts[0][at], parts[1][at]];
		if (left === right) continue;
		if (/^\d/.test(left) && /^\d/.test(right)) {
			const difference = Number(left) - Number(right);
			if (difference !== 0) return difference;
		}
		const letters = [/\p{L}/u.test(left), /\p{L}/u.test(right)] as const;
		if (letters[0] !== letters[1]) return letters[0] ? 1 : -1;
		return compareUtf8(left, right);
	}
	return a.length - b.length;
}

/** `indent` is that of the further lines of a text, `column` where it begins; without a column it is not folded (keys). */
function scalar(value: GoValue, indent: string, column?: number): string {
	const text = textOf(value);
	if (text !== undefined) return stringScalar(text, indent, column);
	const number = numberOf(value);
	if (number !== undefined) {
		if (kindOf(value) !== "float64") return String(number);
		const float = Number(number);
		if (Number.isNaN(float)) return ".nan";
		if (!Number.isFinite(float)) return float > 0 ? ".inf" : "-.inf";
		return floatText(float, 6);
	}
	if (value === undefined || value === null) return "null";
	return String(value instanceof Typed ? (value.raw ?? "null") : value);
}

/** Texts that YAML 1.1 would read as something else. */
const otherKinds =
	/^(?:|~|null|Null|NULL|[yYnN]|yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF|<<|[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|[0-9][0-9_]*)|[-+]?(?:[0-9][0-9_]*)?\.?[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]|[ \t]+)\d{1,2}:\d{2}:\d{2}.*)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)$/;

function stringScalar(text: string, indent: string, column: number | undefined): string {
	if (otherKinds.test(text)) return doubleQuoted(text);
	if (/[^\n\t -~\u0085\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u.test(text))
		return doubleQuoted(text);
	if (text.includes("\n")) return literal(text, indent);
	const plain =
		!/^[\s\-?:,[\]{}#&*!|>'"%@`]/.test(text) || /^[-?:][^\s,[\]{}]/.test(text)
			? !/^\s|\s$|: |:$| #|\t/.test(text)
			: false;
	const written = plain ? text : `'${text.replaceAll("'", "''")}'`;
	return column === undefined ? written : folded(written, indent, column);
}

/** Lines of the reference's library end at the first single blank behind this column. */
const widthMax = 80;

function folded(text: string, indent: string, start: number): string {
	if (start + text.length <= widthMax) return text;
	let lines = "";
	let column = start;
	const runes = [...text];
	for (const [position, rune] of runes.entries()) {
		const single = rune === " " && runes[position - 1] !== " " && runes[position + 1] !== " ";
		if (single && column > widthMax && position > 0 && position < runes.length - 1) {
			lines += `\n${indent}`;
			column = indent.length;
		} else {
			lines += rune;
			column++;
		}
	}
	return lines;
}

function literal(text: string, indent: string): string {
	if (/^\s/.test(text)) return doubleQuoted(text);
	const chomp = text.endsWith("\n\n") ? "+" : text.endsWith("\n") ? "" : "-";
	const lines = text.replace(/\n$/, "").split("\n");
	return `|${chomp}\n${lines.map((line) => (line === "" ? "" : `${indent}${line}`)).join("\n")}`;
}

function doubleQuoted(text: string): string {
	const escapes: Readonly<Record<string, string>> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r" };
	const escaped = text.replace(/["\\\p{Cc}\u2028\u2029\ufeff]/gu, (character) => {
		const code = character.charCodeAt(0);
		return (
			escapes[character] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`)
		);
	});
	return `"${escaped}"`;
}
