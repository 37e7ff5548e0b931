import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDurationMs, tryParseDurationMs } from "./duration.ts";

describe("tryParseDurationMs", () => {
	it.each([
		["10s", 10_000],
		["1m30s", 90_000],
		["1.5h", 5_400_000],
		[".5s", 500],
		["0", 0],
		["-2ms", -2],
		["250us", 0.25],
		["1h2m3.004s", 3_723_004],
	])("reads %s as %d ms", (text, expected) => {
		expect(tryParseDurationMs(text)).toBeCloseTo(expected, 9);
	});

	it.each(["", "10", "s", "1 s", "1d", "--1s", "1s2", "1e3s"])("refuses %j", (text) => {
		expect(tryParseDurationMs(text)).toBeUndefined();
	});

	it("names the field and the value in its error", () => {
		expect(() => parseDurationMs("soon", "check.interval")).toThrow(/check\.interval: "soon"/);
	});
});

describe("formatDuration", () => {
	it.each([
		[0, "0s"],
		[10_000, "10s"],
		[90_000, "1m30s"],
		[1500, "1.5s"],
		[10, "10ms"],
		[0.25, "250\u00b5s"],
		[3_600_000, "1h0m0s"],
		[-2, "-2ms"],
		[0.000001, "1ns"],
	])("prints %d ms as %s", (durationMs, text) => {
		expect(formatDuration(durationMs)).toBe(text);
	});

	it("is read back as the same duration", () => {
		fc.assert(
			fc.property(fc.integer({ min: -1e9, max: 1e9 }), (durationMs) => {
				expect(tryParseDurationMs(formatDuration(durationMs))).toBeCloseTo(durationMs, 3);
			}),
		);
	});
});
