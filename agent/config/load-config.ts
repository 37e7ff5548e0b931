import { resolve } from "node:path";
import { DiscoError } from "../../lib/errors.ts";
import { parseFlags } from "../../lib/flags.ts";
import { logLevels, parseLogLevel } from "../../lib/log/index.ts";
import type { InterfaceAddress } from "./address-templates/index.ts";
import { hostAddresses, isAnyAddress, parseAddresses } from "./addresses.ts";
import { clusterConfig } from "./cluster.ts";
import { checkContradictions, checkListening } from "./contradictions.ts";
import { checkRegistration, serviceRegistration } from "./definitions.ts";
import { dnsConfig } from "./dns.ts";
import { withAddressesExpanded } from "./expand-keys.ts";
import { agentFlags, flagsFragment } from "./flags.ts";
import { gossipConfig } from "./gossip.ts";
import { httpSettings } from "./http.ts";
import type { Fragment } from "./keys.ts";
import { mergeFragments } from "./merge.ts";
import { withoutOlderKeys } from "./older-keys.ts";
import type { LogFileConfig, RuntimeConfig } from "./runtime-config.ts";
import { parseFragment, readFragments } from "./sources.ts";
import { metricRules } from "./telemetry.ts";
import { tlsConfig } from "./tls.ts";
import { socketRights } from "./unix-sockets.ts";
import { unusedKeyWarnings } from "./unused-keys.ts";

/** Between two attempts to join. */
const retryIntervalMsDefault = 30_000;

/** What the machine tells; arguments, so that tests do not depend on it. */
export interface HostFacts {
	readonly hostName: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** IPv4 addresses of the machine's interfaces, private ones first. */
	readonly addresses?: readonly string[];
	/** All of them, for templates in addresses. */
	readonly interfaceAddresses?: readonly InterfaceAddress[];
}

/**
 * Flags, files and defaults -> one frozen configuration. Order of sources, later ones win: defaults, dev defaults,
 * `-config-file` and `-config-dir` as they stand on the command line, other flags, `-hcl`.
 *
 * Fails with `FLAG_*` (lib/flags), `CONFIG_SYNTAX`, `CONFIG_KEY_UNKNOWN`, `CONFIG_VALUE_INVALID`, `CONFIG_UNREADABLE` or
 * `CONFIG_INVALID`; each text names where, what, and what would be right. Undefined when help was asked for.
 */
export function loadAgentConfig(args: readonly string[], host: HostFacts): RuntimeConfig | undefined {
	const parsed = parseFlags(args, agentFlags);
	if (parsed.help) return undefined;
	if (parsed.rest.length > 0) {
		throw new DiscoError("CONFIG_INVALID", `unexpected argument "${parsed.rest[0]}": agent takes options only`);
	}
	const format = parsed.values["config-format"];
	if (format !== undefined && format !== "hcl" && format !== "json") {
		throw new DiscoError("CONFIG_INVALID", `option -config-format: "${format}" is not hcl or json`);
	}
	const warnings: string[] = [];
	const warn = (text: string) => warnings.push(text);
	const layers: Fragment[] = [];
	for (const { name, text } of parsed.inOrder) {
		if (name === "config-file" || name === "config-dir") layers.push(...readFragments(text, format, warn));
	}
	layers.push(flagsFragment(parsed.values));
	for (const text of parsed.values.hcl ?? []) layers.push(parseFragment(text, "hcl", "-hcl"));
	const dev = parsed.values.dev ?? false;
	const merged = layers.map((layer) => withoutOlderKeys(layer, warn)).reduce(mergeFragments, dev ? devDefaults : {});
	const compat = parsed.values.compat ?? host.env["DISCO_COMPAT"] === "1";
	return buildConfig(merged, { dev, compat, host, warnings });
}

/** Fragments that `disco validate` reads, checked as the agent would. */
export function validateFragments(fragments: readonly Fragment[], host: HostFacts): RuntimeConfig {
	const warnings: string[] = [];
	const modern = fragments.map((fragment) => withoutOlderKeys(fragment, (text) => warnings.push(text)));
	const compat = host.env["DISCO_COMPAT"] === "1";
	return buildConfig(modern.reduce(mergeFragments, {}), { dev: false, compat, host, warnings });
}

/** Addresses that are checked here and used elsewhere. */
const otherAddresses = [
	"advertise_addr_ipv4",
	"advertise_addr_ipv6",
	"advertise_addr_wan",
	"advertise_addr_wan_ipv4",
	"advertise_addr_wan_ipv6",
	"serf_lan",
	"serf_wan",
] as const;

