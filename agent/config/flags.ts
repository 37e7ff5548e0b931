import type { FlagSpecs, parseFlags } from "../../lib/flags.ts";
import type { Fragment } from "./keys.ts";

/** Options of `disco agent`. Those that the configuration also knows are turned into a fragment by `flagsFragment`. */
export const agentFlags = {
	"config-file": { kind: "list", usage: "Configuration file (.hcl or .json); may be repeated", placeholder: "path" },
	"config-dir": { kind: "list", usage: "Folder of configuration files; may be repeated", placeholder: "path" },
	"config-format": { kind: "string", usage: "Format of files with another ending: hcl or json" },
	hcl: {
		kind: "list",
		usage: "A piece of configuration, laid over everything else; may be repeated",
		placeholder: "text",
	},
	dev: { kind: "bool", usage: "One server in memory, for trying out" },
	compat: { kind: "bool", usage: "Behave as the reference where disco is better by default (also DISCO_COMPAT=1)" },
	server: { kind: "bool", usage: "Be a server: keep the state" },
	bootstrap: { kind: "bool", usage: "Be the only server of the datacenter" },
	"bootstrap-expect": { kind: "int", usage: "Wait for this many servers before the first election" },
	"read-replica": { kind: "bool", usage: "Be a server that answers stale reads and never votes" },
	"data-dir": { kind: "string", usage: "Folder for the state", placeholder: "path" },
	datacenter: { kind: "string", usage: "Name of the datacenter; dc1 unless given" },
	node: { kind: "string", usage: "Name of this node; the host name unless given" },
	"node-id": { kind: "string", usage: "UUID of this node; made and kept in the data folder unless given" },
	"node-meta": { kind: "list", usage: "Metadata of the node; may be repeated", placeholder: "key:value" },
	bind: { kind: "string", usage: "Address for traffic between agents; 0.0.0.0 unless given", placeholder: "address" },
	advertise: { kind: "string", usage: "Address that others are told", placeholder: "address" },
	"advertise-wan": { kind: "string", usage: "Address that other datacenters are told", placeholder: "address" },
	client: {
		kind: "string",
		usage: "Addresses for HTTP and DNS, divided by blanks; 127.0.0.1 unless given",
		placeholder: "addresses",
	},
	"http-port": { kind: "int", usage: "Port of the HTTP API; 8500 unless given, -1 for none", placeholder: "port" },
	"https-port": { kind: "int", usage: "Port of the HTTPS API; off unless given", placeholder: "port" },
	"dns-port": { kind: "int", usage: "Port of DNS (UDP and TCP); 8600 unless given, -1 for none", placeholder: "port" },
	"grpc-port": { kind: "int", usage: "Taken for compatibility; there is no gRPC", placeholder: "port" },
	"grpc-tls-port": { kind: "int", usage: "Taken for compatibility; there is no gRPC", placeholder: "port" },
	"server-port": { kind: "int", usage: "Port for servers; 8300 unless given", placeholder: "port" },
	"serf-lan-port": { kind: "int", usage: "Port for gossip in the datacenter; 8301 unless given", placeholder: "port" },
	"serf-wan-port": {
		kind: "int",
		usage: "Port for gossip between datacenters; 8302 unless given",
		placeholder: "port",
	},
	domain: { kind: "string", usage: "Domain of the DNS server; consul. unless given" },
	"alt-domain": { kind: "string", usage: "A second domain with the same names" },
	recursor: { kind: "list", usage: "DNS server for other names; may be repeated", placeholder: "address" },
	"enable-script-checks": { kind: "bool", usage: "Take checks that run a command, over HTTP and from files" },
	"enable-local-script-checks": { kind: "bool", usage: "Take checks that run a command from files only" },
	check_output_max_size: {
		kind: "int",
		usage: "Longest output of a check that is kept, in bytes",
		placeholder: "bytes",
	},
	"default-query-time": { kind: "duration", usage: "Wait of a blocking query that names none; 5m unless given" },
	"max-query-time": { kind: "duration", usage: "Longest wait of a blocking query; 10m unless given" },
	"allow-write-http-from": { kind: "list", usage: "Networks that may write over HTTP", placeholder: "cidr" },
	"log-level": { kind: "string", usage: "trace, debug, info, warn or error; info unless given", placeholder: "level" },
	"log-json": { kind: "bool", usage: "Log lines as JSON objects" },
	"log-file": { kind: "string", usage: "Write the log to this file too", placeholder: "path" },
	"log-rotate-bytes": { kind: "int", usage: "Start a new log file after so many bytes", placeholder: "bytes" },
	"log-rotate-duration": { kind: "duration", usage: "Start a new log file after this time" },
	"log-rotate-max-files": { kind: "int", usage: "Old log files to keep", placeholder: "count" },
	"pid-file": { kind: "string", usage: "File for the process id", placeholder: "path" },
	ui: { kind: "bool", usage: "Serve the web page at /ui/" },
	"ui-content-path": { kind: "string", usage: "Where the web page is served", placeholder: "path" },
	"ui-dir": { kind: "string", usage: "Serve the web page from this folder", placeholder: "path" },
	encrypt: { kind: "string", usage: "Key for gossip, base64 of 16, 24 or 32 bytes", placeholder: "key" },
	"disable-keyring-file": { kind: "bool", usage: "Do not keep the gossip keys on disk" },
	"disable-host-node-id": { kind: "bool", usage: "Taken for compatibility: the node id is always random" },
	join: { kind: "list", usage: "Agent to join at the start, or end; may be repeated", placeholder: "address" },
	"join-wan": { kind: "list", usage: "As -join, between datacenters", placeholder: "address" },
	"retry-join": { kind: "list", usage: "Agent to join, tried until it works; may be repeated", placeholder: "address" },
	"retry-join-wan": { kind: "list", usage: "As -retry-join, between datacenters", placeholder: "address" },
	"retry-interval": { kind: "duration", usage: "Pause between two attempts to join; 30s unless given" },
	"retry-interval-wan": { kind: "duration", usage: "As -retry-interval, between datacenters" },
	"retry-max": { kind: "int", usage: "End after so many failed attempts to join; 0 never", placeholder: "count" },
	"retry-max-wan": { kind: "int", usage: "As -retry-max, between datacenters", placeholder: "count" },
	rejoin: { kind: "bool", usage: "Join the known members again after a leave" },
	protocol: { kind: "int", usage: "Gossip protocol version", placeholder: "version" },
	"raft-protocol": { kind: "int", usage: "Raft protocol version", placeholder: "version" },
	"auto-reload-config": { kind: "bool", usage: "Read the configuration again when a file changes" },
	"serf-lan-allowed-cidrs": { kind: "list", usage: "Networks that may join", placeholder: "cidr" },
	"serf-wan-allowed-cidrs": { kind: "list", usage: "Networks that may join between datacenters", placeholder: "cidr" },
	"serf-lan-bind": { kind: "string", usage: "Address for gossip in the datacenter", placeholder: "address" },
	"serf-wan-bind": { kind: "string", usage: "Address for gossip between datacenters", placeholder: "address" },
	syslog: { kind: "bool", usage: "Log to syslog" },
} as const satisfies FlagSpecs;

