import { formatIpAddress, type IpAddress, ipAddressHex, parseIpAddress } from "../../lib/ip-address.ts";
import type { CheckRecord, InstanceRecord, NodeRecord, ServiceAddress, StringMap } from "../rpc/index.ts";
import { nodeMetaTexts } from "./node-meta.ts";
import type { DnsOptions } from "./options.ts";
import { type DnsRecord, isEncodableName, recordType } from "./records.ts";

/** The question and how its answer is spelt. */
export interface AnswerContext {
	/** Owner of the answers: the question's name, in its case. */
	readonly owner: string;
	readonly type: number;
	/** The domain as the question spelt it. */
	readonly domain: string;
	/** Of the instances, as it stands in SRV targets. */
	readonly datacenter: string;
	readonly ttlSeconds: number;
	/** Use the instances' `wan` addresses: they are in another datacenter and `translate_wan_addrs` is set. */
	readonly wan: boolean;
	readonly options: Pick<DnsOptions, "aRecordLimit" | "additionalNodeMetaTxt">;
}

/** A host name used as an address -> the records that following it gave, in order. */
export type FollowedNames = ReadonlyMap<string, readonly DnsRecord[]>;

interface Answers {
	readonly answers: readonly DnsRecord[];
	readonly additional: readonly DnsRecord[];
}

/** RFC 2782: lower is tried first; all instances are equal. */
export const srvPriority = 1;
const maxTtlSeconds = 0x7fff_ffff;

/** The TTL to send for a duration: whole seconds, at most 2^31-1 (RFC 2181 section 8). */
export function ttlSeconds(durationMs: number): number {
	return Math.min(maxTtlSeconds, Math.max(0, Math.floor(durationMs / 1000)));
}

/** The TTL of a service's records: its own name's, else the longest prefix's (keys that end in `*`), else 0. */
export function serviceTtlSeconds(service: string, serviceTtlMs: DnsOptions["serviceTtlMs"]): number {
	const exact = Object.hasOwn(serviceTtlMs, service) ? serviceTtlMs[service] : undefined;
	if (exact !== undefined) return ttlSeconds(exact);
	let longest = "";
	for (const key of Object.keys(serviceTtlMs)) {
		if (key.endsWith("*") && service.startsWith(key.slice(0, -1)) && key.length > longest.length) longest = key;
	}
	return longest === "" ? 0 : ttlSeconds(serviceTtlMs[longest] ?? 0);
}

/** Whether DNS gives the instance: nothing critical, and with `onlyPassing` nothing but passing. */
export function isServed(instance: InstanceRecord, onlyPassing: boolean): boolean {
	return instance.checks.every(({ status }) => status === "passing" || (!onlyPassing && status !== "critical"));
}

/**
 * Host names that instances have in place of an address and whose records the answer needs: all of them for SRV, otherwise
 * the first, and only if no instance has an address of the type asked for.
 */
export function namesToFollow(instances: readonly InstanceRecord[], context: AnswerContext): readonly string[] {
	const places = instances.map((instance) => placeOf(instance, context));
	const names = places.flatMap((place) => (place.kind === "name" ? [place.name] : []));
	if (context.type === recordType.SRV) return [...new Set(names)];
	const hasAddress = places.some((place) => place.kind === "address" && answersType(place.address, context.type));
	return hasAddress ? [] : names.slice(0, 1);
}

/** Address records of a service's instances, in their order, each address once; or the CNAME of the first host name. */
export function serviceAddressAnswers(
	instances: readonly InstanceRecord[],
	context: AnswerContext,
	followed: FollowedNames,
): Answers {
	const { aRecordLimit } = context.options;
	const answers: DnsRecord[] = [];
	const seen = new Set<string>();
	let alias: string | undefined;
	for (const instance of instances) {
		if (aRecordLimit > 0 && answers.length >= aRecordLimit) break;
		const place = placeOf(instance, context);
		if (place.kind === "name") alias ??= place.name;
		if (place.kind !== "address" || !answersType(place.address, context.type)) continue;
		const key = ipAddressHex(place.address);
		if (seen.has(key)) continue;
		seen.add(key);
		answers.push(addressRecord(context.owner, place.address, context.ttlSeconds));
	}
	if (answers.length > 0 || alias === undefined) return { answers, additional: [] };
	return {
		answers: [cnameRecord(context.owner, alias, context.ttlSeconds), ...followedRecords(alias, context, followed)],
		additional: [],
	};
}

