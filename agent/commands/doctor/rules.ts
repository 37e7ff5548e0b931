import { isIPv6 } from "node:net";
import type { Facts } from "./facts.ts";

/** Something that is wrong: a stable code, what it is, and what to do. */
export interface Finding {
	readonly code: string;
	readonly text: string;
	readonly advice: string;
}

type Rule = (facts: Facts, nowMs: number) => readonly Finding[];

/** Larger differences disturb TTLs, certificates and the reading of logs. */
const clockDifferenceMsMax = 2_000;
const freeBytesMin = 256 * 1024 * 1024;
const certificateLeftMsMin = 14 * 24 * 3_600_000;

/** Every rule. One is a function of the facts; an agent that is well breaks none. */
const rules: readonly Rule[] = [
	({ leader }) =>
		leader === ""
			? [
					finding(
						"NO_LEADER",
						"no server leads: nothing can be written, and reads fail",
						"start the missing servers, or one with -bootstrap; disco members shows who is there",
					),
				]
			: [],
	({ clockAheadMs = 0 }) =>
		Math.abs(clockAheadMs) > clockDifferenceMsMax
			? [
					finding(
						"CLOCK_DIFFERS",
						`the agent's clock is ${seconds(Math.abs(clockAheadMs))} ${clockAheadMs > 0 ? "ahead of" : "behind"} this machine's`,
						"let both follow a time server (chrony, systemd-timesyncd)",
					),
				]
			: [],
	({ dns, node, domain }) => {
		if (dns === "silent")
			return [
				finding(
					"DNS_SILENT",
					"the agent's DNS does not answer",
					"look for a firewall on its UDP port, and at dns in ports and addresses",
				),
			];
		if (dns === "unknown")
			return [
				finding(
					"DNS_NODE_UNKNOWN",
					`the agent's DNS does not know ${node}.node.${domain}`,
					"look in the agent's log for what keeps it from registering its node",
				),
			];
		return [];
	},
	({ resolver, domain }) =>
		resolver === undefined || resolver.answer === "found"
			? []
			: [
					finding(
						"DNS_NOT_FORWARDED",
						`the resolver ${resolver.address} does not pass questions for ${domain} on to the agent (${resolver.answer})`,
						`forward ${domain} to the agent's DNS port: a server line of dnsmasq, a stub-zone of unbound, or Domains of systemd-resolved`,
					),
				],
	({ members }) =>
		members
			.filter(({ Status }) => Status === 4)
			.map(({ Name }) =>
				finding(
					"MEMBER_FAILED",
					`agent ${Name} does not answer the others`,
					`start it again, or take it out: disco force-leave ${Name}`,
				),
			),
	({ members }) => {
		const builds = [...new Set(members.map(({ Tags }) => (Tags?.["build"] ?? "").split(":")[0] ?? ""))].filter(
			(build) => build !== "",
		);
		return builds.length > 1
			? [
					finding(
						"VERSION_DIFFERS",
						`the agents have different versions: ${builds.sort().join(", ")}`,
						"finish the upgrade",
					),
				]
			: [];
	},
	({ remoteScripts, httpAddresses, aclsOn }) =>
		remoteScripts && !aclsOn && httpAddresses.some((address) => !isLoopback(address))
			? [
					finding(
						"SCRIPTS_OPEN",
						"whoever reaches the HTTP API can run commands on this machine: enable_script_checks is on, it listens beyond loopback, and there are no ACLs",
						"set enable_local_script_checks instead",
					),
				]
			: [],
	({ advertiseAddress, isDev, members }) =>
		!isDev &&
		members.length > 1 &&
		isLoopback(`tcp://${advertiseAddress}:0`) &&
		members.some(({ Addr }) => !isLoopback(`tcp://${Addr}:0`))
			? [
					finding(
						"ADVERTISE_LOOPBACK",
						`others are told the address ${advertiseAddress}, which leads them to themselves`,
						"give -advertise an address that they reach",
					),
				]
			: [],
	({ checks }) =>
		checks
			.filter(({ Status, Type, Output }) => Type === "ttl" && Status === "critical" && Output.startsWith("TTL expired"))
			.map(({ CheckID }) =>
				finding(
					"TTL_EXPIRED",
					`nobody has reported to check ${CheckID} in time`,
					"look at the program that should, or remove the check",
				),
			),
	({ services, closedPorts, checks }) =>
		services
			.filter(
				({ ID }) =>
					closedPorts.includes(ID) &&
					!checks.some(({ ServiceID, Status }) => ServiceID === ID && Status === "critical"),
			)
			.map(({ ID, Address, Port }) =>
				finding(
					"PORT_CLOSED",
					`service ${ID} is given to clients, but nobody listens at ${Address || "the node's address"}:${Port}`,
					"start the program, deregister the service, or give it a check",
				),
			),
	({ services }) =>
		services
			.filter(({ Service }) => !isLabel(Service))
			.map(({ Service, ID }) =>
				finding(
					"NAME_NOT_DNS",
					`service ${ID} cannot be found by DNS: ${JSON.stringify(Service)} is no host name`,
					"use letters, digits and hyphens",
				),
			),
	({ node }) =>
		isLabel(node)
			? []
			: [
					finding(
						"NODE_NAME_NOT_DNS",
						`the node cannot be found by DNS: ${JSON.stringify(node)} is no host name`,
						"give -node a name of letters, digits and hyphens",
					),
				],
	({ nodes, node, services }) => {
		const here = new Set(services.map(({ ID }) => ID));
		const own = nodes.find((each) => each.node === node)?.services ?? [];
		return own
			.filter(({ id, name }) => !here.has(id) && name !== "consul")
			.map(({ id }) =>
				finding(
					"SERVICE_ORPHANED",
					`the catalog has service ${id} on this node, but the agent does not`,
					"wait two minutes for the agent to remove it; if it stays, look in its log",
				),
			);
	},
	({ nodes }) =>
		nodes
			.filter((each) => !each.hasAgentCheck && !each.isExternal && each.services.length > 0)
			.map(({ node }) =>
				finding(
					"NODE_ORPHANED",
					`node ${node} has services but no agent that looks after them`,
					`remove it (PUT /v1/catalog/deregister), or mark it with external-node = "true" in its Meta`,
				),
			),
	({ nodes }) =>
		doubles(nodes.map(({ node, address }) => [address, node])).map(([address, names]) =>
			finding(
				"NODE_ADDRESS_DOUBLE",
				`nodes ${names.join(", ")} have the same address ${address}`,
				"remove those that are gone; every agent needs an address of its own",
			),
		),
	({ nodes }) =>
		doubles(
			nodes.flatMap((each) =>
				each.services
					.filter(({ port }) => port > 0)
					.map(({ id, name, address, port }): [string, string] => [
						`${name} ${address || each.address}:${port}`,
						`${each.node}/${id}`,
					]),
			),
		).map(([place, ids]) =>
			finding(
				"INSTANCE_DOUBLE",
				`${place} is registered ${ids.length} times: ${ids.join(", ")}`,
				"clients ask it more often than the others; deregister all but one",
			),
		),
	({ disk }) => {
		if (disk === undefined) return [];
		return [
			...(disk.freeBytes < freeBytesMin
				? [
						finding(
							"DISK_FULL",
							`${disk.folder} has ${Math.floor(disk.freeBytes / 1024 / 1024)} MiB left`,
							"make room: without it nothing can be written",
						),
					]
				: []),
			...(disk.isWritable
				? []
				: [
						finding(
							"FOLDER_UNWRITABLE",
							`${disk.folder} cannot be written`,
							"give it to the user that the agent runs as",
						),
					]),
			...((disk.mode & 0o022) === 0
				? []
				: [
						finding(
							"FOLDER_OPEN",
							`${disk.folder} may be written by others (mode ${disk.mode.toString(8)})`,
							`chmod 700 ${disk.folder}`,
						),
					]),
		];
	},
	({ certificates }, nowMs) =>
		certificates.flatMap(({ file, notBeforeMs, notAfterMs }) => {
			if (notAfterMs <= nowMs)
				return [
					finding(
						"CERTIFICATE_EXPIRED",
						`${file} has been invalid since ${date(notAfterMs)}`,
						"disco tls cert create makes a new one",
					),
				];
			if (notBeforeMs > nowMs)
				return [
					finding(
						"CERTIFICATE_EARLY",
						`${file} is not valid before ${date(notBeforeMs)}`,
						"look at this machine's clock",
					),
				];
			return notAfterMs - nowMs < certificateLeftMsMin
				? [
						finding(
							"CERTIFICATE_EXPIRES",
							`${file} is valid until ${date(notAfterMs)} only`,
							"disco tls cert create makes a new one",
						),
					]
				: [];
		}),
];

