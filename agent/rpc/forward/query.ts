import { DiscoError } from "../../../lib/errors.ts";
import type { PreparedQueryContent, PreparedQueryRecord } from "../../state/index.ts";
import type { Endpoints, QueryEndpoints, QuerySource } from "../endpoints.ts";
import { querySource } from "../wire/common.ts";
import { methods } from "../wire/methods.ts";
import { type ServedMethod, served } from "../wire/rpc.ts";
import { preparedQuery, type WireQuery } from "../wire/structs.ts";
import { ask, type Caller, command, metaOf, readOptionsOf, servedRead, writeOptionsOf } from "./caller.ts";
import { instanceRecord, wireInstance } from "./convert.ts";

/** The reference's text for a query that is not there, when it is read or executed. */
const notFound = "Query not found";

export function queryClient(caller: Caller): QueryEndpoints {
	return {
		create: (query, options) =>
			command(caller, methods.queryApply, { Op: "create", Query: wireContent({ ...query, id: "" }) }, options),
		async update(query, options) {
			await command(caller, methods.queryApply, { Op: "update", Query: wireContent(query) }, options);
		},
		async delete(id, options) {
			const Query = { ...preparedQuery.zero, ID: id };
			await command(caller, methods.queryApply, { Op: "delete", Query }, options);
		},
		get: (id, options) =>
			foundOr(
				ask(caller, methods.queryGet, {
					fields: { QueryID: id },
					options,
					take: ({ Queries }) => {
						const [first] = Queries ?? [];
						return first === undefined ? undefined : queryRecord(first);
					},
				}),
			),
		list: (options) =>
			ask(caller, methods.queryList, {
				fields: {},
				options,
				take: ({ Queries }) => (Queries ?? []).map(queryRecord),
			}),
		execute: (idOrName, source, options) =>
			foundOr(
				ask(caller, methods.queryExecute, {
					fields: { QueryIDOrName: idOrName, Limit: source.limit ?? 0, ...wireSource(source) },
					options,
					take: ({ Service, Nodes, DNS, Datacenter, Failovers }) => ({
						service: Service,
						instances: (Nodes ?? []).flatMap(instanceRecord),
						dnsTtl: DNS.TTL,
						datacenter: Datacenter,
						failovers: Failovers,
					}),
				}),
			),
		explain: (idOrName, options) =>
			foundOr(
				ask(caller, methods.queryExplain, {
					fields: { QueryIDOrName: idOrName },
					options,
					take: ({ Query }) => queryRecord(Query),
				}),
			),
	};
}

export function queryServed({ query }: Endpoints): ServedMethod[] {
	if (query === undefined) return [];
	return [
		served(methods.queryApply, async (argument) => {
			const { Op, Query } = argument;
			const options = writeOptionsOf(argument);
			const content = queryContent(Query ?? preparedQuery.zero);
			if (Op === "create") {
				if (content.id !== "")
					throw new DiscoError("QUERY_INVALID", "ID must be empty when creating a new prepared query");
				return query.create(content, options);
			}
			if (Op === "update") await query.update(content, options);
			else if (Op === "delete") await query.delete(content.id, options);
			else throw new DiscoError("QUERY_INVALID", `Unknown prepared query operation: ${Op}`);
			return content.id;
		}),
		servedRead(
			methods.queryGet,
			({ QueryID }, options) => query.get(QueryID, options),
			(found) => ({ Queries: [wireRecord(required(found))] }),
		),
		servedRead(
			methods.queryList,
			(_, options) => query.list(options),
			(queries) => ({ Queries: queries.map(wireRecord) }),
		),
		served(methods.queryExecute, async (argument, call) => {
			const { QueryIDOrName, Limit } = argument;
			const source = { ...sourceOf(argument), limit: Limit };
			const answer = await query.execute(QueryIDOrName, source, readOptionsOf(argument, call));
			const { service, instances, dnsTtl, datacenter, failovers } = required(answer.value);
			return {
				...metaOf(answer),
				Service: service,
				Nodes: instances.map(wireInstance),
				DNS: { TTL: dnsTtl },
				Datacenter: datacenter,
				PeerName: "",
				Failovers: failovers,
			};
		}),
		servedRead(
			methods.queryExplain,
			({ QueryIDOrName }, options) => query.explain(QueryIDOrName, options),
			(found) => ({ Query: wireRecord(required(found)) }),
		),
	];
}

