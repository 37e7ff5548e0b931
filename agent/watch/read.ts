import type { Client, ReadOptions, ReadResult } from "../../client/index.ts";
import type { CheckStatus } from "../../lib/api/index.ts";
import type { WatchDefinition } from "./definition.ts";

/** Asks once for what is watched; the value is what a handler gets as JSON. Fails as the client's calls do. */
export async function readWatched(
	client: Client,
	definition: WatchDefinition,
	options: ReadOptions,
): Promise<ReadResult<unknown>> {
	switch (definition.type) {
		case "key": {
			const answer = await client.kv.get(definition.key, options);
			return { ...answer, value: answer.value === undefined ? null : entryFields(answer.value) };
		}
		case "keyprefix": {
			const answer = await client.kv.list(definition.prefix, options);
			return { ...answer, value: answer.value.length === 0 ? null : answer.value.map(entryFields) };
		}
		case "services":
			return client.catalog.services(options);
		case "nodes":
			return client.catalog.nodes(options);
		case "service":
			return client.health.service(definition.service, {
				...options,
				passing: definition.passingOnly,
				...(definition.tags.length === 0 ? {} : { tags: definition.tags }),
			});
		case "checks":
			return definition.service === undefined
				? client.health.state(definition.state as CheckStatus | "any", options)
				: client.health.checks(definition.service, options);
		case "event":
			return client.event.list({ ...options, ...(definition.name === "" ? {} : { name: definition.name }) });
	}
}

/** In the order, and with the empty session, that handlers of the reference read. */
function entryFields(pair: {
	readonly Key: string;
	readonly CreateIndex: number;
	readonly ModifyIndex: number;
	readonly LockIndex: number;
	readonly Flags: number | bigint;
	readonly Value: string | null;
	readonly Session?: string;
}): unknown {
	const { Key, CreateIndex, ModifyIndex, LockIndex, Flags, Value, Session = "" } = pair;
	return { Key, CreateIndex, ModifyIndex, LockIndex, Flags, Value, Session };
}