/** What is wrong, in the order of the rules. Empty for an agent that is well. */
export function findings(facts: Facts, nowMs: number): readonly Finding[] {
	return rules.flatMap((rule) => rule(facts, nowMs));
}

function finding(code: string, text: string, advice: string): Finding {
	return { code, text, advice };
}

function seconds(ms: number): string {
	return `${Math.round(ms / 1_000)} s`;
}

function date(ms: number): string {
	return new Date(ms).toISOString().slice(0, 10);
}

/** RFC 1123: letters, digits and hyphens, at most 63, no hyphen at the ends. */
function isLabel(name: string): boolean {
	return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(name);
}

/** Of `tcp://host:port`. */
function isLoopback(address: string): boolean {
	const host = /^[a-z]+:\/\/\[?(.*?)\]?:\d+$/.exec(address)?.[1] ?? address;
	return isIPv6(host)
		? host === "::1"
		: host.startsWith("127.") || host === "localhost" || address.startsWith("unix://");
}

/** Keys that occur more than once, with all that have them. */
function doubles(pairs: readonly (readonly [string, string])[]): readonly (readonly [string, readonly string[]])[] {
	const groups = new Map<string, string[]>();
	for (const [key, value] of pairs) groups.set(key, [...(groups.get(key) ?? []), value]);
	return [...groups].filter(([, values]) => values.length > 1);
}
