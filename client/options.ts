import type { Clock, Random } from "../lib/env/index.ts";

/** How a client repeats its reads. */
export interface ReadRetries {
	/** Tries in all; 5 unless given. */
	readonly attemptsMax?: number;
	/** The pause after the first failure, doubled with each further one up to `maxMs`, of which a random half is cut off; 250 ms and 60 s unless given. */
	readonly backoff?: { readonly firstMs?: number; readonly maxMs?: number };
	/** For tests; the system's unless given. */
	readonly clock?: Clock;
	readonly random?: Pick<Random, "next">;
}

/** How to speak TLS with the agent. Paths are of PEM files. */
export interface ClientTls {
	/** Certificates of the authorities to trust, instead of the system's. */
	readonly caFile?: string;
	/** A folder of such files; every file in it is read. */
	readonly caFolder?: string;
	readonly certFile?: string;
	readonly keyFile?: string;
	/** The name that the agent's certificate must have, when it is not the address's host. */
	readonly serverName?: string;
	/** False takes any certificate. True unless given. */
	readonly verify?: boolean;
}

/** What a client needs to know about its agent; every field has a default. */
export interface ClientOptions {
	/** `host:port`, `http://...`, `https://...` or `unix:///path`; `127.0.0.1:8500` unless given. */
	readonly address?: string;
	/** Speak TLS although the address does not start with `https://`. */
	readonly tlsEnabled?: boolean;
	readonly tls?: ClientTls;
	/** Sent with every request that names no token of its own. Never logged, never part of an error's text. */
	readonly token?: string;
	readonly basicAuth?: { readonly username: string; readonly password: string };
	/** Asked instead of the agent's own data center, unless a request names another. */
	readonly datacenter?: string;
	/** Time to reach the agent; 10 s unless given. */
	readonly connectTimeoutMs?: number;
	/** Time for a whole request that does not block; 60 s unless given. */
	readonly timeoutMs?: number;
	/** An answer's largest size in bytes; a longer one fails with `ANSWER_TOO_LARGE`. 256 MiB unless given. */
	readonly answerBytesMax?: number;
	/** How long an idle connection is kept; 30 s unless given, 0 keeps none. */
	readonly idleConnectionMs?: number;
	/** Reads are repeated while they fail with what may pass by itself; `{}` for 5 tries. Nothing is repeated unless given. */
	readonly retry?: ReadRetries;
}
