import type { CheckStatus } from "../../lib/api/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { anything, objectOf, text } from "../../lib/json/index.ts";
import type { CheckPlan } from "../local/index.ts";
import { authorize } from "./authorize.ts";
import { checkFields } from "./check-fields.ts";
import { checkPlan, parseStatus } from "./check-plan.ts";
import { decodeBody } from "./decode-body.ts";
import { badRequest } from "./failures.ts";
import { empty, plainText, type Reply } from "./reply.ts";
import { type ApiRequest, bodyText, type Context, type Operation, type Route } from "./route.ts";
import { refuseScripts } from "./service-registration.ts";

const updateBody = objectOf({ Status: text, Output: text, Namespace: anything, Partition: anything });

/** `/v1/agent/check/...` */
export const agentCheckRoutes: readonly Route[] = [
	{
		path: "/v1/agent/check/register",
		methods: { PUT: { permission: "filtered", handle: register, body: checkFields } },
	},
	{ path: "/v1/agent/check/deregister/", methods: { PUT: { permission: "filtered", handle: deregister } } },
	{ path: "/v1/agent/check/pass/", methods: { PUT: report("passing") } },
	{ path: "/v1/agent/check/warn/", methods: { PUT: report("warning") } },
	{ path: "/v1/agent/check/fail/", methods: { PUT: report("critical") } },
	{ path: "/v1/agent/check/update/", methods: { PUT: { permission: "filtered", handle: update, body: updateBody } } },
];

async function register(request: ApiRequest, context: Context): Promise<Reply> {
	const fields = decodeBody(bodyText(request), checkFields);
	const name = fields.Name ?? "";
	if (name === "") throw badRequest('Missing check name; give "Name"');
	if (fields.Status !== undefined && fields.Status !== "" && parseStatus(fields.Status) === undefined) {
		throw badRequest(`Bad check status ${JSON.stringify(fields.Status)}; it is passing, warning or critical`);
	}
	const serviceId = fields.ServiceID ?? "";
	const service = serviceId === "" ? undefined : context.local.services().get(serviceId)?.content;
	const plan = checkPlan(fields, {
		checkId: fields.ID || fields.CheckID || name,
		name,
		serviceId,
		serviceName: service?.service ?? "",
		serviceTags: service?.tags ?? null,
		zeroDuration: "0s",
		allowScriptText: !context.config.compat,
	});
	if (serviceId !== "" && service === undefined) {
		throw new DiscoError("CHECK_SERVICE_UNKNOWN", `ServiceID ${JSON.stringify(serviceId)} does not exist`);
	}
	refuseScripts(plan, context.config.scriptChecks);
	authorizeWrite(request, context, plan);
	await context.local.registerCheck(plan, { token: fields.Token || request.token });
	return empty();
}

/** A service's check needs the service, a node's check the node. */
function authorizeWrite(request: ApiRequest, { config }: Context, { content }: Pick<CheckPlan, "content">): void {
	if (content.serviceName === "") authorize(request, { resource: "node", access: "write" }, config.nodeName);
	else authorize(request, { resource: "service", access: "write" }, content.serviceName);
}

async function deregister(request: ApiRequest, context: Context): Promise<Reply> {
	const check = context.local.checks().get(request.item);
	if (check === undefined) return unknownCheck(request.item);
	authorizeWrite(request, context, check.plan);
	await context.local.deregisterCheck(request.item);
	return empty();
}

function report(status: CheckStatus): Operation {
	return {
		permission: "filtered",
		handle: (request, context) => setStatus(request, context, status, request.query.first("note") ?? ""),
	};
}

async function update(request: ApiRequest, context: Context): Promise<Reply> {
	const fields = decodeBody(bodyText(request), updateBody);
	const status = parseStatus(fields.Status ?? "");
	if (status === undefined) {
		throw badRequest(`Invalid check status: '${fields.Status ?? ""}'; it is passing, warning or critical`);
	}
	return setStatus(request, context, status, fields.Output ?? "");
}

async function setStatus(request: ApiRequest, context: Context, status: CheckStatus, output: string): Promise<Reply> {
	const check = context.local.checks().get(request.item);
	if (check === undefined) return unknownCheck(request.item);
	authorizeWrite(request, context, check.plan);
	await context.local.updateTtlCheck(request.item, status, output);
	return empty();
}

function unknownCheck(id: string): Reply {
	return plainText(
		404,
		`Unknown check ID ${JSON.stringify(id)}. Ensure that the check ID is passed, not the check name.`,
	);
}
