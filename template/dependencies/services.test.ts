import { describe, expect, it } from "vitest";
import { asBefore } from "./services.ts";

const list = (...names: readonly string[]) => names.map((name) => ({ Name: name, Tags: ["t", name] }));

describe("a list of services that is asked again", () => {
	it("is the same object when nothing has changed", () => {
		const before = list("a", "b");
		expect(asBefore(before, list("a", "b"))).toBe(before);
	});

	it.each([
		["another service", list("a", "b", "c"), [0, 1]],
		["one service less", list("b"), [1]],
		["other tags", [...list("a"), { Name: "b", Tags: ["t"] }], [0]],
	])("keeps the records of what is the same: %s", (_what, now, kept) => {
		const before = list("a", "b");
		const merged = asBefore(before, now);
		expect(merged).toEqual(now);
		expect(before.flatMap((record, at) => (merged.includes(record) ? [at] : []))).toEqual(kept);
	});
});
