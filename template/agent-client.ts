import { type Client, createClient, parseBasicAuth, readTokenFile } from "../client/index.ts";
import type { ConsulConfig } from "./config/index.ts";

/** The client that the configuration asks for. Errors: `ADDRESS_INVALID`, `TOKEN_FILE_UNREADABLE`. */
export function createAgentClient(config: ConsulConfig): Client {
	const token = config.tokenFile === undefined ? config.token : readTokenFile(config.tokenFile, "consul token file");
	const basicAuth = parseBasicAuth(config.auth);
	const { tls } = config;
	return createClient({
		address: config.address,
		...(token === undefined ? {} : { token }),
		...(basicAuth === undefined ? {} : { basicAuth }),
		tlsEnabled: tls.enabled,
		tls: {
			verify: tls.verify,
			...(tls.caCert === undefined ? {} : { caFile: tls.caCert }),
			...(tls.caPath === undefined ? {} : { caFolder: tls.caPath }),
			...(tls.cert === undefined ? {} : { certFile: tls.cert }),
			...(tls.key === undefined ? {} : { keyFile: tls.key }),
			...(tls.serverName === undefined ? {} : { serverName: tls.serverName }),
		},
	});
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
