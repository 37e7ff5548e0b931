import type { Encodable } from "../../lib/json/index.ts";
import { anything, boolean, integer, listOf, mapOf, objectOf, text } from "../../lib/json/index.ts";
import type { PreparedQueryContent, PreparedQueryRecord } from "../rpc/index.ts";
import { decodeBody } from "./decode-body.ts";
import { mapJson } from "./shapes.ts";

const targetObject = objectOf({ Datacenter: text, Peer: text, Partition: anything, Namespace: anything });

/** A prepared query as it is sent. */
export const queryObject = objectOf({
	ID: text,
	Name: text,
	Session: text,
	Token: text,
	Template: objectOf({ Type: text, Regexp: text, RemoveEmptyTags: boolean }),
	Service: objectOf({
		Service: text,
		Failover: objectOf({ NearestN: integer, Datacenters: listOf(text), Targets: listOf(targetObject) }),
		OnlyPassing: boolean,
		IgnoreCheckIDs: listOf(text),
		Near: text,
		Tags: listOf(text),
		NodeMeta: mapOf(text),
		ServiceMeta: mapOf(text),
		Connect: anything,
		Peer: anything,
		Namespace: anything,
		Partition: anything,
	}),
	DNS: objectOf({ TTL: text }),
	CreateIndex: anything,
	ModifyIndex: anything,
});

/**
 * The body that creates or replaces a prepared query. Only its form is looked at; what it lacks the servers say. Fails with
 * `JSON_INVALID`, `JSON_FIELD_INVALID`.
 */
export function parseQuery(body: string): PreparedQueryContent {
	const { Template: template = {}, Service: service = {}, ...fields } = decodeBody(body, queryObject);
	const { Failover: failover = {} } = service;
	return {
		id: fields.ID ?? "",
		name: fields.Name ?? "",
		session: fields.Session ?? "",
		token: fields.Token ?? "",
		template: {
			type: template.Type ?? "",
			regexp: template.Regexp ?? "",
			removeEmptyTags: template.RemoveEmptyTags ?? false,
		},
		service: {
			service: service.Service ?? "",
			failover: {
				nearestN: failover.NearestN ?? 0,
				datacenters: failover.Datacenters ?? null,
				targets:
					failover.Targets?.map(({ Datacenter: datacenter = "", Peer: peer = "" }) => ({ datacenter, peer })) ?? null,
			},
			onlyPassing: service.OnlyPassing ?? false,
			ignoreCheckIds: service.IgnoreCheckIDs ?? null,
			near: service.Near ?? "",
			tags: service.Tags ?? null,
			nodeMeta: service.NodeMeta ?? null,
			serviceMeta: service.ServiceMeta ?? null,
		},
		dnsTtl: fields.DNS?.TTL ?? "",
	};
}

/** A prepared query as the API shows it. */
export function queryJson(query: PreparedQueryRecord): { readonly [field: string]: Encodable } {
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
			NodeMeta: mapJson(service.nodeMeta),
			ServiceMeta: mapJson(service.serviceMeta),
			Peer: "",
		},
		DNS: { TTL: query.dnsTtl },
		CreateIndex: query.createIndex,
		ModifyIndex: query.modifyIndex,
	};
}
