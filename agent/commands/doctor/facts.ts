import { type Client, HttpStatusError } from "../../../client/index.ts";
import type { AgentCheck, AgentMember, AgentService, CheckStatus } from "../../../lib/api/index.ts";
import { DiscoError, errorCode, errorMessage } from "../../../lib/errors.ts";
import { askDns, type DnsAnswer } from "./ask-dns.ts";
import { type CertificateFact, readCertificate } from "./certificates.ts";
import { type DiskFact, diskOf } from "./disk.ts";
import { isOpen } from "./is-open.ts";

/** A node of the catalog, as far as a fault can be seen in it. */
export interface NodeFact {
	readonly node: string;
	readonly address: string;
	readonly isExternal: boolean;
	readonly services: readonly {
		readonly id: string;
		readonly name: string;
		readonly address: string;
		readonly port: number;
	}[];
	readonly hasAgentCheck: boolean;
}

/** Everything the rules look at, read once. */
export interface Facts {
	readonly address: string;
	/** Of the agent's clock, minus this machine's. Seconds are all that HTTP tells. */
	readonly clockAheadMs: number | undefined;
	readonly leader: string;
	/** The node's name, and whether other machines reach the API. */
	readonly node: string;
	readonly isDev: boolean;
	readonly advertiseAddress: string;
	readonly httpAddresses: readonly string[];
	readonly remoteScripts: boolean;
	readonly aclsOn: boolean;
	readonly domain: string;
	/** What the agent's DNS says of the agent's own node; undefined when DNS is off. */
	readonly dns: DnsAnswer | undefined;
	/** The same asked of `-resolver`. */
	readonly resolver: { readonly address: string; readonly answer: DnsAnswer } | undefined;
	readonly members: readonly AgentMember[];
	readonly services: readonly AgentService[];
	readonly checks: readonly AgentCheck[];
	/** Ids of services here whose address refuses connections. */
	readonly closedPorts: readonly string[];
	readonly nodes: readonly NodeFact[];
	readonly disk: DiskFact | undefined;
	readonly certificates: readonly CertificateFact[];
}

/** Why there are no facts: the agent does not answer, or not as one. */
export interface NoFacts {
	readonly code: "AGENT_UNREACHABLE" | "AGENT_SILENT" | "NOT_AN_AGENT" | "TOKEN_REFUSED";
	readonly text: string;
}

export interface DoctorOptions {
	readonly nowMs: () => number;
	/** `host:port` of the machine's resolver, which should forward the domain to the agent. */
	readonly resolver: string | undefined;
	/** Files of certificates to look at. */
	readonly certificates: readonly string[];
}

/** Longest wait for one answer. */
const answerMsMax = 5_000;

export async function gatherFacts(client: Client, options: DoctorOptions): Promise<Facts | NoFacts> {
	try {
		return await gather(client, options);
	} catch (error) {
		const found = noFacts(error);
		if (found === undefined) throw error;
		return found;
	}
}

function noFacts(error: unknown): NoFacts | undefined {
	const text = errorMessage(error);
	if (error instanceof HttpStatusError) {
		if (error.status === 401 || error.status === 403) return { code: "TOKEN_REFUSED", text };
		return { code: "NOT_AN_AGENT", text };
	}
	if (!(error instanceof DiscoError)) return undefined;
	if (errorCode(error) === "AGENT_UNREACHABLE") return { code: "AGENT_UNREACHABLE", text };
	if (errorCode(error) === "REQUEST_TIMEOUT") return { code: "AGENT_SILENT", text };
	return errorCode(error) === "ANSWER_INVALID" ? { code: "NOT_AN_AGENT", text } : undefined;
}