/** A new log file each day unless told otherwise. */
const logAgeMsDefault = 24 * 3_600_000;

/** Laid under everything else with `-dev`. */
const devDefaults: Fragment = {
	bind_addr: "127.0.0.1",
	log_level: "debug",
	performance: { raft_multiplier: 1 },
	server: true,
	ui_config: { enabled: true },
};

interface BuildOptions {
	readonly dev: boolean;
	readonly compat: boolean;
	readonly host: HostFacts;
	readonly warnings: string[];
}

function buildConfig(merged: Fragment, { dev, compat, host, warnings }: BuildOptions): RuntimeConfig {
	const given = withAddressesExpanded(merged, host.interfaceAddresses);
	const server = given.server ?? false;
	const expect = given.bootstrap_expect ?? 0;
	// The reference turns an expectation of one into bootstrap before it checks anything.
	const bootstrap = given.bootstrap === true || expect === 1;
	const bootstrapExpect = expect === 1 ? 0 : expect;
	const cluster = clusterConfig(given);
	checkRole({ dev, server, bootstrap: given.bootstrap ?? false, expect, dataDir: given.data_dir ?? "" });
	if (cluster.readReplica && bootstrap)
		throw invalid("read_replica and bootstrap exclude each other: a server that never votes cannot lead");
	const bindAddress = singleAddress("bind_addr", given.bind_addr || "0.0.0.0");
	const advertiseAddress = advertised(given.advertise_addr || undefined, bindAddress, host);
	const advertiseWanAddress = given.advertise_addr_wan || advertiseAddress;
	for (const key of otherAddresses) {
		if ((given[key] ?? "") !== "") singleAddressOrAny(key, given[key] ?? "");
	}
	for (const [key, address] of Object.entries({
		advertise_addr: advertiseAddress,
		advertise_addr_wan: advertiseWanAddress,
	})) {
		if (isAnyAddress(address)) {
			throw invalid(`${key}: ${address} is every address; give one that others can reach`);
		}
	}
	if ((given.encrypt ?? "") !== "") checkGossipKey(given.encrypt ?? "");
	const datacenter = (given.datacenter ?? "dc1").toLowerCase();
	if (!/^[a-z0-9_-]+$/.test(datacenter)) {
		throw invalid(`datacenter: "${datacenter}" may have letters, digits, - and _ only`);
	}
	if (given.client_addr === "") warnings.push("client_addr is empty: HTTP and DNS do not listen");
	const clientAddresses =
		given.client_addr === "" ? [] : parseAddresses("client_addr", given.client_addr ?? "127.0.0.1");
	const level = parseLogLevel(given.log_level ?? "info");
	if (level === undefined) throw invalid(`log_level: "${given.log_level}" is not one of ${logLevels.join(", ")}`);
	checkContradictions(given);
	const ports = given.ports ?? {};
	for (const [key, port] of Object.entries(ports)) {
		if ((port ?? -1) > 65535) throw invalid(`ports.${key}: ${port} is not a port; give 1 to 65535, or -1 for none`);
	}
	for (const key of ["grpc", "grpc_tls"] as const) {
		if ((given.addresses?.[key] ?? "") !== "") parseAddresses(`addresses.${key}`, given.addresses?.[key] ?? "");
	}
	if (/(?:^|\s)unix:/.test(given.addresses?.dns ?? "")) {
		throw invalid("addresses.dns: DNS does not speak over a Unix socket; give IP addresses");
	}
	const listen = (key: "http" | "https" | "dns", portDefault: number) => ({
		addresses:
			(given.addresses?.[key] ?? "") === ""
				? clientAddresses
				: parseAddresses(`addresses.${key}`, given.addresses?.[key] ?? ""),
		// In the reference 0 means the default for DNS and HTTP; for a free port there is nothing that tells which.
		port: ports[key] ?? portDefault,
	});
	takeScripts(given, compat, warnings);
	warnings.push(...unusedKeyWarnings(given));
	const scriptsEverywhere = given.enable_script_checks ?? false;
	const config: RuntimeConfig = {
		dev,
		compat,
		server,
		bootstrap,
		bootstrapExpect,
		dataFolder: given.data_dir === undefined || given.data_dir === "" ? "" : resolve(given.data_dir),
		nodeName: nodeName(given.node_name || undefined, host.hostName),
		nodeId: nodeId(given.node_id),
		nodeMeta: given.node_meta ?? {},
		datacenter,
		primaryDatacenter: (given.primary_datacenter ?? datacenter).toLowerCase(),
		bindAddress,
		advertiseAddress,
		advertiseWanAddress,
		clientAddresses,
		http: listen("http", 8500),
		https: listen("https", -1),
		socketRights: socketRights(given),
		httpSettings: httpSettings(given),
		tls: tlsConfig(given),
		dnsListen: listen("dns", 8600),
		ports: {
			server: ports.server ?? 8300,
			serfLan: ports.serf_lan ?? 8301,
			serfWan: ports.serf_wan ?? 8302,
		},
		encrypted: (given.encrypt ?? "") !== "",
		gossip: gossipConfig(given, bindAddress),
		cluster,
		dns: dnsConfig(given, datacenter),
		coordinates: !(given.disable_coordinates ?? false),
		agentTlsForChecks: given.enable_agent_tls_for_checks ?? false,
		scriptChecks: { api: scriptsEverywhere, file: scriptsEverywhere || (given.enable_local_script_checks ?? false) },
		checkOutputSizeBytesMax: given.check_output_max_size ?? 4096,
		discardCheckOutput: given.discard_check_output ?? false,
		deregisterAfterMsMin: given.check_deregister_interval_min ?? 60_000,
		checkUpdateIntervalMs: given.check_update_interval ?? 5 * 60_000,
		log: {
			level,
			json: given.log_json ?? false,
			file: logFile(given),
			syslogFacility: given.enable_syslog === true ? (given.syslog_facility ?? "LOCAL0") : undefined,
		},
		autoReload: given.auto_reload_config ?? false,
		pidFile: given.pid_file ?? "",
		ui: given.ui_config?.enabled ?? false,
		kvHistory: given.kv_history && historyRules(given.kv_history),
		telemetry: {
			metricsPrefix: given.telemetry?.metrics_prefix ?? "consul",
			filter: {
				rules: metricRules(given.telemetry?.prefix_filter ?? [], warnings),
				isShownDefault: given.telemetry?.filter_default ?? true,
			},
			disableHostname: given.telemetry?.disable_hostname ?? false,
			prometheusRetentionMs: given.telemetry?.prometheus_retention_time ?? 0,
		},
		leaveOnTerminate: given.leave_on_terminate ?? !server,
		skipLeaveOnInterrupt: given.skip_leave_on_interrupt ?? server,
		join: {
			start: given.start_join ?? [],
			retry: given.retry_join ?? [],
			retryMax: given.retry_max ?? 0,
			retryIntervalMs: given.retry_interval ?? retryIntervalMsDefault,
		},
		joinWan: {
			start: given.start_join_wan ?? [],
			retry: given.retry_join_wan ?? [],
			retryMax: given.retry_max_wan ?? 0,
			retryIntervalMs: given.retry_interval_wan ?? retryIntervalMsDefault,
		},
		services: [...(given.service ?? []), ...(given.services ?? [])].map(serviceRegistration),
		checks: [...(given.check ?? []), ...(given.checks ?? [])].map(checkRegistration),
		watches: given.watches ?? [],
		remoteExec: !(given.disable_remote_exec ?? true),
		agentToken: given.acl?.tokens?.agent ?? given.acl?.tokens?.default ?? "",
		warnings: [...warnings],
	};
	checkListening(config);
	return deepFreeze(config);
}

