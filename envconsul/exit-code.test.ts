import { expect, test } from "vitest";
import { DiscoError } from "../lib/errors.ts";
import { exitCodeOfChild, exitCodeOfError } from "./exit-code.ts";

test.each<[string, number]>([
	["FLAG_UNKNOWN", 13],
	["CONFIG_KEY_UNKNOWN", 15],
	["CONFIG_COMMAND_MISSING", 15],
	["COMMAND_NOT_FOUND", 14],
	["AGENT_UNREACHABLE", 14],
	["TEMPLATE_INVALID", 14],
])("%s ends with %i", (code, expected) => {
	expect(exitCodeOfError(new DiscoError(code, "x"))).toBe(expected);
});

test("what is nobody's error ends with 11", () => {
	expect(exitCodeOfError(new Error("bug"))).toBe(11);
});

test("the child's code is passed on; a signal as shells do, or as the reference", () => {
	expect(exitCodeOfChild({ code: 7, signal: null }, false)).toBe(7);
	expect(exitCodeOfChild({ code: null, signal: "SIGKILL" }, false)).toBe(137);
	expect(exitCodeOfChild({ code: null, signal: "SIGKILL" }, true)).toBe(255);
});
