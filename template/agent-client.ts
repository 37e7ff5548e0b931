import { type Client, type ClientOptions, createClient, parseBasicAuth, readTokenFile } from "../client/index.ts";
import type { ConsulConfig, RuntimeConfig } from "./config/index.ts";

/**
 * The client that the configuration asks for: an agent's, or etcd in its place. Errors: `ADDRESS_INVALID`, `TOKEN_FILE_UNREADABLE`.
 */
export async function createSourceClient({ consul, etcdAddress }: RuntimeConfig): Promise<Client> {
	if (etcdAddress === undefined) return createAgentClient(consul);
	const { createEtcdClient } = await import("./etcd-source.ts");
	// Nobody else's token: only how to speak TLS is shared.
	return createEtcdClient({ address: etcdAddress, ...tlsOptions(consul) });
}

function createAgentClient(config: ConsulConfig): Client {
	const token = config.tokenFile === undefined ? config.token : readTokenFile(config.tokenFile, "consul token file");
	const basicAuth = parseBasicAuth(config.auth);
	return createClient({
		address: config.address,
		...(token === undefined ? {} : { token }),
		...(basicAuth === undefined ? {} : { basicAuth }),
		...tlsOptions(config),
	});
}

function tlsOptions({ tls }: ConsulConfig): Pick<ClientOptions, "tlsEnabled" | "tls"> {
	return {
		tlsEnabled: tls.enabled,
		tls: {
			verify: tls.verify,
			...(tls.caCert === undefined ? {} : { caFile: tls.caCert }),
			...(tls.caPath === undefined ? {} : { caFolder: tls.caPath }),
			...(tls.cert === undefined ? {} : { certFile: tls.cert }),
			...(tls.key === undefined ? {} : { keyFile: tls.key }),
			...(tls.serverName === undefined ? {} : { serverName: tls.serverName }),
		},
	};
}

/** How the agent is reached, as variables for commands, the supervised program and `env` (RUNNER.md "Commands"). */
export function agentVariables(config: ConsulConfig): Readonly<Record<string, string>> {
	return {
		CONSUL_HTTP_ADDR: config.address,
		...(config.token === undefined || config.token === "" ? {} : { CONSUL_HTTP_TOKEN: config.token }),
		...(config.tokenFile === undefined ? {} : { CONSUL_HTTP_TOKEN_FILE: config.tokenFile }),
		...(config.auth === undefined ? {} : { CONSUL_HTTP_AUTH: config.auth }),
		CONSUL_HTTP_SSL: String(config.tls.enabled),
		CONSUL_HTTP_SSL_VERIFY: String(config.tls.verify),
	};
}
