import { type Client, kvText } from "../../client/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { hostAndPort } from "../addresses.ts";
import type { RegistryEntry } from "../reconcile.ts";
import type { ServiceRegistration } from "../registration.ts";
import type { Backend } from "./backend.ts";
import { retriedOnce } from "./retried-once.ts";

/** Services as keys `PREFIX/NAME/ID` with the value `address:port`; no checks, tags or expiry. */
export function createConsulKvBackend(client: Client, path: string): Backend {
	const prefix = path.replace(/^\/+|\/+$/g, "");
	const keyPrefix = prefix === "" ? "" : `${prefix}/`;
	return {
		name: `the KV store of the agent at ${client.address}`,
		ping: async () => {
			await client.status.leader();
		},
		register: (service) =>
			retriedOnce(async () => {
				const { key } = entryOf(keyPrefix, service);
				const written = await client.kv.put(key, hostAndPort(service));
				if (!written) throw new DiscoError("KV_REFUSED", `the agent at ${client.address} refused to write ${key}`);
			}),
		deregister: (entry) =>
			retriedOnce(async () => {
				await client.kv.delete(entry.key);
			}),
		list: async () => {
			const pairs = (await client.kv.list(keyPrefix)).value;
			return pairs.flatMap((pair) => parseEntry(keyPrefix, pair.Key, kvText(pair)));
		},
		entryOf: (service) => entryOf(keyPrefix, service),
		close: () => client.close(),
	};
}

function entryOf(keyPrefix: string, service: ServiceRegistration): RegistryEntry {
	const { id, name } = service;
	return { key: `${keyPrefix}${name}/${id}`, id, name, fingerprint: hostAndPort(service) };
}

/** Keys of another shape than `NAME/ID` below the prefix are somebody else's. */
function parseEntry(keyPrefix: string, key: string, value: string): RegistryEntry[] {
	const match = /^([^/]+)\/([^/]+)$/.exec(key.slice(keyPrefix.length));
	if (match?.[1] === undefined || match[2] === undefined) return [];
	return [{ key, id: match[2], name: match[1], fingerprint: value }];
}
