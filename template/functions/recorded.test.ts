import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type GoValue, parse } from "../gotmpl/index.ts";
import type { FunctionContext } from "./context.ts";
import { createFunctions, preloadFunctions } from "./index.ts";

/** Random calls of every function that gives the same each time, with what consul-template 0.42.1 made of them. */
const cases = JSON.parse(readFileSync(new URL("recorded.json", import.meta.url), "utf8")) as [string, string][];

const keys: Readonly<Record<string, string>> = {
	k1: "v1",
	num: "42",
	empty: "",
	json: '{"b":[1,2.5,"x",null,true],"a":{"c":"d","e":{"f":1}},"s":"t<&>"}',
	yaml: "a: 1\nb: [x, y]\nc:\n  d: yes\n",
	list: "a,b,,c",
	uni: "añ日本",
};
const pair = (Key: string, Value: string) => ({
	...{ Path: `app/${Key}`, Key, Value, CreateIndex: 5, ModifyIndex: 6, LockIndex: 0, Flags: 7, Session: "" },
});
const instance = (id: string, Port: number, ...Tags: string[]) => ({
	...{ Node: `n-${id}`, NodeID: "nid", NodeAddress: "10.0.0.1", NodeTaggedAddresses: { lan: "10.0.0.1" } },
	...{ NodeMeta: { z: "1" }, ServiceMeta: { ver: id, w: "5" }, Address: `10.0.0.${id}`, ServiceTaggedAddresses: {} },
	...{ ID: `api-${id}`, Name: "api", Tags, Checks: [], Status: "passing", Port, Weights: { Passing: 1, Warning: 2 } },
});
const data: Readonly<Record<string, unknown>> = {
	...Object.fromEntries(Object.entries(keys).map(([key, value]) => [`kv.block(${key})`, value])),
	"kv.list(app)": [pair("a", "1"), pair("b/x", "2"), pair("b/y", "3"), pair("c/", ""), pair("d/e/f", "4")],
	"catalog.services": [
		{ Name: "api", Tags: ["v1", "v2"] },
		{ Name: "db", Tags: [] },
		{ Name: "web", Tags: ["v2"] },
	],
	"health.service(api|passing)": [instance("1", 80, "v1", "x"), instance("2", 8080), instance("3", 80, "x")],
};
const variables = '{{$s := "str"}}{{$n := 5}}{{$l := sprig_list 1 "b"}}{{$m := sprig_dict "k" "v"}}{{$f := 2.5}}';

const context = {
	data: ({ id }: { readonly id: string }) => data[id],
	environment: {},
	nowMs: () => 0,
	scratch: () => new Map<string, GoValue>(),
} as unknown as FunctionContext;

describe("calls recorded from consul-template", () => {
	const functions = createFunctions(context, []);

	beforeAll(() => preloadFunctions("regex parseYAML"));

	it.each(cases)("%s", (text, wanted) => {
		const template = parse({ name: "", text: variables + text, functions });
		expect(template.execute({ functions, missingKey: "zero" })).toBe(wanted);
	});
});
