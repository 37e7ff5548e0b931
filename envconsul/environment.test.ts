import fc from "fast-check";
import { expect, test } from "vitest";
import type { CatalogServiceEntry } from "../lib/api/index.ts";
import { environmentFrom, type NameOptions, type SourceAnswer, sameVariables, textOrBytes } from "./environment.ts";
import { parsePrefix, parseServiceQuery } from "./source.ts";

const plain: NameOptions = { sanitize: false, upcase: false };
type PrefixOptions = Partial<Parameters<typeof parsePrefix>[1]>;

function keys(path: string, pairs: Readonly<Record<string, string>>, options: PrefixOptions = {}): SourceAnswer {
	return {
		kind: "prefix",
		source: parsePrefix(path, { env: {}, stringPrefix: false, withPath: false, ...options }),
		pairs: Object.entries(pairs).map(([key, value]) => ({ key, value: Buffer.from(value), modifyIndex: 1 })),
	};
}

const made = (answers: readonly SourceAnswer[], options: Partial<NameOptions> = {}) =>
	Object.fromEntries(environmentFrom(answers, { ...plain, ...options }));

test.each<[string, SourceAnswer[], Partial<NameOptions>, Record<string, string>]>([
	["keys without their path", [keys("app", { "app/a": "1", "app/b/c": "2" })], {}, { a: "1", "b/c": "2" }],
	["slashes before the name go", [keys("app", { "app//a": "1" })], {}, { a: "1" }],
	[
		"folder keys go, inner ones too",
		[keys("app", { "app/": "x", "app/ ": "y", "app/sub/": "", "app/sub/k": "1" })],
		{},
		{ "sub/k": "1" },
	],
	[
		"inner folder keys stay, as the reference has it",
		[keys("app", { "app/": "x", "app/sub/": "" })],
		{ folders: true },
		{ "sub/": "" },
	],
	[
		"a separator for slashes",
		[keys("app", { "app/db/main/host": "h" })],
		{ separator: "__", upcase: true },
		{ DB__MAIN__HOST: "h" },
	],
	["no separator at all", [keys("app", { "app/db/host": "h" })], { separator: "" }, { dbhost: "h" }],
	[
		"path, format, separator",
		[keys("a", { "a/b/c": "1" }, { withPath: true, format: "x/{{ key }}" })],
		{ separator: "-" },
		{ "x-a_b-c": "1" },
	],
	["everything", [keys("", { a: "1", "b/c": "2" })], {}, { a: "1", "b/c": "2" }],
	["later sources win", [keys("a", { "a/k": "A" }), keys("b", { "b/k": "B" })], {}, { k: "B" }],
	["sanitize", [keys("a", { "a/x-y.z é": "1", "a/1": "2" })], { sanitize: true }, { x_y_z__: "1", "1": "2" }],
	["upcase", [keys("a", { "a/é-straße": "1" })], { upcase: true }, { "É-STRAßE": "1" }],
	["collisions: the later key wins", [keys("a", { "a/K": "1", "a/k": "2" })], { upcase: true }, { K: "2" }],
	["with the path", [keys("a/b", { "a/b/k": "1" }, { withPath: true })], {}, { a_b_k: "1" }],
	["with the path, slash at its end", [keys("a/b/", { "a/b/k": "1" }, { withPath: true })], {}, { a_b_k: "1" }],
	[
		"with the path, slash at its end, as the reference",
		[keys("a/", { "a/k": "1" }, { withPath: true, stringPrefix: true })],
		{},
		{ a__k: "1" },
	],
	["format, then upcase", [keys("a", { "a/k": "1" }, { format: "x-{{ key }}" })], { upcase: true }, { "X-K": "1" }],
	[
		"format with replaceKey",
		[keys("a", { "a/k": "1", "a/l": "2" }, { format: "{{ key | replaceKey `k` `K_NEW` }}" })],
		{},
		{ K_NEW: "1", l: "2" },
	],
])("%s", (_, answers, options, expected) => {
	expect(made(answers, options)).toEqual(expected);
});

test("a string prefix, as the reference has it, takes what only starts alike", () => {
	const answer = keys("app", { "app/k": "1", "app2/x": "2", apple: "3" }, { stringPrefix: true });
	expect(made([answer])).toEqual({ k: "1", "2/x": "2", le: "3" });
});

test("services: the last instance wins, formats name the variables", () => {
	const instance = (id: string) =>
		({
			ServiceID: id,
			ServiceName: "web",
			ServiceAddress: "10.0.0.1",
			ServiceTags: ["a", "b"],
			ServicePort: 80,
		}) as unknown as CatalogServiceEntry;
	const answer = (formats: object): SourceAnswer => ({
		kind: "service",
		source: parseServiceQuery("web", formats),
		instances: [instance("web1"), instance("web2")],
	});
	expect(made([answer({})])).toEqual({
		"web/id": "web2",
		"web/name": "web",
		"web/address": "10.0.0.1",
		"web/tag": "a,b",
		"web/port": "80",
	});
	expect(
		made([answer({ id: "ID", name: "ID", address: "ID", tag: "ID", port: "{{service}}-{{key}}" })], {
			sanitize: true,
			upcase: true,
		}),
	).toEqual({
		ID: "a,b",
		WEB_PORT: "80",
	});
});

test("values are bytes: text where they are UTF-8, else as they are", () => {
	expect(textOrBytes(Buffer.from("h\u00e9 \ufeffx"))).toBe("h\u00e9 \ufeffx");
	expect(textOrBytes(Buffer.from([0xff, 0xfe, 0x41]))).toEqual(Buffer.from([0xff, 0xfe, 0x41]));
	fc.assert(
		fc.property(fc.uint8Array(), (bytes) => {
			expect(Buffer.from(textOrBytes(bytes))).toEqual(Buffer.from(bytes));
		}),
	);
});

test("sameVariables does not look at the order, but at every byte", () => {
	const a = new Map<string, string | Uint8Array>([
		["x", "1"],
		["y", Buffer.from([255])],
	]);
	expect(sameVariables(a, new Map([...a].reverse()))).toBe(true);
	expect(sameVariables(a, new Map([...a, ["z", ""]]))).toBe(false);
	expect(
		sameVariables(
			a,
			new Map<string, string | Uint8Array>([
				["x", "1"],
				["y", Buffer.from([254])],
			]),
		),
	).toBe(false);
	expect(
		sameVariables(
			a,
			new Map([
				["x", "1"],
				["y", "255"],
			]),
		),
	).toBe(false);
});
