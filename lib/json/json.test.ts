import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	boolean,
	durationMs,
	encodeJson,
	integer,
	listOf,
	mapOf,
	objectOf,
	oneOrMany,
	parseFirstJson,
	text,
} from "./index.ts";

describe("encodeJson", () => {
	it.each([
		[{ a: 1, b: undefined, c: null }, '{"a":1,"c":null}'],
		[
			new Map([
				["b", 1],
				["a", 2],
				["10", 3],
				["9", 4],
			]),
			'{"10":3,"9":4,"a":2,"b":1}',
		],
		["<a&b>\u2028", '"\\u003ca\\u0026b\\u003e\\u2028"'],
		[18446744073709551615n, "18446744073709551615"],
		[[], "[]"],
		[{}, "{}"],
		[[true, "x", [1]], '[true,"x",[1]]'],
	])("writes value %# compactly", (value, expected) => {
		expect(encodeJson(value)).toBe(expected);
	});

	it("indents with four spaces, empty lists and objects in one piece", () => {
		expect(encodeJson([{ a: [1, 2], b: {}, c: [] }], true)).toBe(
			'[\n    {\n        "a": [\n            1,\n            2\n        ],\n        "b": {},\n        "c": []\n    }\n]',
		);
	});

	it("sorts map keys by UTF-8 bytes, which UTF-16 order does not", () => {
		const keys = ["\u{1F600}", "\uFFFD", "z"];
		const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
		expect(encodeJson(new Map(keys.map((key) => [key, 0])))).toBe(`{${sorted.map((key) => `"${key}":0`).join(",")}}`);
	});
});

describe("parseFirstJson", () => {
	it.each([
		["", "EOF"],
		["  \n", "EOF"],
		["{", "unexpected EOF"],
		['{"a":', "unexpected EOF"],
		['{"a" 1}', 'invalid character "1" after object key'],
		["[1 2]", 'invalid character "2" after array element'],
		["tru", "unexpected EOF"],
		["zap", 'invalid character "z" looking for beginning of value'],
		['"a\nb"', 'invalid character "\\n" in string literal'],
	])("refuses %j", (input, message) => {
		expect(() => parseFirstJson(input)).toThrow(message);
	});

	it("reads only the first value and keeps big integers", () => {
		expect(parseFirstJson('{"a":18446744073709551615} trailing')).toEqual(new Map([["a", 18446744073709551615n]]));
	});

	it("agrees with JSON.parse on every value", () => {
		fc.assert(
			fc.property(fc.jsonValue(), (value) => {
				const parsed = parseFirstJson(JSON.stringify(value));
				expect(JSON.parse(encodeJson(parsed as never))).toEqual(JSON.parse(JSON.stringify(value)));
			}),
		);
	});
});

describe("objectOf", () => {
	const decode = objectOf(
		{ Name: text, Port: integer, Enable: boolean, Tags: listOf(text), Meta: mapOf(text), Wait: durationMs },
		{ aliases: { enable_it: "Enable" } },
	);
	const read = (body: string) => decode(parseFirstJson(body), "");

	it("matches names without regard to case, takes aliases, drops null, keeps the case of map keys", () => {
		expect(read('{"NAME":"n","pOrt":1,"enable_it":true,"tags":null,"meta":{"A":"b"},"wait":"1m"}')).toEqual({
			Name: "n",
			Port: 1,
			Enable: true,
			Meta: { A: "b" },
			Wait: 60_000,
		});
	});

	it.each([
		['{"Zap":1}', 'json: unknown field "Zap"'],
		['{"Port":"80"}', 'cannot take "80" for field Port: it must be a whole number'],
		['{"Meta":{"a":1}}', "cannot take 1 for field Meta.a: it must be text in quotes"],
		['{"Tags":["a",2]}', "cannot take 2 for field Tags[1]: it must be text in quotes"],
		['{"Wait":"soon"}', 'invalid duration "soon" in Wait'],
		["[]", "cannot take a list for the body: it must be an object"],
	])("refuses %s", (body, message) => {
		expect(() => read(body)).toThrow(message);
	});

	it("takes nanoseconds for a duration and one element for a list", () => {
		expect(read('{"Wait":1500000000}')).toEqual({ Wait: 1500 });
		expect(oneOrMany(integer)(parseFirstJson("7"), "n")).toEqual([7]);
	});

	it("is not fooled by a key named __proto__", () => {
		const decoded = read('{"Meta":{"__proto__":"x"}}');
		expect(Object.keys(decoded.Meta ?? {})).toEqual(["__proto__"]);
	});
});
