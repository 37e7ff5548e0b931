import { apiVersion } from "../../lib/version.ts";
import type { RuntimeConfig } from "../config/index.ts";
import type { AgentMemberRecord, NodeIdentity } from "../local/index.ts";
import type { CheckContent, ServiceContent } from "../rpc/index.ts";
import { addressFamily } from "./address-family.ts";

/** What the catalog says of this node. */
export function nodeIdentity(config: RuntimeConfig, nodeId: string): NodeIdentity {
	const { advertiseAddress: lan, advertiseWanAddress: wan } = config;
	return {
		id: nodeId,
		node: config.nodeName,
		address: lan,
		datacenter: config.datacenter,
		taggedAddresses: {
			lan,
			[`lan_${addressFamily(lan)}`]: lan,
			wan,
			[`wan_${addressFamily(wan)}`]: wan,
		},
		meta: { ...config.nodeMeta, "consul-network-segment": "" },
	};
}

/** The check that gossip keeps for each member; a node alone is alive while it runs. Text as recorded. */
export const serfHealth: CheckContent = Object.freeze({
	checkId: "serfHealth",
	name: "Serf Health Status",
	status: "passing",
	notes: "",
	output: "Agent alive and reachable",
	serviceId: "",
	serviceName: "",
	serviceTags: null,
	type: "",
	interval: "",
	timeout: "",
	exposedPort: 0,
	definition: {},
});

/** The service that every server is an instance of; tools find the servers by it. */
export function consulService(config: RuntimeConfig): ServiceContent {
	return serviceOfServer({ port: config.ports.server, version: apiVersion, isVoter: true });
}

/** As `consulService`, of another server by its tags in gossip. */
export function serverService(tags: AgentMemberRecord["tags"]): ServiceContent {
	const isReplica = tags["read_replica"] !== undefined || tags["nonvoter"] !== undefined;
	const version = (tags["build"] ?? "").split(":")[0] ?? "";
	return serviceOfServer({ port: Number(tags["port"]), version, isVoter: !isReplica });
}

function serviceOfServer({
	port,
	version,
	isVoter,
}: {
	readonly port: number;
	readonly version: string;
	readonly isVoter: boolean;
}): ServiceContent {
	return Object.freeze({
		id: "consul",
		service: "consul",
		kind: "",
		tags: [],
		address: "",
		taggedAddresses: null,
		meta: {
			non_voter: String(!isVoter),
			raft_version: "3",
			read_replica: String(!isVoter),
			serf_protocol_current: "2",
			serf_protocol_max: "5",
			serf_protocol_min: "1",
			version,
		},
		port,
		weights: { passing: 1, warning: 1 },
		enableTagOverride: false,
	});
}

/** This agent as a member of its pool, with the tags that the reference gives. */
export function ownMember(config: RuntimeConfig, nodeId: string): AgentMemberRecord {
	const common = {
		build: `${apiVersion}:disco`,
		dc: config.datacenter,
		id: nodeId,
		segment: "",
		vsn: "2",
		vsn_max: "3",
		vsn_min: "2",
	};
	const { internalRpc } = config.tls;
	const server = {
		acls: "0",
		...(config.bootstrap ? { bootstrap: "1" } : {}),
		...(config.bootstrapExpect > 0 ? { expect: String(config.bootstrapExpect) } : {}),
		// The first is for servers of before Consul 1.9.
		...(config.cluster.readReplica ? { nonvoter: "1", read_replica: "1" } : {}),
		ft_fs: "1",
		ft_si: "1",
		port: String(config.ports.server),
		raft_vsn: "3",
		role: "consul",
		...(internalRpc.caFile === "" && internalRpc.caFolder === "" ? {} : { use_tls: "1" }),
		wan_join_port: String(config.ports.serfWan),
	};
	return {
		name: config.nodeName,
		address: config.advertiseAddress,
		port: config.ports.serfLan,
		tags: config.server ? { ...common, ...server } : { ...common, role: "node" },
		status: "alive",
	};
}