async function gather(client: Client, options: DoctorOptions): Promise<Facts> {
	const limit = { timeoutMs: answerMsMax };
	const askedAtMs = options.nowMs();
	const { leader, date } = await askLeader(client, limit);
	const answeredAtMs = options.nowMs();
	const self = await client.agent.self(limit);
	if (self.Config?.NodeName === undefined) {
		throw new DiscoError("ANSWER_INVALID", `what answers at ${client.address} is no agent: it does not tell its name`);
	}
	const services = Object.values(await client.agent.services(limit));
	const checks = Object.values(await client.agent.checks(limit));
	const debug = self.DebugConfig ?? {};
	const domain = String(debug["DNSDomain"] ?? "consul.");
	const name = `${self.Config.NodeName}.node.${domain}`;
	const [dnsAddress] = texts(debug["DNSAddrs"]).filter((address) => address.startsWith("udp://"));
	const dataFolder = String(debug["DataDir"] ?? "");
	return {
		address: client.address,
		clockAheadMs: clockAhead(date, askedAtMs, answeredAtMs),
		leader,
		node: self.Config.NodeName,
		isDev: debug["DevMode"] === true,
		advertiseAddress: self.Member.Addr,
		httpAddresses: texts(debug["HTTPAddrs"]),
		remoteScripts: debug["EnableRemoteScriptChecks"] === true,
		aclsOn: self.Stats?.["consul"]?.["acl"] === "enabled",
		domain,
		dns:
			dnsAddress === undefined
				? undefined
				: await askDns(reachable(dnsAddress.replace("udp://", ""), client.address), name),
		resolver:
			options.resolver === undefined
				? undefined
				: { address: options.resolver, answer: await askDns(options.resolver, name) },
		members: await client.agent.members(limit),
		services,
		checks,
		closedPorts: await closedPorts(services, self.Member.Addr),
		nodes: leader === "" ? [] : await nodesOf(client, limit),
		disk: dataFolder === "" ? undefined : diskOf(dataFolder),
		certificates: options.certificates.map(readCertificate),
	};
}

/** `0.0.0.0:8600` is every address of the agent's machine: asked where its HTTP API was. */
function reachable(listening: string, httpAddress: string): string {
	const host = /^(?:https?:\/\/)?(\[[^\]]+\]|[^:/]+)/.exec(httpAddress)?.[1] ?? "127.0.0.1";
	return listening.replace(/^(?:0\.0\.0\.0|\[::\])(?=:)/, host);
}

/** An agent that reaches no server answers 500: nobody leads as far as it knows. Whether it is an agent, its other answers tell. */
async function askLeader(
	client: Client,
	limit: { readonly timeoutMs: number },
): Promise<{ readonly leader: string; readonly date?: string }> {
	try {
		const { body, headers } = await client.call({ path: "/v1/status/leader", ...limit });
		return { leader: leaderOf(body), ...(headers.date === undefined ? {} : { date: headers.date }) };
	} catch (error) {
		if (error instanceof HttpStatusError && error.status >= 500) return { leader: "" };
		throw error;
	}
}

/** JSON of another program may be anything. */
function leaderOf(body: Buffer): string {
	try {
		const leader: unknown = JSON.parse(body.toString("utf8"));
		if (typeof leader === "string") return leader;
	} catch {
		// Told below.
	}
	throw new DiscoError("ANSWER_INVALID", "what answers is no agent: it does not know who leads");
}

/** The header has whole seconds, so a difference below one says nothing. */
function clockAhead(date: string | undefined, askedAtMs: number, answeredAtMs: number): number | undefined {
	const theirsMs = Date.parse(date ?? "");
	if (Number.isNaN(theirsMs)) return undefined;
	if (theirsMs > answeredAtMs) return theirsMs - answeredAtMs;
	return theirsMs + 1_000 < askedAtMs ? theirsMs + 1_000 - askedAtMs : 0;
}

function texts(value: unknown): readonly string[] {
	return Array.isArray(value) ? value.map(String) : [];
}

/** Only TCP can be tried, and only what a check does not look at in another way. */
async function closedPorts(services: readonly AgentService[], nodeAddress: string): Promise<readonly string[]> {
	const tried = await Promise.all(
		services
			.filter(({ Port, Service }) => Port > 0 && Service !== "consul")
			.map(async ({ ID, Address, Port }) => ((await isOpen(Address || nodeAddress, Port)) ? undefined : ID)),
	);
	return tried.filter((id) => id !== undefined);
}

async function nodesOf(client: Client, limit: { readonly timeoutMs: number }): Promise<readonly NodeFact[]> {
	const nodes = (await client.catalog.nodes(limit)).value;
	const checks = (await client.health.state("any" as CheckStatus | "any", limit)).value;
	const withAgent = new Set(checks.filter(({ CheckID }) => CheckID === "serfHealth").map(({ Node }) => Node));
	return Promise.all(
		nodes.map(async ({ Node: node, Address: address, Meta: meta }) => {
			const services = Object.values((await client.catalog.node(node, limit)).value?.Services ?? {});
			return {
				node,
				address,
				isExternal: meta?.["external-node"] === "true",
				hasAgentCheck: withAgent.has(node),
				services: services.map(({ ID, Service, Address, Port }) => ({
					id: ID,
					name: Service,
					address: Address,
					port: Port,
				})),
			};
		}),
	);
}
