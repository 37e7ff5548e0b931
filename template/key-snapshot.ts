import { type Client, kvBytes } from "../client/index.ts";
import { errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import type { Dependency } from "./dependencies/index.ts";
import { textOfBytes } from "./gotmpl/index.ts";

/** As many operations take part in one transaction (Consul's limit). */
const operationsMax = 64;

/**
 * The values that keys have together at one moment, by id of their dependency, read in one transaction: two watches bring the
 * two halves of one change one after the other, and a group must not be made of one new and one old half.
 *
 * Undefined when a key has come or gone meanwhile, which its watch will tell. Above 64 keys, and when the agent cannot answer,
 * nothing is compared (an empty map): rather files of two moments than none.
 */
export async function keySnapshot(
	client: Client,
	log: Logger,
	used: readonly Dependency[],
	valueFor: (id: string) => unknown,
): Promise<ReadonlyMap<string, unknown> | undefined> {
	const keys = used.filter(({ key }) => key !== undefined);
	if (keys.length < 2) return new Map();
	if (keys.length > operationsMax) {
		log.debug(`${keys.length} keys are more than the ${operationsMax} that can be read at one moment`);
		return new Map();
	}
	const present = keys.filter(({ id }) => valueFor(id) !== null);
	const operations = keys.map(({ id, key = "" }) => ({
		verb: valueFor(id) === null ? ("check-not-exists" as const) : ("get" as const),
		key,
	}));
	try {
		const result = await client.txn.kv(operations);
		if (!result.committed) return undefined;
		const byKey = new Map(result.pairs.map((pair) => [pair.Key, textOfBytes(kvBytes(pair))]));
		return new Map(present.map(({ id, key = "" }) => [id, byKey.get(key)]));
	} catch (error) {
		log.warn(`cannot read ${keys.length} keys at one moment, goes on without: ${errorMessage(error)}`);
		return new Map();
	}
}
