import type { Clock } from "../../lib/env/index.ts";
import type { Logger } from "../../lib/log/index.ts";
import type { Metrics } from "../../lib/metrics/index.ts";
import type { Authorizer } from "../acl/index.ts";
import type { LocalAgent, MemberPool } from "../local/index.ts";
import type { Endpoints } from "../rpc/index.ts";

/** Where to listen. Port 0 takes a free one; `path` is a Unix socket, created with `mode`. */
export type HttpListenAddress =
	| { readonly host: string; readonly port: number }
	| { readonly path: string; readonly mode?: number };

export interface HttpConfig {
	readonly listen: readonly HttpListenAddress[];
	readonly nodeName: string;
	readonly datacenter: string;
	/** Every JSON answer is indented and ends with a newline, as in dev mode. */
	readonly pretty: boolean;
	/** Take checks that run a command; otherwise they are refused with 400. */
	readonly scriptChecks: boolean;
	/** `-compat`: only what the reference accepts (no registration envelope, no `script`). */
	readonly compat: boolean;
	/** Extra headers of every answer (`http_config.response_headers`). */
	readonly responseHeaders?: Readonly<Record<string, string>>;
	/** What `X-Consul-Default-ACL-Policy` says; `allow` unless given. */
	readonly defaultAclPolicy?: "allow" | "deny";
	/** Largest KV value (and transaction) in bytes; 512 KiB unless given. */
	readonly kvValueBytesMax?: number;
}

/** What `/v1/agent/metrics` shows, and where the API counts its own requests. */
export interface MetricsOptions {
	readonly metrics: Metrics;
	/** Before every name (`telemetry.metrics_prefix`). */
	readonly prefix: string;
	/** Stands in the names of gauges; empty for none (`telemetry.disable_hostname`). */
	readonly gaugeHost: string;
	/** Prometheus' format may be asked for (`telemetry.prometheus_retention_time` above 0); else 415. */
	readonly prometheus: boolean;
}

export interface HttpServerOptions {
	readonly config: HttpConfig;
	readonly endpoints: Endpoints;
	readonly local: LocalAgent;
	/** Joining, leaving and the keys of gossip; without it the agent is alone. */
	readonly pool?: MemberPool;
	/** What a token may do. Everything may be done when it is absent (ACLs off). */
	readonly authorizerOf?: (token: string) => Authorizer;
	/** The body of `GET /v1/agent/self`: field names as the API spells them. */
	readonly self: () => object;
	/** `PUT /v1/agent/reload`: resolves when the configuration was read again; an error's text is answered with 500. */
	readonly reload: () => Promise<void>;
	/** `PUT /v1/agent/leave`: called after the answer was sent; stops the agent. */
	readonly leave: () => Promise<void>;
	/** The status page (agent/ui), served at `/ui/`; without it `/` and `/ui/` are 404. */
	readonly statusPage?: string;
	/** Body of `GET /v1/disco/dev`, shown on the status page; absent outside `disco dev`. */
	readonly devStatus?: () => unknown;
	/** Without it `/v1/agent/metrics` is empty. */
	readonly metrics?: MetricsOptions;
	readonly logger: Logger;
	readonly clock: Clock;
}

export interface HttpServer {
	/**
	 * Listens on all addresses and gives them with the ports that were taken. Fails with `ADDRESS_IN_USE` or
	 * `ADDRESS_NOT_AVAILABLE` (nothing listens then).
	 */
	start(): Promise<readonly HttpListenAddress[]>;
	/** Ends long polls, waits up to a second for answers under way, then cuts what is left. Idempotent. */
	close(): Promise<void>;
}
