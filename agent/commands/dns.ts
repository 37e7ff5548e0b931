import { createSocket } from "node:dgram";
import { isIP } from "node:net";
import { type Answer, type DecodedPacket, decode, encode, type RecordType } from "dns-packet";
import type { Client } from "../../client/index.ts";
import type { ServiceEntry } from "../../lib/api/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { clientFlags, withClient } from "./client-flags.ts";
import { columns } from "./columns.ts";
import { requireArguments, simpleCommand } from "./command.ts";

/** Asks the agent's DNS as a client would, and says of each instance why it is in the answer or not. */
export const dns = simpleCommand({
	usage: "[options] NAME [TYPE]",
	about:
		"Asks the agent's DNS server and explains the answer: which instances are there, and what keeps the others out. " +
		"NAME without a dot is a service (NAME.service.consul); TYPE is A unless given.",
	examples: ["disco dns web", "disco dns web SRV", "disco dns -server=127.0.0.1:53 web.service.consul"],
	flags: {
		server: { kind: "string", usage: "DNS server to ask; the agent's own unless given", placeholder: "host:port" },
		edns: { kind: "int", usage: "Offer to take so many bytes (EDNS)", placeholder: "bytes" },
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 1, 2, "a NAME and, if wanted, a TYPE");
		const [given = "", givenType = "A"] = rest;
		const type = questionType(givenType);
		return withClient(values, io, async (client) => {
			const config = await dnsConfigOf(client);
			const name = given.includes(".") ? given : `${given}.service.${config.domain}`;
			const server = values.server === undefined ? config.server : parseServer(values.server);
			const reply = await exchange(server, name, type, values.edns);
			io.stdout(replyText(name, type, server, reply));
			io.stdout(await explanation(client, name, reply, config));
			return codeOf(reply) === "NOERROR" ? 0 : 1;
		});
	},
});

const types: readonly RecordType[] = ["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"];

/** `ANY`, too, which dns-packet's type leaves out. */
function questionType(text: string): RecordType {
	const type = text.toUpperCase();
	if (type === "ANY" || types.some((known) => known === type)) return type as RecordType;
	throw new DiscoError("ARGUMENT_INVALID", `TYPE "${text}" is not one of ${[...types, "ANY"].join(", ")}`);
}

interface Server {
	readonly host: string;
	readonly port: number;
}

interface DnsConfig {
	readonly server: Server;
	readonly domain: string;
	readonly onlyPassing: boolean;
	readonly udpAnswerLimit: number;
}

const anyAddress: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1", "[::]": "::1" };

