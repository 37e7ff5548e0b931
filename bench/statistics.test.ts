import { expect, it } from "vitest";
import { formatSpread, spread } from "./statistics.ts";

it.each([
	[[3], { median: 3, min: 3, max: 3 }],
	[[5, 1, 3], { median: 3, min: 1, max: 5 }],
	[[4, 1, 2, 3], { median: 2.5, min: 1, max: 4 }],
])("spread of %j", (values, expected) => {
	expect(spread(values)).toEqual(expected);
});

it("formatSpread rounds to what the figures are worth", () => {
	expect(formatSpread({ median: 12345.6, min: 999.4, max: 20000 }, "/s")).toBe("12,346/s (999-20,000)");
});
