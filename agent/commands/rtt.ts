import type { Coordinate } from "../../client/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { clientFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";

export const rtt = simpleCommand({
	usage: "[options] NODE [NODE]",
	about: "Estimates the round trip between two nodes; the second is the agent's own unless given.",
	examples: ["disco rtt node-1 node-2"],
	flags: {
		wan: { kind: "bool", usage: "Between servers of datacenters, written as NODE.DATACENTER" },
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 1, 2, "one or two NODEs");
		return withClient(values, io, async (client) => {
			const [first = "", given] = rest;
			const places = new Map<string, Coordinate>();
			let own: string;
			if (values.wan === true) {
				const { NodeName, Datacenter } = (await client.agent.self()).Config;
				own = `${NodeName}.${Datacenter}`;
				for (const each of await client.coordinate.datacenters()) {
					for (const { Node, Coord } of each.Coordinates ?? []) places.set(`${Node}.${each.Datacenter}`, Coord);
				}
			} else {
				own = given === undefined ? (await client.agent.self()).Config.NodeName : "";
				for (const { Node, Coord } of (await client.coordinate.nodes()).value) places.set(Node, Coord);
			}
			const second = given ?? own;
			const [from, to] = [first, second].map((node) => {
				const place = places.get(node);
				if (place === undefined) throw new DiscoError("COORDINATE_MISSING", `no coordinate is known of node "${node}"`);
				return place;
			}) as [Coordinate, Coordinate];
			const ms = roundTripSeconds(from, to) * 1000;
			io.stdout(
				`Estimated ${first} <-> ${second} rtt: ${ms.toFixed(3)} ms (using ${values.wan === true ? "WAN" : "LAN"} coordinates)\n`,
			);
			return 0;
		});
	},
});

/** Vivaldi: distance in the plane, plus both heights, plus both adjustments unless these make it negative. */
export function roundTripSeconds(a: Coordinate, b: Coordinate): number {
	const squares = a.Vec.reduce((sum, x, index) => sum + (x - (b.Vec[index] ?? 0)) ** 2, 0);
	const plain = Math.sqrt(squares) + a.Height + b.Height;
	const adjusted = plain + a.Adjustment + b.Adjustment;
	return adjusted > 0 ? adjusted : plain;
}
