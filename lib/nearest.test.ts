import { expect, it } from "vitest";
import { nearest } from "./nearest.ts";

it.each([
	["data_dri", ["data_dir", "datacenter"], "data_dir"],
	["server", ["server", "service"], "server"],
	["frobnicate", ["data_dir", "server"], undefined],
	["x", [], undefined],
])("of %s and %j: %s", (word, known, expected) => {
	expect(nearest(word, known)).toBe(expected);
});
