import { DiscoError } from "../../lib/errors.ts";
import type { Encodable } from "../../lib/json/index.ts";
import type { LocalCheck, LocalService } from "../local/index.ts";
import { agentServiceJson } from "./agent.ts";
import { authorize } from "./authorize.ts";
import { json, type Reply } from "./reply.ts";
import type { ApiRequest, Context, Route } from "./route.ts";

/** `/v1/agent/health/service/...`: one answer whose status tells how a local service is, for load balancers. */
export const agentHealthRoutes: readonly Route[] = [
	{ path: "/v1/agent/health/service/id/", methods: { GET: { permission: "filtered", handle: byId } } },
	{ path: "/v1/agent/health/service/name/", methods: { GET: { permission: "filtered", handle: byName } } },
];

type Aggregated = "passing" | "warning" | "critical" | "maintenance";

const statusOf: Readonly<Record<Aggregated, number>> = { passing: 200, warning: 429, critical: 503, maintenance: 503 };
/** From best to worst. */
const severity: readonly Aggregated[] = ["passing", "warning", "critical", "maintenance"];

function byId(request: ApiRequest, context: Context): Reply {
	if (request.item === "") throw new DiscoError("SERVICE_ID_MISSING", "Missing serviceID");
	const service = context.local.services().get(request.item);
	if (service === undefined) {
		const reason = `ServiceId ${request.item} not found`;
		return answer(request, 404, reason, reason, { AggregatedStatus: "critical", Service: null, Checks: null });
	}
	authorize(request, { resource: "service", access: "read" }, service.content.service);
	const checks = checksOf(service, context);
	const aggregated = aggregate(checks);
	return answer(request, statusOf[aggregated], aggregated, aggregated, entryJson(service, checks, context));
}

function byName(request: ApiRequest, context: Context): Reply {
	if (request.item === "") throw new DiscoError("SERVICE_NAME_MISSING", "Missing service Name");
	authorize(request, { resource: "service", access: "read" }, request.item);
	const services = [...context.local.services().values()].filter(({ content }) => content.service === request.item);
	if (services.length === 0) {
		const reason = `ServiceName ${request.item} Not Found`;
		return answer(request, 404, reason, reason, []);
	}
	const entries = services.map((service) => ({ service, checks: checksOf(service, context) }));
	const worst = worstOf(entries.map(({ checks }) => aggregate(checks)));
	const shown = entries.map(({ service, checks }) => entryJson(service, checks, context));
	return answer(request, statusOf[worst], worst, worst, shown);
}

/** Its own checks and the node's: a critical node counts for every service. */
function checksOf(service: LocalService, { local }: Context): readonly LocalCheck[] {
	return [...local.checks().values()].filter(
		({ content }) => content.serviceId === "" || content.serviceId === service.content.id,
	);
}

function aggregate(checks: readonly LocalCheck[]): Aggregated {
	return worstOf(
		checks.map(({ content }) =>
			content.checkId === "_node_maintenance" || content.checkId.startsWith("_service_maintenance:")
				? "maintenance"
				: content.status,
		),
	);
}

function worstOf(all: readonly Aggregated[]): Aggregated {
	return all.reduce<Aggregated>(
		(worst, each) => (severity.indexOf(each) > severity.indexOf(worst) ? each : worst),
		"passing",
	);
}

/** Text or JSON, as asked; both name the reason in a header. */
function answer(request: ApiRequest, status: number, reason: string, text: string, body: Encodable): Reply {
	const headers = { "X-Consul-Reason": reason };
	const asked = request.query.first("format") === "text" || (request.headers.accept ?? "").includes("text/plain");
	if (!asked) return json(body, headers, status);
	return { status, headers, body: { kind: "bytes", bytes: new TextEncoder().encode(text), contentType: "text/plain" } };
}

function entryJson(service: LocalService, checks: readonly LocalCheck[], { config }: Context): Encodable {
	return {
		AggregatedStatus: aggregate(checks),
		Service: agentServiceJson(service, config.datacenter),
		Checks: checks.map((check) => checkJson(check, config.nodeName)),
	};
}

/** The shape that this endpoint alone has: no type, tags null where none were given, a definition with every field empty. */
function checkJson({ content }: LocalCheck, node: string): Encodable {
	return {
		Node: node,
		CheckID: content.checkId,
		Name: content.name,
		Status: content.status,
		Notes: content.notes,
		Output: content.output,
		ServiceID: content.serviceId,
		ServiceName: content.serviceName,
		ServiceTags: content.serviceTags,
		Type: "",
		ExposedPort: 0,
		Definition: emptyDefinition,
		CreateIndex: 0,
		ModifyIndex: 0,
	};
}

const emptyDefinition: Encodable = {
	Interval: "0s",
	Timeout: "0s",
	DeregisterCriticalServiceAfter: "0s",
	HTTP: "",
	Header: null,
	Method: "",
	Body: "",
	TLSServerName: "",
	TLSSkipVerify: false,
	TCP: "",
	UDP: "",
	GRPC: "",
	OSService: "",
	GRPCUseTLS: false,
};
