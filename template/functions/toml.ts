import { compareUtf8 } from "../../lib/json/index.ts";
import { type GoValue, goFunc, kindOf, Typed } from "../gotmpl/index.ts";
import type { FunctionFamily } from "./context.ts";
import { jsonString } from "./json.ts";
import { plainDecimal } from "./number-text.ts";
import { elementsOf, entriesOf, fieldOf, numberOf, structTypeOf, textOf } from "./values.ts";

/** TOML as the reference's library writes it. */
export const tomlFunctions: FunctionFamily = {
	toTOML: goFunc("func(any) (string, error)", (value: GoValue) => {
		const members = membersOf(value);
		if (members === undefined && isTableList(value)) {
			throw new Error("toTOML: toml: top-level values must be Go maps or structs");
		}
		return (members === undefined ? inline(value) : table(members, [], 0)).trim();
	}),
};

type Members = readonly (readonly [string, GoValue])[];

/** Plain keys first, then tables; each level is indented by two blanks, nil entries are left out. */
function table(members: Members, path: readonly string[], level: number): string {
	const indent = "  ".repeat(Math.max(0, level));
	const plain = members.filter(([, value]) => !isTable(value) && !isTableList(value));
	let text = plain.map(([key, value]) => `${indent}${keyText(key)} = ${inline(value)}\n`).join("");
	for (const [key, value] of members) {
		const name = [...path, keyText(key)];
		if (isTable(value)) text += header(`[${name.join(".")}]`, membersOf(value) ?? [], name, level, text === "");
		for (const item of isTableList(value) ? (elementsOf(value) ?? []) : []) {
			text += header(`[[${name.join(".")}]]`, membersOf(item) ?? [], name, level, text === "");
		}
	}
	return text;
}

function header(title: string, members: Members, path: readonly string[], level: number, first: boolean): string {
	// A blank line stands before a table of the top, not before the first one inside another.
	const gap = first && level > 0 ? "" : "\n";
	return `${gap}${"  ".repeat(level)}${title}\n${table(members, path, level + 1)}`;
}

function membersOf(value: GoValue): Members | undefined {
	const struct = structTypeOf(value);
	if (struct !== undefined) return present([...struct.fields.keys()].map((name) => [name, fieldOf(value, name)]));
	const entries = entriesOf(value);
	if (entries === undefined) return undefined;
	return present(
		entries
			.map(([key, item]): readonly [string, GoValue] => [textOf(key) ?? String(numberOf(key)), item])
			.sort(([a], [b]) => compareUtf8(a, b)),
	);
}

function present(members: Members): Members {
	return members.filter(([, value]) => value !== undefined && value !== null);
}

function isTable(value: GoValue): boolean {
	return membersOf(value) !== undefined;
}

function isTableList(value: GoValue): boolean {
	const elements = elementsOf(value);
	return elements !== undefined && elements.length > 0 && elements.every(isTable);
}

function inline(value: GoValue): string {
	const text = textOf(value);
	if (text !== undefined) return jsonString(text, false);
	const number = numberOf(value);
	if (number !== undefined) return kindOf(value) === "float64" ? floatText(Number(number)) : String(number);
	const elements = elementsOf(value);
	if (elements !== undefined) return `[${elements.map(inline).join(", ")}]`;
	const members = membersOf(value);
	if (members !== undefined) return `{${members.map(([key, item]) => `${keyText(key)} = ${inline(item)}`).join(", ")}}`;
	if (value === null || value === undefined) throw new Error("toml: cannot encode a nil value");
	return String(value instanceof Typed ? value.raw : value);
}

function floatText(value: number): string {
	if (Number.isNaN(value)) return "nan";
	if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
	const text = plainDecimal(value);
	return text.includes(".") ? text : `${text}.0`;
}

function keyText(key: string): string {
	return /^[A-Za-z0-9_-]+$/.test(key) ? key : jsonString(key, false);
}
