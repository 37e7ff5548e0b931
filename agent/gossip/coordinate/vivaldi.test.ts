import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { fakeRandom } from "../../../lib/env/fake.ts";
import { type Coordinate, CoordinateClient, distanceSeconds, isCoordinate, originCoordinate } from "./vivaldi.ts";

const { coordinates } = JSON.parse(
	readFileSync(new URL("../../../test/vectors/serf-vectors.json", import.meta.url), "utf8"),
);
const other: Coordinate = coordinates.other;

it("moves as the reference does, six times", () => {
	const client = new CoordinateClient(fakeRandom(1), coordinates.start);
	for (const { after, rtt_ns, distance_to_other_ns } of coordinates.updates) {
		expect(client.update("other", other, rtt_ns / 1e9)).toBe(true);
		for (const field of ["Error", "Adjustment", "Height"] as const)
			expect(client.coordinate[field]).toBeCloseTo(after[field], 12);
		for (const [at, value] of client.coordinate.Vec.entries()) expect(value).toBeCloseTo(after.Vec[at], 12);
		expect(Math.round(distanceSeconds(client.coordinate, other) * 1e9)).toBe(distance_to_other_ns);
	}
});

it("starts as the reference's does", () => {
	expect(new CoordinateClient(fakeRandom(1)).coordinate).toEqual(coordinates.fresh);
});

it.each([
	["a round trip of 11 s", other, 11],
	["a negative one", other, -1],
	["a number that is none", { ...other, Height: Number.NaN }, 1],
	["other dimensions", { ...other, Vec: [1] }, 1],
])("refuses %s", (_, coordinate, seconds) => {
	const client = new CoordinateClient(fakeRandom(1));
	expect(client.update("other", coordinate, seconds)).toBe(false);
	expect(client.coordinate).toEqual(originCoordinate);
});

it("two nodes at the same place move apart until their distance is what was measured", () => {
	const random = fakeRandom(3);
	const clients = [new CoordinateClient(random), new CoordinateClient(random)] as const;
	for (let round = 0; round < 400; round++)
		for (const at of [0, 1] as const) clients[at].update("peer", clients[1 - at]?.coordinate ?? other, 0.05);
	expect(distanceSeconds(clients[0].coordinate, clients[1].coordinate)).toBeCloseTo(0.05, 2);
	expect(isCoordinate(clients[0].coordinate)).toBe(true);
});
