import { DiscoError } from "../../lib/errors.ts";
import { hostAndPort } from "../addresses.ts";
import type { RegistryEntry } from "../reconcile.ts";
import type { ServiceRegistration } from "../registration.ts";
import type { Backend } from "./backend.ts";
import type { EtcdKey, EtcdKeys } from "./etcd-keys.ts";

/** Services as keys `/PATH/NAME/ID` with the value `address:port`; the folder of the name stays when it is empty. */
export function createEtcdBackend(keys: EtcdKeys, path: string, ttlSeconds: number): Backend {
	return backendOnKeys(keys, `/${path.replace(/^\/+|\/+$/g, "")}`, hostAndPort, ttlSeconds);
}

/**
 * As SkyDNS (v2) and CoreDNS (v3) read them: `/skydns/local/cluster/NAME/ID` for the domain `cluster.local`, with the value `{"host":..., "port":...}`.
 * Error: `BACKEND_URI_INVALID` without a domain.
 */
export function createSkyDnsBackend(keys: EtcdKeys, path: string, ttlSeconds: number): Backend {
	const domain = path.replace(/^\/+|\/+$/g, "");
	if (domain === "") {
		throw new DiscoError(
			"BACKEND_URI_INVALID",
			"skydns2:// needs a domain; write skydns2://127.0.0.1:2379/cluster.local",
		);
	}
	const folder = `/skydns/${domain.split(".").reverse().join("/")}`;
	const value = ({ address, port }: ServiceRegistration) => JSON.stringify({ host: address, port });
	return backendOnKeys(keys, folder, value, ttlSeconds);
}

function backendOnKeys(
	keys: EtcdKeys,
	folder: string,
	valueOfService: (service: ServiceRegistration) => string,
	ttlSeconds: number,
): Backend {
	const prefix = folder === "/" ? "/" : `${folder}/`;
	const entryOf = (service: ServiceRegistration): RegistryEntry => {
		const { id, name } = service;
		return { key: `${prefix}${name}/${id}`, id, name, fingerprint: valueOfService(service) };
	};
	return {
		name: `etcd at ${keys.address}`,
		ping: () => keys.ping(),
		register: (service) => {
			const { key, fingerprint } = entryOf(service);
			return keys.set(key, fingerprint, ttlSeconds);
		},
		deregister: ({ key }) => keys.remove(key),
		list: async () => (await keys.list(folder)).flatMap((key) => parseEntry(prefix, key)),
		entryOf,
		close: () => keys.close(),
	};
}

/** Keys of another shape than `NAME/ID` below the folder are somebody else's. */
function parseEntry(prefix: string, { path, value }: EtcdKey): RegistryEntry[] {
	const match = /^([^/]+)\/([^/]+)$/.exec(path.slice(prefix.length));
	if (match?.[1] === undefined || match[2] === undefined) return [];
	return [{ key: path, id: match[2], name: match[1], fingerprint: value }];
}