function checkRole(role: {
	readonly dev: boolean;
	readonly server: boolean;
	readonly bootstrap: boolean;
	readonly expect: number;
	readonly dataDir: string;
}): void {
	if (role.expect < 0) throw invalid(`bootstrap_expect: ${role.expect} is below 0`);
	if (role.dev && role.expect > 1) {
		throw invalid(`bootstrap_expect: ${role.expect} servers cannot be expected in dev mode, which is always alone`);
	}
	if (role.bootstrap && role.expect > 1) throw invalid("bootstrap and bootstrap_expect exclude each other; give one");
	if (!role.server && role.bootstrap) throw invalid("bootstrap is for servers only; add server = true (-server)");
	if (!role.server && role.expect > 0)
		throw invalid("bootstrap_expect is for servers only; add server = true (-server)");
	if (!role.dev && role.dataDir === "") {
		throw invalid("data_dir is missing: give a folder for the state (-data-dir), or -dev to try things out in memory");
	}
}

/** Undefined without one. A path that ends with a slash is a folder, as in the reference. */
function logFile(given: Fragment): LogFileConfig | undefined {
	const { log_file: path = "", log_rotate_bytes: sizeBytesMax = 0, log_rotate_max_files: filesMax = 0 } = given;
	const ageMsMax = given.log_rotate_duration ?? logAgeMsDefault;
	if (path === "") return undefined;
	if (sizeBytesMax < 0) throw invalid(`log_rotate_bytes: ${sizeBytesMax} is below 0`);
	if (ageMsMax <= 0) throw invalid(`log_rotate_duration: ${ageMsMax} ms is not above 0`);
	return { path: path.endsWith("/") ? `${resolve(path)}/disco.log` : resolve(path), sizeBytesMax, ageMsMax, filesMax };
}

