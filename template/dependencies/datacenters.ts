import type { Client } from "../../client/index.ts";
import type { Dependency } from "./dependency.ts";
import { sortedTexts } from "./order.ts";
import { pollingFetch } from "./poll.ts";

/** The endpoint cannot block. */
const pollMs = 15_000;

/** The names of all data centers, sorted; with `ignoreFailing`, only those that answer. */
export function datacentersDependency(ignoreFailing: boolean): Dependency {
	const previous = {};
	return {
		id: ignoreFailing ? "catalog.datacenters(reachable)" : "catalog.datacenters",
		fetch: ({ client, clock }, options) =>
			pollingFetch(clock, options, pollMs, () => names(client, ignoreFailing, options.signal), previous),
	};
}

async function names(client: Client, ignoreFailing: boolean, signal: AbortSignal): Promise<readonly string[]> {
	const all = sortedTexts(await client.catalog.datacenters({ signal }));
	if (!ignoreFailing) return all;
	const answers = await Promise.all(
		all.map((datacenter) =>
			client.catalog.services({ datacenter, signal, consistency: "stale" }).then(
				() => true,
				() => false,
			),
		),
	);
	return all.filter((_, position) => answers[position] === true);
}
