import { DiscoError } from "../../../lib/errors.ts";
import type { Infer } from "../../../lib/msgpack/index.ts";
import type { PreparedQueryContent, PreparedQueryRecord } from "../../state/index.ts";
import type { Endpoints, QueryEndpoints, QuerySource } from "../endpoints.ts";
import { querySource } from "../wire/common.ts";
import { methods } from "../wire/methods.ts";
import { type ServedMethod, served } from "../wire/rpc.ts";
import { preparedQuery, type WireQuery } from "../wire/structs.ts";
import { ask, type Caller, command, metaOf, readOptionsOf, servedRead, writeOptionsOf } from "./caller.ts";
import { instanceRecord, wireInstance } from "./convert.ts";

type WireSource = Infer<typeof querySource>;

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
					fields: { QueryIDOrName: idOrName, Limit: source.limit ?? 0, ...wireSource(source, caller.datacenter) },
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
		instances: (service, limit, options) =>
			ask(caller, methods.queryExecuteRemote, {
				fields: { Query: wireContent({ ...noQuery, service }), Limit: limit },
				options,
				take: ({ Nodes }) => (Nodes ?? []).flatMap(instanceRecord),
			}),
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

export function queryServed(
	{ query }: Endpoints,
	{ datacenter: own }: { readonly datacenter: string },
): ServedMethod[] {
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
			const source = { ...sourceOf(argument, own), limit: Limit };
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
		served(methods.queryExecuteRemote, async (argument, call) => {
			const { service, dnsTtl } = queryContent(argument.Query);
			const answer = await query.instances(service, argument.Limit, readOptionsOf(argument, call));
			return {
				...metaOf(answer),
				Service: service.service,
				Nodes: answer.value.map(wireInstance),
				DNS: { TTL: dnsTtl },
				Datacenter: own,
				PeerName: "",
				Failovers: 0,
			};
		}),
		servedRead(
			methods.queryExplain,
			({ QueryIDOrName }, options) => query.explain(QueryIDOrName, options),
			(found) => ({ Query: wireRecord(required(found)) }),
		),
	];
}

/** Whom the instances are for is of no concern there. */
const noQuery = {
	id: "",
	name: "",
	session: "",
	token: "",
	template: { type: "", regexp: "", removeEmptyTags: false },
	dnsTtl: "",
} as const;

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

/** The reference's servers sort only for nodes of their own datacenter. */
function wireSource({ agentNode, near = "", sourceIp = "" }: QuerySource, Datacenter: string) {
	return {
		Source: { ...querySource.zero, Datacenter, Node: near, Ip: sourceIp },
		Agent: { ...querySource.zero, Datacenter, Node: agentNode },
	};
}

/** Distances to nodes of other datacenters are not known. */
function sourceOf(
	{ Source, Agent }: { readonly Source: WireSource; readonly Agent: WireSource },
	own: string,
): QuerySource {
	const nodeOf = ({ Datacenter, Node }: WireSource) => (Datacenter === "" || Datacenter === own ? Node : "");
	return {
		agentNode: nodeOf(Agent),
		...(nodeOf(Source) === "" ? {} : { near: Source.Node }),
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