/** SRV records of a service's instances with their addresses beside them; each node, address and port once. */
export function serviceSrvAnswers(
	instances: readonly InstanceRecord[],
	context: AnswerContext,
	followed: FollowedNames,
): Answers {
	const answers: DnsRecord[] = [];
	const additional: DnsRecord[] = [];
	const seen = new Set<string>();
	for (const instance of instances) {
		const { node } = instance;
		const port = portOf(instance, context.wan);
		const key = srvKey(instance, context);
		if (seen.has(key)) continue;
		seen.add(key);
		const nodeName = `${node.node}.node.${context.datacenter}.${context.domain}`;
		const place = placeOf(instance, context);
		const target = srvTarget(place, nodeName, context);
		if (target !== undefined && isEncodableName(target)) {
			answers.push({
				owner: context.owner,
				ttlSeconds: context.ttlSeconds,
				data: { kind: "SRV", priority: srvPriority, weight: weightOf(instance), port, target },
			});
			if (place.kind === "address") additional.push(addressRecord(target, place.address, context.ttlSeconds));
			else if (place.kind === "name") additional.push(...followedRecords(place.name, context, followed));
		}
		if (context.options.additionalNodeMetaTxt) additional.push(...metaRecords(nodeName, node.meta, context.ttlSeconds));
	}
	return { answers, additional };
}

/**
 * A node's address and metadata. `alias` has the records that its host name led to, when its address is one
 * (`nodeNameToFollow`).
 */
export function nodeAnswers(node: NodeRecord, context: AnswerContext, alias: readonly DnsRecord[]): Answers {
	const { owner, type } = context;
	const records = type === recordType.TXT ? [] : nodeAddressAnswers(node, context, alias);
	const asked = type === recordType.ANY || type === recordType.TXT;
	const meta = asked || context.options.additionalNodeMetaTxt ? metaRecords(owner, node.meta, context.ttlSeconds) : [];
	return asked ? { answers: [...records, ...meta], additional: [] } : { answers: records, additional: meta };
}

/** The host name that must be followed to answer for the node, if its address is none. */
export function nodeNameToFollow(node: NodeRecord, context: AnswerContext): string | undefined {
	if (context.type === recordType.TXT) return undefined;
	const place = nodePlace(node, context);
	return place.kind === "name" ? place.name : undefined;
}

function nodeAddressAnswers(
	node: NodeRecord,
	context: AnswerContext,
	alias: readonly DnsRecord[],
): readonly DnsRecord[] {
	const place = nodePlace(node, context);
	if (place.kind === "name") return [cnameRecord(context.owner, place.name, context.ttlSeconds), ...alias];
	if (place.kind !== "address" || !answersType(place.address, context.type)) return [];
	return [addressRecord(context.owner, place.address, context.ttlSeconds)];
}

/** The answer for `<hex>.addr.<domain>`; an address of the other family, or another type, gets it as additional record. */
export function encodedAddressAnswers(address: IpAddress, owner: string, type: number, ttl: number): Answers {
	const record = addressRecord(owner, address, ttl);
	const wanted = type === recordType.ANY || type === (address.version === 4 ? recordType.A : recordType.AAAA);
	return wanted ? { answers: [record], additional: [] } : { answers: [], additional: [record] };
}

/** Characters that a host name cannot have; a server so called is left out of NS answers. */
const notHostName = /[^A-Za-z0-9-]/;
/** Enough to choose from, and small enough for every UDP answer. */
const nameserversMax = 3;

/** Servers that NS answers can name, in the given order, as `<node>.node.<datacenter>.<domain>` in lower case. */
export function nameserverNames(
	servers: readonly InstanceRecord[],
	domain: string,
): readonly { readonly node: NodeRecord; readonly name: string }[] {
	return servers
		.filter(({ node }) => !notHostName.test(node.node))
		.slice(0, nameserversMax)
		.map(({ node }) => ({ node, name: `${node.node}.node.${node.datacenter}.${domain}`.toLowerCase() }));
}

/** The zone's SOA record; the serial is the time, so that it grows (RFC 1912 section 2.2). */
export function soaRecord(zone: string, soa: DnsOptions["soa"], nowMs: number): DnsRecord {
	return {
		owner: zone,
		ttlSeconds: soa.minTtlSeconds,
		data: {
			kind: "SOA",
			primary: `ns.${zone}`,
			mailbox: `hostmaster.${zone}`,
			serial: Math.floor(nowMs / 1000) >>> 0,
			...soa,
		},
	};
}

/** Instances with the same key have the same SRV record. */
export function srvKey(instance: InstanceRecord, context: AnswerContext): string {
	const { node, service } = instance;
	const address = translate(service.address, serviceAddresses(instance), context);
	return `${node.node}\0${address}\0${portOf(instance, context.wan)}`;
}

/** Where an instance or node is reached. `encoded`: the SRV target is the address itself, not the node's name. */
type Place =
	| { readonly kind: "address"; readonly address: IpAddress; readonly encoded: boolean }
	| { readonly kind: "name"; readonly name: string }
	| { readonly kind: "nowhere" };

/** The service's address, else the node's. A service whose address is the very name asked for would lead back to itself. */
export function placeOf(instance: InstanceRecord, context: AnswerContext): Place {
	const serviceAddress = translate(instance.service.address, serviceAddresses(instance), context);
	if (serviceAddress === "") return nodePlace(instance.node, context);
	const address = parseIpAddress(serviceAddress);
	if (address !== undefined) return { kind: "address", address, encoded: true };
	if (withoutLastDot(serviceAddress) === context.owner) {
		const node = nodePlace(instance.node, context);
		// With the node's name as SRV target, even where the node's address was translated (measured).
		if (node.kind === "address") return { ...node, encoded: false };
	}
	return namePlace(serviceAddress);
}

