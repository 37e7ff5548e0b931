import { describe, expect, it } from "vitest";
import type { CoordinateRecord } from "../state/index.ts";
import { distanceSeconds, sortNear } from "./near.ts";

const at = (x: number, fields: object = {}) => ({ vec: [x, 0], error: 0, adjustment: 0, height: 0, ...fields });

describe("the distance of two coordinates", () => {
	it.each([
		[at(0), at(3), 3],
		[at(0), { ...at(3), vec: [3, 4] }, 5],
		[at(0, { height: 1 }), at(3, { height: 2 }), 6],
		[at(0, { adjustment: 0.5 }), at(3, { adjustment: -1 }), 2.5],
		// An adjustment never makes it negative.
		[at(0, { adjustment: -5 }), at(3), 3],
	])("of %j and %j is %d", (a, b, expected) => {
		expect(distanceSeconds(a, b)).toBe(expected);
		expect(distanceSeconds(b, a)).toBe(expected);
	});
});

describe("sorting by distance", () => {
	const records: Readonly<Record<string, readonly CoordinateRecord[]>> = {
		here: [{ node: "here", segment: "", coordinate: at(0) }],
		near: [{ node: "near", segment: "", coordinate: at(1) }],
		far: [{ node: "far", segment: "", coordinate: at(9) }],
		elsewhere: [{ node: "elsewhere", segment: "other", coordinate: at(0) }],
	};
	const coordinatesOf = (node: string) => records[node] ?? [];
	const list = ["none", "far", "elsewhere", "near", "here"];

	it("puts those last that cannot be compared, in the order given", () => {
		expect(sortNear(list, (node) => node, "here", coordinatesOf)).toEqual(["here", "near", "far", "none", "elsewhere"]);
	});

	it("leaves the list alone when nothing is known of where to measure from", () => {
		expect(sortNear(list, (node) => node, "none", coordinatesOf)).toBe(list);
	});
});
