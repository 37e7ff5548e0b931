import type { Random } from "../../lib/env/index.ts";
import { errorCode, errorMessage } from "../../lib/errors.ts";
import type { Endpoints, InstanceRecord, NodeRecord, ReadOptions } from "../rpc/index.ts";
import {
	type AnswerContext,
	addressKey,
	encodedAddressAnswers,
	type FollowedNames,
	isServed,
	nameserverNames,
	namesToFollow,
	nodeAnswers,
	nodeNameToFollow,
	serviceAddressAnswers,
	serviceSrvAnswers,
	serviceTtlSeconds,
	ttlSeconds,
	weightOf,
} from "./answers.ts";
import { drawAll, drawWeighted } from "./draw.ts";
import { type NameQuery, parseName, type ZoneName, zoneNameOf } from "./name.ts";
import type { DnsOptions } from "./options.ts";
import type { PreparedQueries } from "./prepared-queries.ts";
import { type DnsRecord, recordType } from "./records.ts";

/**
 * What a name turned out to be. `no-data`: the name exists without records of the type (NOERROR with SOA); `empty`: the same, but
 * the reference sends no SOA; `no-name`: NXDOMAIN; `failed`: SERVFAIL.
 */
interface Outcome {
	readonly kind: "found" | "empty" | "no-data" | "no-name" | "failed";
	readonly answers: readonly DnsRecord[];
	readonly additional: readonly DnsRecord[];
	/** For the log: why there is no answer. */
	readonly reason: string;
	/** False when the answer was made for the client's subnet (RFC 7871). */
	readonly subnetIsGlobal: boolean;
	/** An answer from before the lookup began to fail (`stale_if_error`). */
	readonly isStale: boolean;
}

export interface LookupContext {
	readonly endpoints: Endpoints;
	readonly queries: PreparedQueries | undefined;
	readonly options: DnsOptions;
	/** Lower case, without dots at the ends. */
	readonly domains: readonly string[];
	readonly datacenter: string;
	readonly token: string;
	readonly random: Random;
	/** Asks the recursors for a host name outside the zone; nothing when there are none. */
	readonly resolveOutside: (name: string) => Promise<readonly DnsRecord[]>;
	/** An OPT record came with the question: long chains of aliases are allowed. */
	readonly hasEdns: boolean;
}

/** How many names inside the zone are followed one after the other; then a chain of aliases is taken for a loop. */
const aliasDepthMax = 3;
/** Different host names that are followed for one question; further ones are answered without their addresses. */
const followedNamesMax = 64;
/** Records of a followed name outside the zone, for clients without EDNS. */
const followedRecordsMax = 5;
/** The service under which the servers register themselves. */
const serverService = "consul";

/** What the zone has for a name and question type; SOA and NS questions are answered elsewhere. */
export async function lookUp(
	name: string,
	zone: ZoneName,
	type: number,
	context: LookupContext,
	depth: number = aliasDepthMax,
): Promise<Outcome> {
	try {
		return await outcomeOf(name, zone, type, context, depth);
	} catch (error) {
		const code = errorCode(error);
		const reason = errorMessage(error);
		return outcome(code === "DATACENTER_UNKNOWN" || code === "PERMISSION_DENIED" ? "no-name" : "failed", { reason });
	}
}

function outcomeOf(
	name: string,
	zone: ZoneName,
	type: number,
	context: LookupContext,
	depth: number,
): Promise<Outcome> | Outcome {
	const query = parseName(zone.labels, type);
	switch (query.kind) {
		case "service":
			return lookUpService(query, answerContext(name, zone, type, query, context), context, depth);
		case "node":
			return lookUpNode(query, answerContext(name, zone, type, query, context), context, depth);
		case "query":
			return runQuery(query, answerContext(name, zone, type, query, context), context, depth);
		case "address": {
			// The reference gives this owner back in lower case up to the domain.
			const owner = `${zone.labels.join(".")}.${zone.domain}`;
			const ttl = ttlSeconds(context.options.nodeTtlMs);
			return outcome("found", encodedAddressAnswers(query.address, owner, type, ttl));
		}
		case "empty":
			return outcome("empty", {});
		case "nothing":
			return outcome("no-name", query);
	}
}

