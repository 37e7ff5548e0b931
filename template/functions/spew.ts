import { builtins, bytesOfText, type GoValue, goFunc, kindOf, Typed } from "../gotmpl/index.ts";
import type { FunctionFamily } from "./context.ts";
import { elementsOf, entriesOf, fieldOf, numberOf, structTypeOf, textOf, typeName } from "./values.ts";

/** Values with their types, in the format of the go-spew library; without addresses, which we have not. */
export const spewFunctions: FunctionFamily = {
	spew_dump: goFunc("func(...any) string", (...values: GoValue[]) => print(dumpAll(values))),
	spew_sdump: goFunc("func(...any) string", (...values: GoValue[]) => dumpAll(values)),
	spew_printf: goFunc("func(string, ...any) string", (format: string, ...values: GoValue[]) =>
		print(format_(format, values)),
	),
	spew_sprintf: goFunc("func(string, ...any) string", (format: string, ...values: GoValue[]) =>
		format_(format, values),
	),
};

function print(text: string): string {
	process.stdout.write(text);
	return "";
}

/** Its `%v` and `%+v` differ from Go's only for pointers, which show their addresses. */
function format_(format: string, values: readonly GoValue[]): string {
	const printf = builtins.get("printf")?.raw as (format: string, ...values: GoValue[]) => string;
	return printf(format, ...values);
}

function dumpAll(values: readonly GoValue[]): string {
	return values.map((value) => `${dump(value, "")}\n`).join("");
}

function dump(value: GoValue, indent: string): string {
	if (value === null || value === undefined) return `${indent}(interface {}) <nil>`;
	const type = typeName(value);
	const inner = `${indent} `;
	const text = textOf(value);
	if (text !== undefined) return `${indent}(${type}) (len=${bytesOfText(text).length}) ${JSON.stringify(text)}`;
	const elements = elementsOf(value);
	if (elements !== undefined) {
		const size = elements.length;
		const lines = elements.map((element) => dump(element, inner));
		return `${indent}(${type}) (len=${size} cap=${size}) ${braced(lines, indent)}`;
	}
	const entries = entriesOf(value);
	if (entries !== undefined) {
		const lines = entries.map(([key, item]) => `${dump(key, inner)}: ${dump(item, inner).trimStart()}`);
		return `${indent}(${type}) (len=${entries.length}) ${braced(lines, indent)}`;
	}
	const struct = structTypeOf(value);
	if (struct !== undefined) {
		if (kindOf(value) === "pointer" && (value as Typed).raw === undefined) return `${indent}(${type})(<nil>)`;
		const lines = [...struct.fields.keys()].map(
			(name) => `${inner}${name}: ${dump(fieldOf(value, name), inner).trimStart()}`,
		);
		return `${indent}(${type}) ${braced(lines, indent)}`;
	}
	const number = numberOf(value);
	return `${indent}(${type}) ${number ?? String(value instanceof Typed ? value.raw : value)}`;
}

function braced(lines: readonly string[], indent: string): string {
	return lines.length === 0 ? "{\n".concat(indent, "}") : `{\n${lines.join(",\n")}\n${indent}}`;
}
