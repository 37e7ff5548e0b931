import type { LogLevel } from "../../lib/log/index.ts";
import type { ClusterConfig } from "./cluster.ts";
import type { FileRegistration } from "./definitions.ts";
import type { GossipConfig } from "./gossip.ts";
import type { HttpSettings } from "./http.ts";
import type { WatchFields } from "./keys.ts";
import type { TlsConfig } from "./tls.ts";
import type { SocketRights } from "./unix-sockets.ts";

/** Where one interface listens: addresses times one port; port -1 is off. */
export interface ListenConfig {
	readonly addresses: readonly string[];
	readonly port: number;
}

/** What `dns_config` and its neighbours say; `agent/dns` takes it as it is. */
export interface DnsConfig {
	readonly domain: string;
	readonly altDomain: string;
	readonly nodeTtlMs: number;
	readonly serviceTtlMs: Readonly<Record<string, number>>;
	readonly onlyPassing: boolean;
	readonly udpAnswerLimit: number;
	readonly aRecordLimit: number;
	readonly enableTruncate: boolean;
	readonly disableCompression: boolean;
	readonly soa: {
		readonly refreshSeconds: number;
		readonly retrySeconds: number;
		readonly expireSeconds: number;
		readonly minTtlSeconds: number;
	};
	readonly recursors: readonly { readonly host: string; readonly port: number }[];
	readonly recursorStrategy: "sequential" | "random";
	readonly recursorTimeoutMs: number;
	readonly allowStale: boolean;
	readonly maxStaleMs: number;
	readonly translateWanAddrs: boolean;
	readonly additionalNodeMetaTxt: boolean;
	readonly weightedAnswers: boolean;
	readonly staleIfErrorMs: number;
	readonly clientRateLimit: number;
	readonly logQueries: boolean;
}

/** What `telemetry` says of how metrics are shown. */
export interface TelemetryConfig {
	/** Before every name. */
	readonly metricsPrefix: string;
	/** Gauges are named without the host. */
	readonly disableHostname: boolean;
	/** Which metrics are shown: the longest prefix of the name decides, else `isShownDefault`. */
	readonly filter: {
		readonly rules: readonly { readonly prefix: string; readonly isShown: boolean }[];
		readonly isShownDefault: boolean;
	};
	/** Above 0: Prometheus may ask. */
	readonly prometheusRetentionMs: number;
}

/** Whom to join when the agent starts. */
export interface JoinConfig {
	/** To join before anything else; failing ends the agent. */
	readonly start: readonly string[];
	/** To join as often as it takes. */
	readonly retry: readonly string[];
	/** After so many failures the agent ends; 0: never. */
	readonly retryMax: number;
	readonly retryIntervalMs: number;
}

/** A log file and when it is replaced by a new one. */
export interface LogFileConfig {
	/** Absolute. */
	readonly path: string;
	/** 0: any size. */
	readonly sizeBytesMax: number;
	readonly ageMsMax: number;
	/** Old files to keep; 0: all, below 0: none. */
	readonly filesMax: number;
}

/** Everything an agent needs to know before it starts: checked, complete, frozen. Times are in milliseconds. */
export interface RuntimeConfig {
	/** In memory only. */
	readonly dev: boolean;
	readonly compat: boolean;
	readonly server: boolean;
	readonly bootstrap: boolean;
	readonly bootstrapExpect: number;
	/** Absolute; empty in dev mode without one. */
	readonly dataFolder: string;
	readonly nodeName: string;
	/** Empty: kept in the data folder, or made. */
	readonly nodeId: string;
	readonly nodeMeta: Readonly<Record<string, string>>;
	/** Lower case. */
	readonly datacenter: string;
	readonly primaryDatacenter: string;
	readonly bindAddress: string;
	readonly advertiseAddress: string;
	readonly advertiseWanAddress: string;
	readonly clientAddresses: readonly string[];
	readonly http: ListenConfig;
	readonly https: ListenConfig;
	/** Of the sockets among those addresses. */
	readonly socketRights: SocketRights;
	readonly httpSettings: HttpSettings;
	readonly tls: TlsConfig;
	readonly dnsListen: ListenConfig;
	readonly ports: {
		readonly server: number;
		readonly serfLan: number;
		readonly serfWan: number;
	};
	/** Gossip keys are given; told in the banner. */
	readonly encrypted: boolean;
	readonly gossip: GossipConfig;
	readonly cluster: ClusterConfig;
	readonly dns: DnsConfig;
	/** Network coordinates are measured and told. */
	readonly coordinates: boolean;
	/** HTTPS, gRPC and HTTP/2 checks show the agent's certificate and trust its authority. */
	readonly agentTlsForChecks: boolean;
	readonly scriptChecks: { readonly api: boolean; readonly file: boolean };
	readonly checkOutputSizeBytesMax: number;
	readonly checkUpdateIntervalMs: number;
	readonly discardCheckOutput: boolean;
	/** Shortest time after which the service of a critical check is removed. */
	readonly deregisterAfterMsMin: number;
	readonly log: {
		readonly level: LogLevel;
		readonly json: boolean;
		readonly file: LogFileConfig | undefined;
		/** Undefined without syslog. */
		readonly syslogFacility: string | undefined;
	};
	/** Read the configuration again when a file changes. */
	readonly autoReload: boolean;
	/** Empty for none. */
	readonly pidFile: string;
	readonly ui: boolean;
	/** Of which keys how many revisions are kept; undefined leaves it as the servers have it. */
	readonly kvHistory: readonly { readonly prefix: string; readonly revisionsMax: number }[] | undefined;
	readonly telemetry: TelemetryConfig;
	readonly leaveOnTerminate: boolean;
	readonly skipLeaveOnInterrupt: boolean;
	/** Agents of the datacenter. */
	readonly join: JoinConfig;
	/** Servers of other datacenters; of a server only. */
	readonly joinWan: JoinConfig;
	readonly services: readonly FileRegistration[];
	readonly checks: readonly FileRegistration[];
	readonly watches: readonly WatchFields[];
	/** Runs what `disco exec` sends. */
	readonly remoteExec: boolean;
	/** Token for what is registered without one, and of the agent's own writes. Never shown. */
	readonly agentToken: string;
	/** What was noticed while reading: skipped files, keys that do nothing here. */
	readonly warnings: readonly string[];
}