async function dnsConfigOf(client: Client): Promise<DnsConfig> {
	const debug = (await client.agent.self())["DebugConfig"] as Readonly<Record<string, unknown>> | undefined;
	const addresses = Array.isArray(debug?.["DNSAddrs"]) ? debug["DNSAddrs"] : [];
	const [address] = addresses.flatMap((each) => (typeof each === "string" ? [each.replace(/^\w+:\/\//, "")] : []));
	const { host, port } = parseServer(address ?? "127.0.0.1:8600");
	return {
		server: { host: anyAddress[host] ?? host, port },
		domain: String(debug?.["DNSDomain"] ?? "consul").replace(/\.$/, ""),
		onlyPassing: debug?.["DNSOnlyPassing"] === true,
		udpAnswerLimit: typeof debug?.["DNSUDPAnswerLimit"] === "number" ? debug["DNSUDPAnswerLimit"] : 3,
	};
}

function parseServer(text: string): Server {
	const parts = /^(.+?)(?::(\d{1,5}))?$/.exec(text.replace(/^\[(.+)\]/, "$1"));
	const bare = isIP(text) === 0 ? parts?.[1] : text;
	const port = isIP(text) === 0 && parts?.[2] !== undefined ? Number(parts[2]) : 53;
	if (bare === undefined || isIP(bare) === 0 || port < 1 || port > 65_535) {
		throw new DiscoError(
			"ARGUMENT_INVALID",
			`-server: "${text}" is not an IP address with a port, such as 127.0.0.1:8600`,
		);
	}
	return { host: bare, port };
}

/** What dns-packet's `decode` gives beside its declared fields. */
type Reply = DecodedPacket & { readonly rcode?: string; readonly sizeBytes: number; readonly elapsedMs: number };

const timeoutMs = 5_000;

function exchange({ host, port }: Server, name: string, type: string, ednsBytes: number | undefined): Promise<Reply> {
	const id = 1 + Math.floor(Math.random() * 65_535);
	const additionals: Answer[] =
		ednsBytes === undefined
			? []
			: [
					{
						type: "OPT",
						name: ".",
						udpPayloadSize: ednsBytes,
						extendedRcode: 0,
						ednsVersion: 0,
						flags: 0,
						flag_do: false,
						options: [],
					},
				];
	const packet = encode({
		type: "query",
		id,
		flags: 0x0100,
		questions: [{ type: type as RecordType, name }],
		additionals,
	});
	const startMs = performance.now();
	return new Promise((resolve, reject) => {
		const socket = createSocket(isIP(host) === 6 ? "udp6" : "udp4");
		const finish = (error: Error | undefined, reply?: Buffer) => {
			clearTimeout(timer);
			socket.close();
			if (reply === undefined) reject(error ?? new Error("closed"));
			else resolve({ ...decode(reply), sizeBytes: reply.length, elapsedMs: performance.now() - startMs });
		};
		const timer = setTimeout(
			() => finish(new DiscoError("DNS_TIMEOUT", `no answer from ${host}:${port} within ${timeoutMs / 1000} s`)),
			timeoutMs,
		);
		socket.on("error", (error) => finish(new DiscoError("DNS_FAILED", `${host}:${port}: ${error.message}`)));
		socket.on("message", (reply) => {
			if (reply.length >= 12 && reply.readUInt16BE(0) === id) finish(undefined, reply);
		});
		socket.send(packet, port, host);
	});
}

function codeOf(reply: Reply): string {
	return reply.rcode ?? "NOERROR";
}

function replyText(name: string, type: string, { host, port }: Server, reply: Reply): string {
	const { answers = [], authorities = [], additionals = [] } = reply;
	const sections = [
		["answer", answers],
		["authority", authorities],
		["additional", additionals.filter((record) => record.type !== "OPT")],
	] as const;
	const head = `${name} ${type} @${host}:${port}: ${codeOf(reply)}, ${reply.sizeBytes} bytes, ${reply.elapsedMs.toFixed(1)} ms\n`;
	return (
		head +
		sections
			.filter(([, records]) => records.length > 0)
			.map(([title, records]) => `\n${title}\n${columns(records.map((record) => ["", ...recordColumns(record)]))}`)
			.join("")
	);
}

function recordColumns(record: Answer): readonly string[] {
	const ttl = "ttl" in record ? String(record.ttl ?? 0) : "";
	return [record.name, ttl, record.type, "data" in record ? dataText(record.data) : ""];
}

function dataText(data: unknown): string {
	if (typeof data === "string") return data;
	if (Array.isArray(data)) return data.map((part) => JSON.stringify(String(part))).join(" ");
	if (Buffer.isBuffer(data)) return data.toString("hex");
	return typeof data === "object" && data !== null ? Object.values(data).join(" ") : String(data);
}

/** What the name means and why each instance is in the answer or is not; empty for names other than services'. */
async function explanation(client: Client, name: string, reply: Reply, config: DnsConfig): Promise<string> {
	const asked = serviceOf(name, config.domain);
	if (asked === undefined) return "";
	const read = asked.datacenter === "" ? {} : { datacenter: asked.datacenter };
	const entries = (await client.health.service(asked.service, read)).value;
	if (entries.length === 0) return `\nno service "${asked.service}" is registered; disco catalog services lists them\n`;
	const total = entries.filter((entry) => hindrance(entry, asked.tag, config) === undefined).length;
	const shown = (reply.answers ?? []).filter(({ type }) => type !== "TXT").length;
	const rows = entries.map((entry) => [
		"",
		entry.Service.ID,
		entry.Node.Node,
		`${entry.Service.Address || entry.Node.Address}:${entry.Service.Port}`,
		hindrance(entry, asked.tag, config) ?? "can be in the answer",
	]);
	const cut =
		shown > 0 && shown < total
			? `\n${shown} of ${total}: without EDNS at most ${config.udpAnswerLimit} stand in an answer (dns_config.udp_answer_limit), chosen at random; ` +
				"equal addresses stand once\n"
			: "";
	return `\ninstances of "${asked.service}"\n${columns(rows)}${cut}`;
}

/** `[tag.]service.service[.datacenter].domain` and `_service._tag...`. */
function serviceOf(name: string, domain: string): { service: string; tag: string; datacenter: string } | undefined {
	const lower = name.toLowerCase().replace(/\.$/, "");
	if (!lower.endsWith(`.${domain.toLowerCase()}`)) return undefined;
	const labels = lower.slice(0, -domain.length - 1).split(".");
	const at = labels.lastIndexOf("service");
	if (at < 1 || labels.length > at + 2) return undefined;
	const left = labels.slice(0, at);
	const datacenter = labels[at + 1] ?? "";
	const [first = "", second = ""] = left;
	if (left.length === 2 && first.startsWith("_") && second.startsWith("_")) {
		return { service: first.slice(1), tag: second === "_tcp" ? "" : second.slice(1), datacenter };
	}
	return { service: left.at(-1) ?? "", tag: left.slice(0, -1).join("."), datacenter };
}

/** What keeps an instance out of answers; undefined when nothing does. */
function hindrance({ Service, Checks }: ServiceEntry, tag: string, { onlyPassing }: DnsConfig): string | undefined {
	const bad = Checks.find(({ Status }) => Status === "critical" || (onlyPassing && Status !== "passing"));
	if (bad !== undefined) {
		const of = bad.ServiceID === "" ? "of its node" : "of its own";
		const output = bad.Output.trim().split("\n")[0] ?? "";
		return `left out: check "${bad.CheckID}" ${of} is ${bad.Status}${output === "" ? "" : ` (${output.slice(0, 100)})`}`;
	}
	const tags = Service.Tags ?? [];
	if (tag !== "" && !tags.some((own) => own.toLowerCase() === tag)) {
		return `left out: it has no tag "${tag}" (${tags.length === 0 ? "none at all" : tags.join(", ")})`;
	}
	return undefined;
}
