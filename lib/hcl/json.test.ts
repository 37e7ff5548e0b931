import fc from "fast-check";
import { expect, test } from "vitest";
import { parseConfig, parseJsonConfig, plainValue } from "./index.ts";

test("gives what JSON.parse gives", () => {
	fc.assert(
		fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
			const text = JSON.stringify(value, null, 1);
			expect(JSON.stringify(plainValue(parseJsonConfig(text, "f.json")))).toEqual(JSON.stringify(JSON.parse(text)));
		}),
	);
});

test("JSON is told by the name or by the first brace", () => {
	expect(plainValue(parseConfig('{"a": [1]}', "config"))).toEqual({ a: [1] });
	expect(() => parseConfig("a = 1", "c.JSON")).toThrow('c.JSON:1:1: expected "{", found "a"');
});

test.each<[string, string]>([
	["", 'f.json:1:1: expected "{", found the end of the file'],
	["{", "f.json:1:2: expected a key in quotes, found the end of the file"],
	['{"a" 1}', 'f.json:1:6: expected ":" after the key "a", found "1"'],
	['{"a": 1,}', 'f.json:1:9: expected a key in quotes, found "}"'],
	['{"a": 01}', 'f.json:1:7: expected a value, found "0"'],
	['{"a": 1}\n x', 'f.json:2:2: expected the end of the file, found "x"'],
	['{"a": [1 2]}', 'f.json:1:10: expected "," or "]", found "2"'],
	['{"a": "\\q"}', "f.json:1:7: the string has no closing quote, a raw line break or an unknown escape"],
])("error of %j", (text, message) => {
	expect(() => parseJsonConfig(text, "f.json")).toThrow(expect.objectContaining({ code: "CONFIG_SYNTAX", message }));
});
