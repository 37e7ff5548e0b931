import { expect, it } from "vitest";
import { isEncodableName } from "./records.ts";

it.each([
	["web.service.consul", true],
	["a", true],
	["", false],
	["a..b", false],
	[".a", false],
	["a.", false],
	["x".repeat(63), true],
	["x".repeat(64), false],
	["ü".repeat(31), true],
	["ü".repeat(32), false],
	[`${"x".repeat(63)}.`.repeat(3).concat("x".repeat(61)), true],
	[`${"x".repeat(63)}.`.repeat(3).concat("x".repeat(62)), false],
])("isEncodableName(%j)", (name, expected) => {
	expect(isEncodableName(name)).toBe(expected);
});