async function lookUpService(
	query: NameQuery & { readonly kind: "service" },
	partial: AnswerContext,
	context: LookupContext,
	depth: number,
): Promise<Outcome> {
	const { options } = context;
	const { value, knownLeader } = await context.endpoints.health.service(query.service, {
		...readOptions(query.datacenter, context),
		...(query.tag === "" ? {} : { tags: [query.tag] }),
	});
	// `_._tag.service`: the reference's lookup fails, so that it is no statement about the name.
	if (query.service === "") return outcome("failed", { reason: "the service's name is empty" });
	const instances = value.filter((instance) => isServed(instance, options.onlyPassing));
	const isStale = isOld(knownLeader, options);
	const ttl = ttlOf(serviceTtlSeconds(query.service, options.serviceTtlMs), isStale);
	const weighted = options.weightedAnswers && partial.type !== recordType.SRV;
	const shuffled = weighted ? drawWeighted(instances, weightOf, context.random) : drawAll(instances, context.random);
	const found = await instanceOutcome(shuffled, { ...partial, ttlSeconds: ttl }, context, depth);
	return { ...found, isStale };
}

async function runQuery(
	query: NameQuery & { readonly kind: "query" },
	partial: AnswerContext,
	context: LookupContext,
	depth: number,
): Promise<Outcome> {
	const result = await context.queries?.execute(query.query, readOptions(query.datacenter, context));
	if (result === undefined) return outcome("no-name", { reason: `there is no prepared query "${query.query}"` });
	const ttl =
		result.ttlMs === undefined
			? serviceTtlSeconds(result.service, context.options.serviceTtlMs)
			: ttlSeconds(result.ttlMs);
	const { datacenter } = result;
	const wan = context.options.translateWanAddrs && datacenter !== context.datacenter;
	const found = await instanceOutcome(
		result.instances,
		{ ...partial, datacenter, wan, ttlSeconds: ttl },
		context,
		depth,
	);
	return { ...found, subnetIsGlobal: found.kind === "no-name" };
}

/** Of an answer from before the lookup began to fail: clients soon ask again, and see a change a second after it is over. */
const staleTtlSecondsMax = 1;

function isOld(knownLeader: boolean, { staleIfErrorMs }: DnsOptions): boolean {
	return staleIfErrorMs > 0 && !knownLeader;
}

function ttlOf(ttl: number, isStale: boolean): number {
	return isStale ? Math.min(ttl, staleTtlSecondsMax) : ttl;
}

async function instanceOutcome(
	instances: readonly InstanceRecord[],
	context: AnswerContext,
	lookup: LookupContext,
	depth: number,
): Promise<Outcome> {
	if (instances.length === 0) return outcome("no-name", { reason: "no instance is healthy" });
	const followed = await followNames(namesToFollow(instances, context), lookup, depth);
	const make = context.type === recordType.SRV ? serviceSrvAnswers : serviceAddressAnswers;
	const made = make(instances, context, followed);
	return outcome(made.answers.length === 0 ? "no-data" : "found", made);
}

/** Only these types look at the node at all; others get an empty answer even for a node that does not exist. */
const nodeTypes: ReadonlySet<number> = new Set([recordType.A, recordType.AAAA, recordType.ANY, recordType.TXT]);

async function lookUpNode(
	query: NameQuery & { readonly kind: "node" },
	context: AnswerContext,
	lookup: LookupContext,
	depth: number,
): Promise<Outcome> {
	if (!nodeTypes.has(context.type)) return outcome("empty", {});
	const { value, knownLeader } = await lookup.endpoints.catalog.node(query.node, readOptions(query.datacenter, lookup));
	if (value === undefined) return outcome("no-name", { reason: `there is no node "${query.node}"` });
	const isStale = isOld(knownLeader, lookup.options);
	const aged = { ...context, ttlSeconds: ttlOf(context.ttlSeconds, isStale) };
	return { ...outcome("found", await answersOfNode(value.node, aged, lookup, depth)), isStale };
}

async function answersOfNode(node: NodeRecord, context: AnswerContext, lookup: LookupContext, depth: number) {
	const name = nodeNameToFollow(node, context);
	const alias = name === undefined ? [] : await followName(name, lookup, depth);
	return nodeAnswers(node, context, alias);
}

export interface Nameservers {
	readonly records: readonly DnsRecord[];
	/** Their addresses. */
	readonly glue: readonly DnsRecord[];
}

