import { type ClientOptions, clientOptionsFromEnvironment, createClient } from "../../client/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import type { Backend } from "./backend.ts";
import { createConsulBackend } from "./consul.ts";
import { createConsulKvBackend } from "./consulkv.ts";
import { createEtcdBackend, createSkyDnsBackend } from "./etcd.ts";
import { etcdKeysOfEither } from "./etcd-either.ts";
import { etcdKeys } from "./etcd-keys.ts";
import { etcdV3Keys } from "./etcd-v3-keys.ts";
import { createZooKeeperBackend } from "./zookeeper.ts";
import { zookeeperNodes } from "./zookeeper-nodes.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface BackendOptions {
	/** After which entries in etcd expire unless they are written again; 0: never. */
	readonly ttlSeconds: number;
	readonly compat: boolean;
}

/** A registry that has not answered by then counts as away. */
const answerMsMax = 10_000;

const schemes = "consul, consul-unix, consul-tls, consulkv, consulkv-unix, etcd, etcd2, etcd3, skydns2 or zookeeper";

/**
 * The backend that a registry URI names, not yet connected.
 *
 * `consul://[host:port]` (without a host `CONSUL_HTTP_ADDR` or the default address), `consul-unix:///socket`,
 * `consul-tls://host:port` (`CONSUL_CACERT`, `CONSUL_CLIENT_CERT`, `CONSUL_CLIENT_KEY`), `consulkv://[host:port]/prefix`,
 * `consulkv-unix:///socket:/prefix`, `etcd://[host:port]/path` (`etcd2://` and `etcd3://`: only that API of etcd),
 * `skydns2://[host:port]/domain` and `zookeeper://[host:port,...]/path`. Errors: `BACKEND_UNKNOWN`,
 * `BACKEND_URI_INVALID`, and those of the client's options.
 */
export function openBackend(uri: string, environment: Environment, { ttlSeconds, compat }: BackendOptions): Backend {
	const match = /^([a-z0-9+.-]+):\/\/([^/]*)(.*)$/is.exec(uri);
	if (match === null) {
		throw new DiscoError("BACKEND_URI_INVALID", `"${uri}" is not a registry URI; write consul://127.0.0.1:8500`);
	}
	const [, scheme = "", host = "", path = ""] = match;
	const fromEnvironment = { ...clientOptionsFromEnvironment(environment), timeoutMs: answerMsMax };
	const at = (options: ClientOptions) => (host === "" ? fromEnvironment : { ...fromEnvironment, ...options });
	switch (scheme.toLowerCase()) {
		case "consul":
			return consul(at({ address: host }));
		case "consul-tls":
			return consul({ ...at({ address: `https://${host}` }), tlsEnabled: true });
		case "consul-unix":
			return consul({ ...fromEnvironment, address: `unix://${path}` });
		case "consulkv":
			return consulKv(at({ address: host }), path);
		case "consulkv-unix": {
			const [socket = "", prefix = ""] = path.split(":", 2);
			return consulKv({ ...fromEnvironment, address: `unix://${socket}` }, prefix);
		}
		case "etcd":
			return createEtcdBackend(etcdKeysOfEither(host), path, ttlSeconds);
		case "etcd2":
			return createEtcdBackend(etcdKeys(host), path, ttlSeconds);
		case "etcd3":
			return createEtcdBackend(etcdV3Keys(host), path, ttlSeconds);
		case "skydns2":
			return createSkyDnsBackend(etcdKeysOfEither(host), path, ttlSeconds);
		case "zookeeper":
			return createZooKeeperBackend(zookeeperNodes(host), path, !compat);
		default:
			throw new DiscoError("BACKEND_UNKNOWN", `unknown registry "${scheme}://" in "${uri}"; use ${schemes}`);
	}
}

function consul(options: ClientOptions): Backend {
	return createConsulBackend(createClient(options));
}

function consulKv(options: ClientOptions, path: string): Backend {
	if (path.replace(/\/+$/, "") === "") {
		throw new DiscoError("BACKEND_URI_INVALID", "consulkv:// needs a prefix; write consulkv://127.0.0.1:8500/services");
	}
	return createConsulKvBackend(createClient(options), path);
}
