import { readTlsFiles } from "../../lib/tls/index.ts";
import type { ListenConfig, RuntimeConfig } from "../config/index.ts";
import type { HttpConfig, HttpListenAddress, HttpTls } from "../http/index.ts";

/** Every address of the HTTP API, HTTPS after HTTP. A port that is off switches off its sockets, too, as in the reference. */
function listenAddresses({ http, https, socketRights }: RuntimeConfig): readonly HttpListenAddress[] {
	const of = ({ addresses, port }: ListenConfig) =>
		(port < 0 ? [] : addresses).map(
			(address): HttpListenAddress =>
				address.startsWith("unix://")
					? { path: address.slice("unix://".length), ...socketRights }
					: { host: address, port },
		);
	return [...of(http), ...of(https).map((address) => ({ ...address, secure: true as const }))];
}

/** Every address of the DNS interface; none when its port is off. */
export function dnsAddresses(config: RuntimeConfig): readonly { readonly host: string; readonly port: number }[] {
	if (config.dnsListen.port < 0) return [];
	return config.dnsListen.addresses
		.filter((address) => !address.startsWith("unix://"))
		.map((host) => ({ host, port: config.dnsListen.port }));
}

/** TLS of the HTTPS addresses, with its files read. Fails with `TLS_FILE_INVALID`. */
export function httpTls({ tls, httpSettings }: RuntimeConfig): HttpTls {
	return {
		files: readTlsFiles(tls.https),
		verifyIncoming: tls.https.verifyIncoming,
		handshakeTimeoutMs: httpSettings.handshakeTimeoutMs,
	};
}

/** What the HTTP API is told of the configuration. */
export function httpConfig(config: RuntimeConfig): HttpConfig {
	const { headerBytesMax, connectionsPerClientMax, handshakeTimeoutMs: _tls, ...settings } = config.httpSettings;
	return {
		...settings,
		...(headerBytesMax === undefined ? {} : { headerBytesMax }),
		...(connectionsPerClientMax === 0 ? {} : { connectionsPerClientMax }),
		listen: listenAddresses(config),
		nodeName: config.nodeName,
		datacenter: config.datacenter,
		pretty: config.dev,
		scriptChecks: config.scriptChecks.api,
		compat: config.compat,
	};
}