/** At most three of this datacenter's servers, at random, as NS records of the domain as the question spelt it. */
export async function lookUpNameservers(zone: ZoneName, context: LookupContext): Promise<Nameservers> {
	const { value } = await context.endpoints.health.service(serverService, readOptions("", context));
	const served = value.filter((instance) => isServed(instance, context.options.onlyPassing));
	const servers = nameserverNames(drawAll(served, context.random), zone.domain);
	const ttl = ttlSeconds(context.options.nodeTtlMs);
	const glue = await Promise.all(
		servers.map(({ node, name }) => {
			const asked = answerContext(name, zone, recordType.ANY, { datacenter: "" }, context);
			// Addresses only: metadata has no place beside NS records.
			return answersOfNode({ ...node, meta: null }, asked, context, aliasDepthMax);
		}),
	);
	return {
		records: servers.map(({ name }) => ({
			owner: zone.domain,
			ttlSeconds: ttl,
			data: { kind: "NS", target: name },
		})),
		glue: glue.flatMap(({ answers }) => answers),
	};
}

/** First node of each address; made once for each list of nodes, which stays the same while nothing changes. */
const nodesByAddress = new WeakMap<readonly NodeRecord[], ReadonlyMap<string, NodeRecord>>();

/** The name that an address has: its node's, else that of a service registered with it. */
export async function lookUpReverse(address: string, context: LookupContext): Promise<string | undefined> {
	const domain = context.domains[0] ?? "";
	const options = readOptions("", context);
	const nodes = await context.endpoints.catalog.nodes(options);
	const node = indexByAddress(nodes.value).get(address);
	if (node !== undefined) return `${node.node}.node.${context.datacenter}.${domain}`;
	const instances = await context.endpoints.health.byAddress?.(address, options);
	const instance = instances?.value
		.filter(({ service }) => addressKey(service.address) === address)
		.reduce<InstanceRecord | undefined>(
			(first, each) => (first !== undefined && order(first) <= order(each) ? first : each),
			undefined,
		);
	return instance === undefined ? undefined : `${instance.service.service}.service.${context.datacenter}.${domain}`;
}

/** By node, then service id: of several services with one address the reference gives the first. */
function order({ service }: InstanceRecord): string {
	return `${service.node.toLowerCase()}\0${service.id.toLowerCase()}`;
}

function indexByAddress(nodes: readonly NodeRecord[]): ReadonlyMap<string, NodeRecord> {
	const known = nodesByAddress.get(nodes);
	if (known !== undefined) return known;
	const index = new Map<string, NodeRecord>();
	for (const node of nodes) {
		const key = addressKey(node.address);
		if (key !== undefined && !index.has(key)) index.set(key, node);
	}
	nodesByAddress.set(nodes, index);
	return index;
}

async function followNames(names: readonly string[], context: LookupContext, depth: number): Promise<FollowedNames> {
	if (names.length === 0) return new Map();
	const followed = await Promise.all(
		names.slice(0, followedNamesMax).map(async (name) => [name, await followName(name, context, depth)] as const),
	);
	const limit = context.hasEdns ? Number.POSITIVE_INFINITY : followedRecordsMax;
	return new Map(followed.map(([name, records]) => [name, records.slice(0, limit)]));
}

/** The records that a host name leads to: inside the zone as an ANY question would be answered, else from the recursors. */
async function followName(name: string, context: LookupContext, depth: number): Promise<readonly DnsRecord[]> {
	const zone = zoneNameOf(name, context.domains);
	if (zone === undefined) return context.resolveOutside(name);
	if (depth < 1) return [];
	return (await lookUp(name, zone, recordType.ANY, context, depth - 1)).answers;
}

function answerContext(
	owner: string,
	zone: ZoneName,
	type: number,
	{ datacenter }: { readonly datacenter: string },
	context: LookupContext,
): AnswerContext {
	const effective = datacenter === "" ? context.datacenter : datacenter;
	return {
		owner,
		type,
		domain: zone.domain,
		datacenter: effective,
		ttlSeconds: ttlSeconds(context.options.nodeTtlMs),
		wan: context.options.translateWanAddrs && effective !== context.datacenter,
		options: context.options,
	};
}

function readOptions(datacenter: string, context: LookupContext): ReadOptions {
	return {
		datacenter: datacenter === context.datacenter ? "" : datacenter,
		token: context.token,
		consistency: context.options.allowStale ? "stale" : "default",
		maxStaleMs: context.options.maxStaleMs,
		minIndex: 0,
		maxWaitMs: 0,
	};
}

function outcome(
	kind: Outcome["kind"],
	parts: {
		readonly answers?: Outcome["answers"];
		readonly additional?: Outcome["additional"];
		readonly reason?: string;
	},
): Outcome {
	const { answers = [], additional = [], reason = "" } = parts;
	return { kind, answers, additional, reason, subnetIsGlobal: true, isStale: false };
}
