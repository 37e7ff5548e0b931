import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Clock, Random } from "../../lib/env/index.ts";
import type { Logger } from "../../lib/log/index.ts";
import type { RuntimeConfig } from "../config/index.ts";
import type { HttpListenAddress } from "../http/index.ts";
import { type ConfiguredWatch, createRemoteExec, createWatches } from "../watch/index.ts";

/** What the agent does as a client of its own API: the configuration's watches, and commands sent by `disco exec`. */
export interface AgentHandlers {
	/** The watches of a configuration that was read again. */
	replace(watches: readonly ConfiguredWatch[]): void;
	close(): Promise<void>;
}

/** Starts nothing but a warning when there is no HTTP address to ask at. */
export function startHandlers(parts: {
	readonly config: RuntimeConfig;
	readonly http: readonly HttpListenAddress[];
	readonly clock: Clock;
	readonly random: Random;
	readonly logger: Logger;
}): AgentHandlers {
	const { config, http, clock, random, logger } = parts;
	// In the clear where there is a choice: it does not leave this machine.
	const listening = http.find(({ secure }) => secure !== true) ?? http.find((each) => "port" in each);
	if (listening === undefined) {
		return {
			replace(watches) {
				if (watches.length > 0) logger.warn("watches are not followed: the HTTP API is off");
			},
			close: () => Promise.resolve(),
		};
	}
	const own = { address: ownAddress(listening), ...(listening.secure === true ? { tls: ownTls(config) } : {}) };
	const { agentToken: token } = config;
	const env = process.env;
	const watches = createWatches({ ...own, token, env, clock, random, logger });
	const remote = config.remoteExec
		? createRemoteExec({ ...own, node: config.nodeName, token, env, clock, random, logger })
		: undefined;
	return {
		replace: (list) => watches.replace(list),
		async close() {
			await Promise.all([watches.close(), remote?.close()]);
		},
	};
}

/** One that this machine reaches: every address is also loopback. */
function ownAddress(listening: HttpListenAddress): string {
	if ("path" in listening) return `unix://${listening.path}`;
	const { host, port, secure } = listening;
	const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
	return `${secure === true ? "https" : "http"}://${reached.includes(":") ? `[${reached}]` : reached}:${port}`;
}

/** As a client of the agent's own HTTPS address: its certificate need not have that IP address, but it must be its own. */
function ownTls({ tls: { https } }: RuntimeConfig) {
	const { caFile, caFolder, certFile, keyFile } = https;
	const serverName = certFile === "" ? undefined : firstName(certFile);
	return {
		...(caFile === "" && caFolder === "" && certFile !== "" ? { caFile: certFile } : {}),
		...(caFile === "" ? {} : { caFile }),
		...(caFolder === "" ? {} : { caFolder }),
		...(certFile === "" || keyFile === "" ? {} : { certFile, keyFile }),
		...(serverName === undefined ? {} : { serverName }),
	};
}

/** `DNS:server.dc1.consul, DNS:localhost, IP Address:127.0.0.1` -> the first name. */
function firstName(certFile: string): string | undefined {
	const { subjectAltName = "" } = new X509Certificate(readFileSync(certFile));
	return /DNS:([^,\s]+)/.exec(subjectAltName)?.[1]?.replace(/^\*/, "any");
}
