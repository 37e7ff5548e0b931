import { arch, cpus, platform } from "node:os";
import { apiVersion, version } from "../../lib/version.ts";
import type { RuntimeConfig } from "../config/index.ts";
import type { AgentMemberRecord, LocalAgent } from "../local/index.ts";
import type { LogState } from "../raft/index.ts";

export interface SelfParts {
	readonly config: RuntimeConfig;
	readonly nodeId: string;
	readonly local: LocalAgent;
	/** Undefined on an agent that is no server. */
	readonly logState: (() => LogState) | undefined;
	/** `host:port` of the leader as far as a server knows, and of Raft's servers. */
	readonly leaderAddress?: (() => string) | undefined;
	readonly peerAddresses?: (() => readonly string[]) | undefined;
	/** Servers that this agent could ask. */
	readonly knownServerCount: () => number;
	/** Of a server: how many datacenters it knows, and who is in the pool of all their servers. */
	readonly knownDatacenterCount?: (() => number) | undefined;
	readonly wanMembers?: (() => readonly AgentMemberRecord[]) | undefined;
}

/** The body of `/v1/agent/self`, and what `disco info` prints. Field names and texts as the API spells them. */
export function selfBody(parts: SelfParts): object {
	const { config, nodeId, local } = parts;
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
		Stats: stats(parts),
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
		// `consul debug` asks for it: without, it leaves out the profiles of a Go program.
		EnableDebug: false,
		EnableLocalScriptChecks: config.scriptChecks.file,
		EnableRemoteScriptChecks: config.scriptChecks.api,
		HTTPAddrs: listening("tcp", config.http),
		HTTPSAddrs: listening("tcp", config.https),
	};
}

function stats(parts: SelfParts): Readonly<Record<string, Readonly<Record<string, string>>>> {
	const { config, local, leaderAddress, peerAddresses } = parts;
	const log = parts.logState?.();
	const checks = [...local.checks().values()];
	const serf = (members: readonly AgentMemberRecord[]) => {
		const inState = (wanted: string) => String(members.filter(({ status }) => status === wanted).length);
		return {
			encrypted: String(config.encrypted),
			failed: inState("failed"),
			left: inState("left"),
			members: String(members.length),
		};
	};
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
				? { acl: "disabled", known_servers: String(parts.knownServerCount()), server: "false" }
				: {
						acl: "disabled",
						bootstrap: String(config.bootstrap),
						known_datacenters: String(parts.knownDatacenterCount?.() ?? 1),
						leader: String(log.role === "leader"),
						leader_addr: leaderAddress?.() ?? "",
						server: "true",
					},
		...(log === undefined ? {} : { raft: raftStats(log, peerAddresses?.() ?? []) }),
		runtime: {
			arch: arch(),
			cpu_count: String(cpus().length),
			node: process.version,
			os: platform(),
			resident_bytes: String(process.memoryUsage.rss()),
		},
		serf_lan: serf(local.members()),
		...(log === undefined ? {} : { serf_wan: serf(parts.wanMembers?.() ?? local.members().slice(0, 1)) }),
	};
}

const raftStateNames: Readonly<Record<LogState["role"], string>> = {
	leader: "Leader",
	follower: "Follower",
	candidate: "Candidate",
	stopped: "Shutdown",
	failed: "Shutdown",
};

function raftStats(log: LogState, peers: readonly string[]): Readonly<Record<string, string>> {
	return {
		applied_index: String(log.appliedIndex),
		commit_index: String(log.appliedIndex),
		fsm_pending: String(log.pendingCount),
		last_contact: String(log.lastContactMs),
		last_log_index: String(log.lastIndex),
		last_snapshot_index: String(log.snapshotIndex),
		num_peers: String(Math.max(0, peers.length - 1)),
		state: raftStateNames[log.role],
		term: String(log.term),
	};
}
