import type { AgentMemberRecord } from "../../local/index.ts";

/** A server, as gossip tells of it. */
export interface ServerMember {
	/** Node id, which is its id in Raft. */
	readonly id: string;
	readonly name: string;
	/** `host:port` of its server port. */
	readonly address: string;
	readonly status: AgentMemberRecord["status"];
	/** How many servers it waits for before the first election; 0 for none. */
	readonly expect: number;
	/** It began a cluster by itself. */
	readonly bootstrap: boolean;
	readonly voter: boolean;
	/** Of its build: `1.14.4`. */
	readonly version: string;
	/** It is disco's: others have the same protocol and another log. */
	readonly sharesLog: boolean;
}

/** A server of any datacenter. */
export interface DatacenterServer extends ServerMember {
	readonly datacenter: string;
}

/**
 * The server that a member is; undefined for others, and for one whose tags cannot be read (the reference takes no notice of it
 * either). Tags: consul-rpc.md, section 7.
 */
export function serverMember(
	member: Pick<AgentMemberRecord, "tags" | "name" | "address" | "status">,
): DatacenterServer | undefined {
	const { tags, name, address, status } = member;
	const datacenter = tags["dc"] ?? "";
	if (tags["role"] !== "consul" || datacenter === "") return undefined;
	const port = integerOf(tags["port"]);
	const expect = integerOf(tags["expect"] ?? "0");
	const version = /^\d+\.\d+\.\d+/.exec(tags["build"] ?? "")?.[0];
	const id = tags["id"] ?? "";
	if (port === undefined || expect === undefined || version === undefined || id === "") return undefined;
	if (integerOf(tags["vsn"]) === undefined) return undefined;
	return {
		id,
		name,
		address: hostPort(address, port),
		status,
		expect,
		bootstrap: tags["bootstrap"] !== undefined,
		voter: tags["nonvoter"] === undefined && tags["read_replica"] === undefined,
		version,
		sharesLog: tags["build"]?.endsWith(":disco") === true,
		datacenter,
	};
}

export function hostPort(host: string, port: number): string {
	return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function integerOf(text: string | undefined): number | undefined {
	return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** The datacenter's servers of a pool. */
export function serversOf(members: readonly AgentMemberRecord[], datacenter: string): DatacenterServer[] {
	return allServersOf(members).filter((server) => server.datacenter === datacenter);
}

/** All datacenters' servers of a pool. */
export function allServersOf(members: readonly AgentMemberRecord[]): DatacenterServer[] {
	return members.map(serverMember).filter((server) => server !== undefined);
}

/** Addresses of those that can be asked, without the one of this name. */
export function aliveServers(servers: readonly ServerMember[], selfName: string): string[] {
	return servers.filter(({ status, name }) => status === "alive" && name !== selfName).map(({ address }) => address);
}
