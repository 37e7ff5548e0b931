import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { answer, type EngineRequest } from "./engine.ts";
import { engineFunctions } from "./engine-functions.ts";
import { parse, TemplateError } from "./index.ts";

type Case = EngineRequest & { readonly name: string; readonly output?: string; readonly error?: unknown };

const folder = new URL("../../test/conformance/template/gotext/", import.meta.url);
const cases: Case[] = readdirSync(folder)
	.sort()
	.flatMap((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Case[]);

describe("cases recorded from Go", () => {
	it.each(cases)("$name", ({ name: _name, output, error, ...request }) => {
		expect(answer(request)).toEqual(error === undefined ? { output } : { error });
	});
});

describe("the text of a parsed template", () => {
	const texts = cases.filter((recorded) => recorded.options === undefined).map((recorded) => recorded.template);

	it.each(texts)("%j parses again to the same tree", (text) => {
		const parsed = tryParse(text);
		// A text that ends in `{` before an action cannot be written without a trim marker, which the tree does not keep.
		if (parsed === undefined || String(parsed).includes("{{{")) return;
		const again = tryParse(String(parsed));
		expect(String(again)).toBe(String(parsed));
		expect(again?.templates).toEqual(parsed.templates);
	});
});

function tryParse(text: string): ReturnType<typeof parse> | undefined {
	try {
		return parse({ name: "t", text, functions: engineFunctions });
	} catch (error) {
		expect(error).toBeInstanceOf(TemplateError);
		return undefined;
	}
}
