import { describe, expect, it } from "vitest";
import { parseWait, waitConfig } from "./wait.ts";

describe("-wait MIN[:MAX]", () => {
	it.each([
		["5s", { enabled: true, minMs: 5_000, maxMs: 20_000 }],
		["1s:3s", { enabled: true, minMs: 1_000, maxMs: 3_000 }],
		["", { enabled: false }],
	])("%j", (text, wanted) => expect(parseWait(text, "-wait")).toEqual(wanted));

	it.each([
		["5s:1s", "below the first"],
		["-5s", "negative"],
		["1s:2s:3s", "MIN:MAX"],
		["soon", "not a duration"],
	])("%j is an error", (text, message) => expect(() => parseWait(text, "-wait")).toThrow(message));

	it("fills in four times the minimum", () => {
		expect(waitConfig({ minMs: 100 })).toEqual({ minMs: 100, maxMs: 400 });
		expect(waitConfig({ enabled: false, minMs: 100 })).toBeUndefined();
		expect(waitConfig({})).toBeUndefined();
	});
});
