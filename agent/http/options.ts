import type { Clock } from "../../lib/env/index.ts";
import type { Logger } from "../../lib/log/index.ts";
import type { Metrics } from "../../lib/metrics/index.ts";
import type { TlsFiles } from "../../lib/tls/index.ts";
import type { Authorizer } from "../acl/index.ts";
import type { LocalAgent, MemberPool } from "../local/index.ts";
import type { Endpoints } from "../rpc/index.ts";

/** Where to listen, in the clear or `secure` (HTTPS). Port 0 takes a free one; `path` is a Unix socket with its rights. */
export type HttpListenAddress =
	| { readonly host: string; readonly port: number; readonly secure?: true }
	| ({ readonly path: string; readonly secure?: true } & SocketRights);

/** Who may use a Unix socket; what is absent stays as the process makes it. */
export interface SocketRights {
	readonly mode?: number;
	readonly userId?: number;
	readonly groupId?: number;
}

/** For `secure` addresses. */
export interface HttpTls {
	readonly files: TlsFiles;
	/** Only clients with a certificate of the authority in `files`. */
	readonly verifyIncoming: boolean;
	/** A connection that has not agreed on keys by then is cut. */
	readonly handshakeTimeoutMs: number;
}

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
	/** Largest KV value in bytes; 512 KiB unless given. */
	readonly kvValueBytesMax?: number;
	/** Largest transaction in bytes; as large as a value unless given, and never smaller. */
	readonly txnBytesMax?: number;
	/** Networks (CIDR) that may write; every client unless given. A Unix socket's rights say who may use it. */
	readonly allowWriteFrom?: readonly string[];
	/** Paths that begin with one of these are answered with 403. */
	readonly blockEndpoints?: readonly string[];
	/** Request line and headers together; 128 KiB unless given. */
	readonly headerBytesMax?: number;
	/** From one IP address at a time; any number unless given. */
	readonly connectionsPerClientMax?: number;
	/** How long a blocking query waits when it does not say, and at most; 5 and 10 minutes unless given. */
	readonly waitDefaultMs?: number;
	readonly waitMaxMs?: number;
	/** Paths may hold unprintable characters (`disable_http_unprintable_char_filter`); they are refused unless given. */
	readonly allowUnprintable?: boolean;
	/** `?cached` is looked at; true unless given. */
	readonly useCache?: boolean;
}

/** What `/v1/agent/metrics` shows, and where the API counts its own requests. */
export interface MetricsOptions {
	readonly metrics: Metrics;
	/** Before every name (`telemetry.metrics_prefix`). */
	readonly prefix: string;
	/** Stands in the names of gauges; empty for none (`telemetry.disable_hostname`). */
	readonly gaugeHost: string;
	/** Whether a metric is shown, by its whole name without the host; all are unless given. */
	readonly isShown?: (name: string) => boolean;
	/** Prometheus' format may be asked for (`telemetry.prometheus_retention_time` above 0); else 415. */
	readonly prometheus: boolean;
}

export interface HttpServerOptions {
	readonly config: HttpConfig;
	/** Needed for `secure` addresses. */
	readonly tls?: HttpTls;
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
	/** For new connections; those there are go on as they were agreed. */
	replaceTls(tls: HttpTls): void;
	/** Ends long polls, waits up to a second for answers under way, then cuts what is left. Idempotent. */
	close(): Promise<void>;
}
