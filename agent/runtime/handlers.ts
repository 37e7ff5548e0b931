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
	const [listening] = http;
	const address = listening === undefined ? undefined : ownAddress(listening);
	if (address === undefined) {
		return {
			replace(watches) {
				if (watches.length > 0) logger.warn("watches are not followed: the HTTP API is off");
			},
			close: () => Promise.resolve(),
		};
	}
	const { agentToken: token } = config;
	const env = process.env;
	const watches = createWatches({ address, token, env, clock, random, logger });
	const remote = config.remoteExec
		? createRemoteExec({ address, node: config.nodeName, token, env, clock, random, logger })
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
	const { host, port } = listening;
	if (host === "0.0.0.0") return `127.0.0.1:${port}`;
	if (host === "::") return `[::1]:${port}`;
	return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
