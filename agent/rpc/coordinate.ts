import type { Clock } from "../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log/index.ts";
import type { Coordinate, CoordinateRecord } from "../state/index.ts";
import type { Datacenters } from "./datacenters.ts";
import type { CoordinateEndpoints } from "./endpoints.ts";
import { sortNear } from "./near.ts";
import type { Server } from "./server.ts";

/** Updates are gathered for this long and written as one command: they come from every node, all the time. */
const batchAfterMs = 1_000;
/** Nodes that may wait for it; further ones are left out and come again. */
const pendingMax = 8_192;
/** Updates per command. */
const batchSizeMax = 512;
const dimensions = 8;

/** `/v1/coordinate/...` from this server's state. */
export function coordinateEndpoints(
	server: Server,
	{ clock, logger, datacenters }: { readonly clock: Clock; readonly logger: Logger; readonly datacenters: Datacenters },
): CoordinateEndpoints {
	const { store } = server;
	/** The newest update per node and segment. */
	const pending = new Map<string, CoordinateRecord>();

	async function flush(): Promise<void> {
		const updates = [...pending.values()];
		pending.clear();
		for (let from = 0; from < updates.length; from += batchSizeMax) {
			const batch = updates.slice(from, from + batchSizeMax);
			try {
				await server.write({ datacenter: "", token: "" }, { kind: "coordinates", updates: batch });
			} catch (error) {
				// Without a leader, say; nodes send new ones every few seconds.
				logger.warn("updates of coordinates are lost", { count: batch.length, error: errorMessage(error) });
			}
		}
	}

	return {
		async update(update, options) {
			await server.admit({ ...options, consistency: "stale" });
			assertCoordinate(update.coordinate);
			const key = JSON.stringify([update.node.toLowerCase(), update.segment]);
			if (pending.size >= pendingMax && !pending.has(key)) return;
			if (pending.size === 0) clock.after(batchAfterMs, () => void flush());
			pending.set(key, update);
		},
		nodes: (options) => server.read(options, (watchSet) => store.coordinates(watchSet)),
		node: (name, options) => server.read(options, (watchSet) => store.nodeCoordinates(name, watchSet)),
		datacenters: async () => datacenters.coordinates(),
		sortNear: (near, list, nodeOf) => sortNear(list, nodeOf, near, (node) => store.nodeCoordinates(node).value),
	};
}

function assertCoordinate({ vec, error, adjustment, height }: Coordinate): void {
	if (vec.length !== dimensions)
		throw new DiscoError(
			"COORDINATE_INVALID",
			`incompatible coordinate: Vec has ${vec.length} numbers; it needs ${dimensions}`,
		);
	if (![...vec, error, adjustment, height].every(Number.isFinite))
		throw new DiscoError("COORDINATE_INVALID", "invalid coordinate: every number must be finite");
}
