import { expect, test } from "vitest";
import { childEnvironment, type EnvironmentFilter } from "./child-environment.ts";

const own = new Map([
	["PATH", "/bin"],
	["HOME", "/h"],
	["k", "own"],
]);
const variables = new Map([
	["k", "kv"],
	["SECRET_X", "s"],
	["db/host", "h"],
]);

test.each<[string, Partial<EnvironmentFilter>, boolean, Record<string, string>]>([
	["own, then what was read", {}, false, { PATH: "/bin", HOME: "/h", k: "kv", SECRET_X: "s", "db/host": "h" }],
	["pristine", {}, true, { k: "kv", SECRET_X: "s", "db/host": "h" }],
	["exec.env.pristine drops all", { pristine: true, custom: ["A=1"] }, false, { A: "1" }],
	["allow", { allow: ["PATH", "SECRET_?"] }, false, { PATH: "/bin", SECRET_X: "s" }],
	["a star does not match a slash", { allow: ["db*"] }, false, {}],
	["classes", { allow: ["[A-H]*"] }, false, { HOME: "/h" }],
	["not a class", { allow: ["[^A-Z]*"] }, false, { k: "kv" }],
	[
		"deny beats allow",
		{ allow: ["*", "*/*"], deny: ["SECRET_*"] },
		false,
		{ PATH: "/bin", HOME: "/h", k: "kv", "db/host": "h" },
	],
	[
		"custom survives, wins and is not expanded",
		{ custom: ["k=$HOME=x", "N"], deny: ["*", "*/*"] },
		false,
		{ k: "$HOME=x", N: "" },
	],
	["a dot is a dot", { allow: ["P.TH"] }, false, {}],
])("%s", (_, filter, pristine, expected) => {
	const whole = { pristine: false, custom: [], allow: [], deny: [], ...filter };
	expect(Object.fromEntries(childEnvironment({ own, variables, pristine, filter: whole }))).toEqual(expected);
});