export type AgentFlags = ReturnType<typeof parseFlags<typeof agentFlags>>["values"];

/** The options that stand for a configuration key, as the layer that lies over the files. */
export function flagsFragment(flags: AgentFlags): Fragment {
	return compact({
		server: flags.server,
		bootstrap: flags.bootstrap,
		bootstrap_expect: flags["bootstrap-expect"],
		read_replica: flags["read-replica"],
		data_dir: flags["data-dir"],
		datacenter: flags.datacenter,
		node_name: flags.node,
		node_id: flags["node-id"],
		node_meta: flags["node-meta"] === undefined ? undefined : nodeMeta(flags["node-meta"]),
		bind_addr: flags.bind,
		advertise_addr: flags.advertise,
		advertise_addr_wan: flags["advertise-wan"],
		client_addr: flags.client,
		ports: compact({
			http: flags["http-port"],
			https: flags["https-port"],
			dns: flags["dns-port"],
			grpc: flags["grpc-port"],
			grpc_tls: flags["grpc-tls-port"],
			server: flags["server-port"],
			serf_lan: flags["serf-lan-port"],
			serf_wan: flags["serf-wan-port"],
		}),
		domain: flags.domain,
		alt_domain: flags["alt-domain"],
		recursors: flags.recursor,
		enable_script_checks: flags["enable-script-checks"],
		enable_local_script_checks: flags["enable-local-script-checks"],
		check_output_max_size: flags.check_output_max_size,
		default_query_time: flags["default-query-time"],
		max_query_time: flags["max-query-time"],
		http_config: compact({ allow_write_http_from: flags["allow-write-http-from"] }),
		log_level: flags["log-level"],
		log_json: flags["log-json"],
		log_file: flags["log-file"],
		log_rotate_bytes: flags["log-rotate-bytes"],
		log_rotate_duration: flags["log-rotate-duration"],
		log_rotate_max_files: flags["log-rotate-max-files"],
		pid_file: flags["pid-file"],
		ui_config: compact({ enabled: flags.ui, content_path: flags["ui-content-path"], dir: flags["ui-dir"] }),
		encrypt: flags.encrypt,
		disable_keyring_file: flags["disable-keyring-file"],
		disable_host_node_id: flags["disable-host-node-id"],
		start_join: flags.join,
		start_join_wan: flags["join-wan"],
		retry_join: flags["retry-join"],
		retry_join_wan: flags["retry-join-wan"],
		retry_interval: flags["retry-interval"],
		retry_interval_wan: flags["retry-interval-wan"],
		retry_max: flags["retry-max"],
		retry_max_wan: flags["retry-max-wan"],
		rejoin_after_leave: flags.rejoin,
		protocol: flags.protocol,
		raft_protocol: flags["raft-protocol"],
		auto_reload_config: flags["auto-reload-config"],
		serf_lan_allowed_cidrs: flags["serf-lan-allowed-cidrs"],
		serf_wan_allowed_cidrs: flags["serf-wan-allowed-cidrs"],
		serf_lan: flags["serf-lan-bind"],
		serf_wan: flags["serf-wan-bind"],
		enable_syslog: flags.syslog,
	});
}

/** `key:value`; only the first colon divides. */
function nodeMeta(pairs: readonly string[]): Record<string, string> {
	return Object.fromEntries(
		pairs.map((pair) => {
			const colon = pair.indexOf(":");
			return colon < 0 ? [pair, ""] : [pair.slice(0, colon), pair.slice(colon + 1)];
		}),
	);
}

/** Leaves out what was not given, so that it hides nothing below. */
function compact<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
		[Name in keyof Fields]?: Exclude<Fields[Name], undefined>;
	};
}
