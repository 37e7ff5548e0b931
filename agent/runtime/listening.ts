import type { RuntimeConfig } from "../config/index.ts";
import type { HttpListenAddress } from "../http/index.ts";

/** Every address of the HTTP API; none when its port is off and no socket is given. */
export function listenAddresses(config: RuntimeConfig): readonly HttpListenAddress[] {
	return config.http.addresses.flatMap((address): HttpListenAddress[] => {
		if (address.startsWith("unix://")) return [{ path: address.slice("unix://".length) }];
		return config.http.port < 0 ? [] : [{ host: address, port: config.http.port }];
	});
}

/** Every address of the DNS interface; none when its port is off. */
export function dnsAddresses(config: RuntimeConfig): readonly { readonly host: string; readonly port: number }[] {
	if (config.dnsListen.port < 0) return [];
	return config.dnsListen.addresses
		.filter((address) => !address.startsWith("unix://"))
		.map((host) => ({ host, port: config.dnsListen.port }));
}
