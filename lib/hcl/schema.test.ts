import { expect, test } from "vitest";
import { decodeObject, type Fields, field, parseConfig } from "./index.ts";

const decode = (text: string, schema: Fields) => decodeObject(parseConfig(text, "f.hcl"), schema);
const retry = field.object({ attempts: field.int, backoff: field.durationMs, enabled: field.bool });

test.each<[string, string, Fields, unknown]>([
	["text", 'a = "x"', { a: field.text }, { a: "x" }],
	["text from a number", "a = 0600", { a: field.text }, { a: "0600" }],
	["key in another case", 'Addr = "x"', { addr: field.text }, { addr: "x" }],
	[
		"bool from texts",
		'a = "true" b = "0" c = ""',
		{ a: field.bool, b: field.bool, c: field.bool },
		{ a: true, b: false, c: false },
	],
	["int from text", 'a = "12" b = 3', { a: field.int, b: field.int }, { a: 12, b: 3 }],
	["duration", 'a = "1m30s" b = 0', { a: field.durationMs, b: field.durationMs }, { a: 90_000, b: 0 }],
	["texts", 'a = ["x", 1] b = "y"', { a: field.texts, b: field.texts }, { a: ["x", "1"], b: ["y"] }],
	["last block counts", "r { attempts = 1 }\nr { enabled = false }", { r: retry }, { r: { enabled: false } }],
	[
		"merged blocks",
		"r { a = 1 }\nr { b = 2 }",
		{ r: field.object({ a: field.int, b: field.int }, { repeated: "merge" }) },
		{ r: { a: 1, b: 2 } },
	],
	[
		"blocks",
		"p { path = 1 }\np = [{ path = 2 }]",
		{ p: field.blocks({ path: field.text }) },
		{ p: [{ path: "1" }, { path: "2" }] },
	],
	[
		"labelled blocks",
		'service "a" { port = 1 }\nservice "b" { }',
		{ service: field.labelled({ port: field.int }) },
		{
			service: [
				{ label: "a", content: { port: 1 } },
				{ label: "b", content: {} },
			],
		},
	],
	["map", 'm { a = "x" }\nm { b = 2 }', { m: field.textMap }, { m: { a: "x", b: "2" } }],
	["any", "x { a = [1] }", { x: field.any }, { x: { a: [1] } }],
	["null is absent", '{"a": null}', { a: field.text }, {}],
	["parsed", 'a = "up"', { a: field.parsed((t) => (t === "up" ? 1 : undefined), "up") }, { a: 1 }],
])("%s", (_, text, schema, expected) => {
	expect(JSON.parse(JSON.stringify(decode(text, schema)))).toEqual(expected);
});

test.each<[string, Fields, string, string]>([
	["b = 1", { a: field.text, c: field.text }, "CONFIG_KEY_UNKNOWN", 'f.hcl:1:1: unknown key "b"; known are a, c'],
	[
		"r {\n  attemps = 1\n}",
		{ r: retry },
		"CONFIG_KEY_UNKNOWN",
		'f.hcl:2:3: unknown key "attemps" in r (did you mean attempts?); known are attempts, backoff, enabled',
	],
	["a = []", { a: field.text }, "CONFIG_VALUE_INVALID", "f.hcl:1:5: a: a list is not a text"],
	['a = "maybe"', { a: field.bool }, "CONFIG_VALUE_INVALID", 'f.hcl:1:5: a: "maybe" is not true or false'],
	["a = 1.5", { a: field.int }, "CONFIG_VALUE_INVALID", "f.hcl:1:5: a: 1.5 is not a whole number"],
	[
		"r { backoff = 10 }",
		{ r: retry },
		"CONFIG_VALUE_INVALID",
		'f.hcl:1:15: r.backoff: 10 is not a duration such as "10s" or "1m30s"',
	],
	["r = 1", { r: retry }, "CONFIG_VALUE_INVALID", "f.hcl:1:5: r: 1 is not a block, as in r { ... }"],
	[
		'a = "down"',
		{ a: field.parsed((t) => (t === "up" ? 1 : undefined), "up") },
		"CONFIG_VALUE_INVALID",
		'f.hcl:1:5: a: "down" is not up',
	],
])("error of %j", (text, schema, code, message) => {
	expect(() => decode(text, schema)).toThrow(expect.objectContaining({ code, message }));
});

test("names of Object.prototype are unknown keys too", () => {
	expect(() => decode("constructor = 1", { a: field.text })).toThrow('unknown key "constructor"');
	expect(() => decode("__proto__ = 1", { a: field.text })).toThrow('unknown key "__proto__"');
});