function nodeName(given: string | undefined, hostName: string): string {
	const name = given ?? hostName;
	if (name.trim() === "" || name.length > 128) {
		throw invalid(`node_name: "${name}" must have 1 to 128 characters`);
	}
	return name;
}

function nodeId(given: string | undefined): string {
	if (given === undefined || given === "") return "";
	const id = given.toLowerCase();
	if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) {
		throw invalid(`node_id: "${given}" is not a UUID such as 6f1c1f5e-5f6e-4c7b-9d1f-1f2e3d4c5b6a`);
	}
	return id;
}

function singleAddress(key: string, text: string): string {
	const addresses = parseAddresses(key, text);
	const [first, second] = addresses;
	if (first === undefined || second !== undefined) throw invalid(`${key}: "${text}" is not one address`);
	return first;
}

/** The address others are told: as given, else the bound one, else the machine's first private IPv4 address. */
function advertised(given: string | undefined, bindAddress: string, host: HostFacts): string {
	if (given !== undefined) return singleAddressOrAny("advertise_addr", given);
	if (!isAnyAddress(bindAddress)) return bindAddress;
	const [first] = host.addresses ?? hostAddresses();
	if (first === undefined) {
		throw invalid(
			"advertise_addr is missing: this machine has no address of its own but loopback; give -advertise or -bind",
		);
	}
	return first;
}

function singleAddressOrAny(key: string, text: string): string {
	return isAnyAddress(text) ? text : singleAddress(key, text);
}

function checkGossipKey(key: string): void {
	const sizeBytes = /^[A-Za-z0-9+/]+=*$/.test(key) ? Buffer.from(key, "base64").length : 0;
	// The key itself stays out of the text: it is a secret.
	if (![16, 24, 32].includes(sizeBytes))
		throw invalid("encrypt: the key is not base64 of 16, 24 or 32 bytes; disco keygen makes one");
}

/** `script` of older files is taken with a line that says what to write instead; the reference no longer knows it. */
function takeScripts(given: Fragment, compat: boolean, warnings: string[]): void {
	const services = [...(given.service ?? []), ...(given.services ?? [])];
	const checks = [
		...(given.check ?? []),
		...(given.checks ?? []),
		...services.flatMap(({ check, checks: more }) => [...(check ?? []), ...(more ?? [])]),
	];
	for (const { name, id, script } of checks) {
		if (script === undefined) continue;
		const args = `args = ["/bin/sh", "-c", ${JSON.stringify(script)}]`;
		const which = name ?? id ?? "of a service";
		if (compat) throw invalid(`check ${which}: invalid config key script; write ${args}`);
		warnings.push(`check ${which}: the "script" field is deprecated; write ${args}`);
	}
}

function deepFreeze<Value>(value: Value): Value {
	if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
		Object.freeze(value);
		for (const member of Object.values(value)) deepFreeze(member);
	}
	return value;
}

/** More revisions of one key than anybody reads; they all stand in memory. */
const revisionsMax = 10_000;

function historyRules(
	given: Readonly<Record<string, string>>,
): readonly { readonly prefix: string; readonly revisionsMax: number }[] {
	return Object.entries(given).map(([prefix, count]) => {
		if (!/^\d{1,6}$/.test(count) || Number(count) > revisionsMax) {
			throw invalid(
				`kv_history ${JSON.stringify(prefix)}: ${count} is no number of revisions from 0 to ${revisionsMax}`,
			);
		}
		return { prefix, revisionsMax: Number(count) };
	});
}

function invalid(text: string): DiscoError {
	return new DiscoError("CONFIG_INVALID", text);
}
