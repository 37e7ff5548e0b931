import { tryParseDurationMs } from "../../lib/duration.ts";
import { type Random, shuffle, uuid } from "../../lib/env/index.ts";
import { DiscoError, errorCode, errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log/index.ts";
import type { PreparedQueryContent, PreparedQueryRecord, QueryService, StringMap } from "../state/index.ts";
import type { Datacenters } from "./datacenters.ts";
import type { QueryEndpoints, QueryExecution, QuerySource, ReadOptions, WriteOptions } from "./endpoints.ts";
import { instancesOfQuery, orderInstances } from "./query-execution.ts";
import { assertTemplate, renderTemplate } from "./query-template.ts";
import type { Server } from "./server.ts";

const idLength = 36;
const metaKeyForm = /^[a-zA-Z0-9_-]+$/;

interface QueryParts {
	readonly random: Random;
	readonly datacenter: string;
	readonly logger: Logger;
	readonly datacenters: Datacenters;
}

/** `/v1/query/...` from this server's state; DNS executes them, too. */
export function queryEndpoints(server: Server, parts: QueryParts): QueryEndpoints {
	const { store } = server;

	/** Once, as of now; its answers have no index that moves. */
	async function once<Value>(options: ReadOptions, value: () => Value | Promise<Value>) {
		const answer = await server.read({ ...options, minIndex: 0 }, () => ({ index: 1, value: undefined }));
		return { ...answer, value: await value() };
	}

	/** What the state refuses is told with the reference's prefix. */
	async function set(query: PreparedQueryContent, existing: boolean, options: WriteOptions): Promise<void> {
		try {
			await server.write(options, { kind: "query-set", query, existing });
		} catch (error) {
			const code = errorCode(error);
			if (code !== "QUERY_INVALID" && code !== "SESSION_UNKNOWN") throw error;
			throw invalid(`raft apply failed: ${errorMessage(error)}`);
		}
	}

	/** The query that is meant, templates filled in. */
	function resolve(idOrName: string): PreparedQueryRecord | undefined {
		const query = store.resolveQuery(idOrName);
		if (query === undefined) return undefined;
		if (query.template.type !== "" && query.id === idOrName.toLowerCase())
			throw invalid("prepared query templates can only be resolved up by name, not by ID");
		return renderTemplate(query, idOrName);
	}

	async function execute(query: PreparedQueryRecord, source: QuerySource): Promise<QueryExecution> {
		const { service, dnsTtl } = query;
		const limit = source.limit ?? 0;
		const here = instancesOfQuery(service, store.serviceInstances(service.service).value);
		if (here.length === 0) return { service: service.service, dnsTtl, ...(await failOver(service, limit)) };
		const ordered = orderInstances(here, {
			random: parts.random,
			near: nodeNear(service, source),
			coordinatesOf: (node) => store.nodeCoordinates(node).value,
		});
		const instances = limited(ordered, limit);
		return { service: service.service, dnsTtl, instances, datacenter: parts.datacenter, failovers: 0 };
	}

	/** The first other datacenter that has some; the last one that answered when none has. */
	async function failOver(
		service: QueryService,
		limit: number,
	): Promise<Pick<QueryExecution, "instances" | "datacenter" | "failovers">> {
		const others = parts.datacenters.names().filter((each) => each !== parts.datacenter);
		let answered = parts.datacenter;
		let failovers = 0;
		for (const datacenter of failoverDatacenters(service, others)) {
			failovers++;
			try {
				const instances = await parts.datacenters.instances(datacenter, service, limit);
				answered = datacenter;
				if (instances.length > 0) return { instances, datacenter, failovers };
			} catch (error) {
				parts.logger.warn("a query asks the next datacenter", { datacenter, error: errorMessage(error) });
			}
		}
		return { instances: [], datacenter: answered, failovers };
	}

	/** A node's name, or nothing. What the request says wins. */
	function nodeNear(service: QueryService, { near = "", agentNode, sourceIp }: QuerySource): string {
		const wanted = near === "" ? service.near : near;
		if (wanted === "_agent") return agentNode;
		if (wanted !== "_ip") return wanted;
		return store.nodes().value.find(({ address }) => address === sourceIp)?.node ?? "";
	}

	return {
		async create(query, options) {
			assertQuery(query);
			const id = uuid(parts.random);
			await set({ ...query, id }, false, options);
			return id;
		},
		async update(query, options) {
			assertId(query.id, "Prepared Query lookup failed: ");
			// An unknown one is told before what is wrong with its new content.
			if (store.preparedQuery(query.id).value !== undefined) assertQuery(query);
			await set(query, true, options);
		},
		async delete(id, options) {
			assertId(id, "Prepared Query lookup failed: ");
			await server.write(options, { kind: "query-delete", id });
		},
		async get(id, options) {
			assertId(id, "");
			return server.read(options, (watchSet) => store.preparedQuery(id, watchSet));
		},
		list: (options) => server.read(options, (watchSet) => store.preparedQueries(watchSet)),
		execute: (idOrName, source, options) =>
			once(options, () => {
				const query = resolve(idOrName);
				return query === undefined ? undefined : execute(query, source);
			}),
		instances: (service, limit, options) =>
			once(options, () => {
				const here = instancesOfQuery(service, store.serviceInstances(service.service).value);
				return limited(shuffle(here, parts.random), limit);
			}),
		explain: (idOrName, options) => once(options, () => resolve(idOrName)),
	};
}

function limited<Item>(list: readonly Item[], limit: number): readonly Item[] {
	return limit <= 0 ? list : list.slice(0, limit);
}

/** The nearest ones first, then those named; each once, and only such as can be reached. */
function failoverDatacenters({ failover }: QueryService, reachable: readonly string[]): string[] {
	const nearest = reachable.slice(0, failover.nearestN);
	const targets = (failover.targets ?? []).filter(({ peer }) => peer === "").map(({ datacenter }) => datacenter);
	const named = [...(failover.datacenters ?? []), ...targets].filter((datacenter) => reachable.includes(datacenter));
	return [...new Set([...nearest, ...named])];
}

function assertId(id: string, lookup: string): void {
	if (id.length === idLength) return;
	throw new DiscoError(
		"QUERY_ID_INVALID",
		`${lookup}failed prepared query lookup: index error: UUID must be ${idLength} characters`,
	);
}

/** Texts as recorded (test/conformance/http/scenarios/query.json) or measured there. */
function assertQuery(query: Omit<PreparedQueryContent, "id">): void {
	const { name, session, template, service, dnsTtl } = query;
	if (name === "" && session === "" && template.type === "") throw invalidQuery("Must be bound to a session");
	if (service.service === "") throw invalidQuery("Must provide a Service name to query");
	if (service.failover.nearestN < 0) throw invalidQuery(`Bad NearestN '${service.failover.nearestN}', must be >= 0`);
	if (service.failover.targets !== null && (service.failover.nearestN !== 0 || service.failover.datacenters !== null))
		throw invalidQuery("Targets cannot be populated with NearestN or Datacenters");
	assertMeta(service.nodeMeta);
	const ttlMs = dnsTtl === "" ? 0 : tryParseDurationMs(dnsTtl);
	if (ttlMs === undefined) throw invalidQuery(`Bad DNS TTL '${dnsTtl}': write it like 10s`);
	if (ttlMs < 0) throw invalidQuery(`DNS TTL '${dnsTtl}', must be >=0`);
	assertTemplate(query);
}

function assertMeta(pairs: StringMap | null): void {
	for (const [key, value] of Object.entries(pairs ?? {})) {
		if (metaKeyForm.test(key)) continue;
		const why = key === "" ? "Key cannot be blank" : "Key contains invalid characters";
		throw invalidQuery(`Couldn't load metadata pair ('${key}', '${value}'): ${why}`);
	}
}

function invalidQuery(message: string): DiscoError {
	return invalid(`Invalid prepared query: ${message}`);
}

function invalid(message: string): DiscoError {
	return new DiscoError("QUERY_INVALID", message);
}