function nodePlace(node: NodeRecord, context: AnswerContext): Place {
	const text = translate(node.address, node.taggedAddresses ?? noAddresses, context);
	const address = parseIpAddress(text);
	if (address !== undefined) return { kind: "address", address, encoded: text !== node.address };
	return namePlace(text);
}

function namePlace(text: string): Place {
	const name = withoutLastDot(text);
	return isEncodableName(name) ? { kind: "name", name } : { kind: "nowhere" };
}

function withoutLastDot(name: string): string {
	return name.endsWith(".") ? name.slice(0, -1) : name;
}

/**
 * Of an address and its tagged variants the one to give: `lan_ipv4` for A; `lan_ipv6` for AAAA; for every other type IPv6, then
 * IPv4; the address itself where there is no such tag. For another datacenter's names the `wan` variants come first
 * where they are set, each for itself (measured: `lan_ipv4` wins over a bare `wan`).
 */
function translate(address: string, tagged: StringMap, { type, wan }: Pick<AnswerContext, "type" | "wan">): string {
	const plain = wan ? (tagged["wan"] ?? address) : address;
	const ipv4 = (wan ? tagged["wan_ipv4"] : undefined) ?? tagged["lan_ipv4"] ?? "";
	const ipv6 = (wan ? tagged["wan_ipv6"] : undefined) ?? tagged["lan_ipv6"] ?? "";
	if (type === recordType.A) return ipv4 || plain;
	if (type === recordType.AAAA) return ipv6 || plain;
	return ipv6 || ipv4 || plain;
}

const noAddresses: StringMap = Object.freeze({});

function serviceAddresses({ service }: InstanceRecord): StringMap {
	if (service.taggedAddresses === null) return noAddresses;
	return Object.fromEntries(Object.entries(service.taggedAddresses).map(([tag, { address }]) => [tag, address]));
}

export function portOf({ service }: InstanceRecord, wan: boolean): number {
	const translated: ServiceAddress | undefined = wan ? service.taggedAddresses?.["wan"] : undefined;
	return translated === undefined || translated.port === 0 ? service.port : translated.port;
}

export function srvTarget(place: Place, nodeName: string, context: AnswerContext): string | undefined {
	if (place.kind === "nowhere") return undefined;
	if (place.kind === "name") return place.name;
	if (!place.encoded) return nodeName;
	return `${ipAddressHex(place.address)}.addr.${context.datacenter}.${context.domain}`;
}

/** The passing weight, or the warning weight when a check of the service or of its node warns. */
export function weightOf({ service, checks }: InstanceRecord): number {
	const counts = (check: CheckRecord) => check.serviceName === "" || check.serviceName === service.service;
	const warns = checks.some((check) => counts(check) && check.status === "warning");
	return warns ? service.weights.warning : service.weights.passing;
}

/** Which addresses a question of the type is answered with; SRV, NS and TXT take both families (recorded behaviour). */
export function answersType(address: IpAddress, type: number): boolean {
	switch (type) {
		case recordType.ANY:
		case recordType.SRV:
		case recordType.NS:
		case recordType.TXT:
			return true;
		case recordType.A:
			return address.version === 4;
		case recordType.AAAA:
			return address.version === 6;
		default:
			return false;
	}
}

function addressRecord(owner: string, address: IpAddress, ttl: number): DnsRecord {
	return {
		owner,
		ttlSeconds: ttl,
		data: { kind: address.version === 4 ? "A" : "AAAA", address: address.bytes },
	};
}

function cnameRecord(owner: string, target: string, ttl: number): DnsRecord {
	return { owner, ttlSeconds: ttl, data: { kind: "CNAME", target } };
}

/** What following a host name gave, as part of a service's answer: addresses and aliases, with the service's TTL. */
function followedRecords(name: string, context: AnswerContext, followed: FollowedNames): readonly DnsRecord[] {
	return (followed.get(name) ?? [])
		.filter(({ data }) => data.kind === "A" || data.kind === "AAAA" || data.kind === "CNAME")
		.map((record) => ({ ...record, ttlSeconds: context.ttlSeconds }));
}

function metaRecords(owner: string, meta: StringMap | null, ttl: number): readonly DnsRecord[] {
	if (meta === null || !isEncodableName(owner)) return [];
	return nodeMetaTexts(meta).map((texts) => ({ owner, ttlSeconds: ttl, data: { kind: "TXT", texts } }));
}

/** The text under which reverse lookups know an address: two spellings of one IPv6 address are the same. */
export function addressKey(text: string): string | undefined {
	const address = parseIpAddress(text);
	return address === undefined ? undefined : formatIpAddress(address);
}