/** What is not there is an error between agents. */
function required<Value>(value: Value | undefined): Value {
	if (value === undefined) throw new DiscoError("QUERY_NOT_FOUND", notFound);
	return value;
}

async function foundOr<Value>(asked: Promise<Value>): Promise<Value | typeof absent> {
	try {
		return await asked;
	} catch (error) {
		if (!(error instanceof DiscoError) || error.code !== "QUERY_NOT_FOUND") throw error;
		return absent;
	}
}

/** What a server's own answer to a question for a query that is not there is. */
const absent = { value: undefined, index: 1, knownLeader: true, lastContactMs: 0 } as const;

function wireSource({ agentNode, near = "", sourceIp = "" }: QuerySource) {
	return {
		Source: { ...querySource.zero, Node: near, Ip: sourceIp },
		Agent: { ...querySource.zero, Node: agentNode },
	};
}

function sourceOf({
	Source,
	Agent,
}: {
	readonly Source: { readonly Node: string; readonly Ip: string };
	readonly Agent: { readonly Node: string };
}): QuerySource {
	return {
		agentNode: Agent.Node,
		...(Source.Node === "" ? {} : { near: Source.Node }),
		...(Source.Ip === "" ? {} : { sourceIp: Source.Ip }),
	};
}

function wireContent(query: PreparedQueryContent): WireQuery {
	const { template, service } = query;
	return {
		ID: query.id,
		Name: query.name,
		Session: query.session,
		Token: query.token,
		Template: { Type: template.type, Regexp: template.regexp, RemoveEmptyTags: template.removeEmptyTags },
		Service: {
			Service: service.service,
			Failover: {
				NearestN: service.failover.nearestN,
				Datacenters: service.failover.datacenters,
				Targets:
					service.failover.targets?.map(({ datacenter, peer }) => ({ Peer: peer, Datacenter: datacenter })) ?? null,
			},
			OnlyPassing: service.onlyPassing,
			IgnoreCheckIDs: service.ignoreCheckIds,
			Near: service.near,
			Tags: service.tags,
			NodeMeta: service.nodeMeta,
			ServiceMeta: service.serviceMeta,
			Connect: false,
			Peer: "",
		},
		DNS: { TTL: query.dnsTtl },
		CreateIndex: 0,
		ModifyIndex: 0,
	};
}

function wireRecord(query: PreparedQueryRecord): WireQuery {
	return { ...wireContent(query), CreateIndex: query.createIndex, ModifyIndex: query.modifyIndex };
}

function queryContent(query: WireQuery): PreparedQueryContent {
	const { Template, Service } = query;
	const { Failover } = Service;
	return {
		id: query.ID,
		name: query.Name,
		session: query.Session,
		token: query.Token,
		template: { type: Template.Type, regexp: Template.Regexp, removeEmptyTags: Template.RemoveEmptyTags },
		service: {
			service: Service.Service,
			failover: {
				nearestN: Failover.NearestN,
				datacenters: Failover.Datacenters,
				targets: Failover.Targets?.map(({ Datacenter, Peer }) => ({ datacenter: Datacenter, peer: Peer })) ?? null,
			},
			onlyPassing: Service.OnlyPassing,
			ignoreCheckIds: Service.IgnoreCheckIDs,
			near: Service.Near,
			tags: Service.Tags,
			nodeMeta: Service.NodeMeta,
			serviceMeta: Service.ServiceMeta,
		},
		dnsTtl: query.DNS.TTL,
	};
}

function queryRecord(query: WireQuery): PreparedQueryRecord {
	return { ...queryContent(query), createIndex: query.CreateIndex, modifyIndex: query.ModifyIndex };
}
