import { expect, test } from "vitest";
import { keepsServices } from "./deregistration.ts";

test.each([
	["always", 1, false],
	["on-success", 0, false],
	["on-success", 1, true],
	["on-success", 127, true],
	["on-success", 137, false],
	["on-success", 200, false],
	["on-success", undefined, false],
] as const)("%s, status %s: kept %s", (policy, exitCode, kept) => {
	expect(keepsServices(policy, exitCode)).toBe(kept);
});
