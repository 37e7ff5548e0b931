import { arch, cpus, platform } from "node:os";
import { apiVersion, version } from "../../lib/version.ts";
import type { RuntimeConfig } from "../config/index.ts";
import type { LocalAgent } from "../local/index.ts";
import type { LogState } from "../raft/index.ts";

export interface SelfParts {
	readonly config: RuntimeConfig;
	readonly nodeId: string;
	readonly local: LocalAgent;
	/** Undefined on an agent that is no server. */
	readonly logState: (() => LogState) | undefined;
}

/** The body of `/v1/agent/self`, and what `disco info` prints. Field names and texts as the API spells them. */
export function selfBody({ config, nodeId, local, logState }: SelfParts): object {
	const [member] = local.members();
	return {
		Config: {
			Datacenter: config.datacenter,
			PrimaryDatacenter: config.primaryDatacenter,
			NodeName: config.nodeName,
			NodeID: nodeId,
			Revision: `disco-${version}`,
			Server: config.server,
			// What clients look at to find out which features there are.
			Version: apiVersion,
			BuildDate: "1970-01-01T00:00:01Z",
		},
		Coord: null,
		DebugConfig: debugConfig(config),
		Member: {
			Name: config.nodeName,
			Addr: config.advertiseAddress,
			Port: config.ports.serfLan,
			Tags: member?.tags ?? {},
			Status: 1,
			ProtocolMin: 1,
			ProtocolMax: 5,
			ProtocolCur: 2,
			DelegateMin: 2,
			DelegateMax: 5,
			DelegateCur: 4,
		},
		Stats: stats(config, local, logState?.()),
		Meta: { ...config.nodeMeta, "consul-network-segment": "" },
	};
}

/** The part of the configuration that `disco doctor` looks at; no secrets. */
function debugConfig(config: RuntimeConfig): Readonly<Record<string, unknown>> {
	const listening = (scheme: string, { addresses, port }: RuntimeConfig["http"]) =>
		port < 0
			? []
			: addresses.map((address) =>
					address.startsWith("unix://")
						? address
						: `${scheme}://${address.includes(":") ? `[${address}]` : address}:${port}`,
				);
	return {
		ClientAddrs: config.clientAddresses,
		DNSAddrs: [...listening("tcp", config.dnsListen), ...listening("udp", config.dnsListen)],
		DNSDomain: `${config.dns.domain}.`,
		DNSOnlyPassing: config.dns.onlyPassing,
		DNSPort: config.dnsListen.port,
		DNSUDPAnswerLimit: config.dns.udpAnswerLimit,
		DataDir: config.dataFolder,
		DevMode: config.dev,
		EnableLocalScriptChecks: config.scriptChecks.file,
		EnableRemoteScriptChecks: config.scriptChecks.api,
		HTTPAddrs: listening("tcp", config.http),
		HTTPSAddrs: listening("tcp", config.https),
	};
}

function stats(
	config: RuntimeConfig,
	local: LocalAgent,
	log: LogState | undefined,
): Readonly<Record<string, Readonly<Record<string, string>>>> {
	const checks = [...local.checks().values()];
	const members = String(local.members().length);
	const serf = { encrypted: String(config.encrypted), failed: "0", left: "0", members };
	return {
		agent: {
			check_monitors: String(checks.filter(({ plan }) => plan.kind === "script").length),
			check_ttls: String(checks.filter(({ plan }) => plan.kind === "ttl").length),
			checks: String(checks.length),
			services: String(local.services().size),
		},
		build: { prerelease: "", revision: `disco-${version}`, version: apiVersion },
		consul:
			log === undefined
				? { acl: "disabled", known_servers: "0", server: "false" }
				: {
						acl: "disabled",
						bootstrap: String(config.bootstrap),
						known_datacenters: "1",
						leader: String(log.role === "leader"),
						leader_addr: `${config.advertiseAddress}:${config.ports.server}`,
						server: "true",
					},
		...(log === undefined ? {} : { raft: raftStats(log) }),
		runtime: {
			arch: arch(),
			cpu_count: String(cpus().length),
			node: process.version,
			os: platform(),
			resident_bytes: String(process.memoryUsage.rss()),
		},
		serf_lan: serf,
		...(log === undefined ? {} : { serf_wan: serf }),
	};
}

const raftStateNames: Readonly<Record<LogState["role"], string>> = {
	leader: "Leader",
	follower: "Follower",
	candidate: "Candidate",
	stopped: "Shutdown",
	failed: "Shutdown",
};

function raftStats(log: LogState): Readonly<Record<string, string>> {
	return {
		applied_index: String(log.appliedIndex),
		commit_index: String(log.appliedIndex),
		fsm_pending: String(log.pendingCount),
		last_contact: String(log.lastContactMs),
		last_log_index: String(log.lastIndex),
		last_snapshot_index: String(log.snapshotIndex),
		num_peers: "0",
		state: raftStateNames[log.role],
		term: String(log.term),
	};
}
