import type { Clock, Random } from "../../../lib/env/index.ts";
import type { Coordinate } from "../../gossip/index.ts";
import type { Endpoints } from "../../rpc/index.ts";

/** Between two updates of a small pool; larger ones have fewer, so that all together make about 64 a second. */
const intervalMsMin = 15_000;
const updatesPerSecond = 64;

/** Tells the catalog again and again where this node is in the space of round trips; the answer ends it. */
export function sendCoordinates(parts: {
	readonly node: string;
	readonly coordinate: () => Coordinate;
	readonly memberCount: () => number;
	readonly endpoints: Endpoints;
	readonly token: string;
	readonly clock: Clock;
	readonly random: Random;
}): () => void {
	const { node, endpoints, clock, random, token } = parts;
	const update = endpoints.coordinate?.update;
	if (update === undefined) return () => undefined;
	const pauseMs = () => {
		const intervalMs = Math.max(intervalMsMin, (parts.memberCount() / updatesPerSecond) * 1000);
		return intervalMs * (1 + random.next());
	};
	const send = () => {
		const { Vec, Adjustment: adjustment, Height: height, Error: error } = parts.coordinate();
		const coordinate = { vec: [...Vec], error, adjustment, height };
		// Without a leader it is lost; the next one comes soon.
		update({ node, segment: "", coordinate }, { datacenter: "", token }).catch(() => undefined);
		timer = clock.after(pauseMs(), send);
	};
	let timer = clock.after(pauseMs(), send);
	return () => timer.cancel();
}
