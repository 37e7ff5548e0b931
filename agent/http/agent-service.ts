import { createHash } from "node:crypto";
import { encodeJson } from "../../lib/json/index.ts";
import type { LocalService } from "../local/index.ts";
import { agentServiceJson } from "./agent.ts";
import { authorize } from "./authorize.ts";
import { badRequest } from "./failures.ts";
import { enableOf } from "./parameters.ts";
import { readOptions } from "./read-options.ts";
import { empty, json, plainText, type Reply } from "./reply.ts";
import { type ApiRequest, bodyText, type Context, type Route } from "./route.ts";
import { parseServiceRegistration } from "./service-registration.ts";

/** `/v1/agent/service/...` */
export const agentServiceRoutes: readonly Route[] = [
	{ path: "/v1/agent/service/register", methods: { PUT: { permission: "filtered", handle: register } } },
	{
		path: "/v1/agent/service/deregister/",
		methods: { PUT: { permission: { resource: "service", access: "write", of: serviceName }, handle: deregister } },
	},
	{
		path: "/v1/agent/service/maintenance/",
		methods: { PUT: { permission: { resource: "service", access: "write", of: serviceName }, handle: maintenance } },
	},
	{
		path: "/v1/agent/service/",
		methods: { GET: { permission: { resource: "service", access: "read", of: serviceName }, handle: show } },
	},
];

function serviceName(request: ApiRequest, { local }: Context): string {
	return local.services().get(request.item)?.content.service ?? request.item;
}

async function register(request: ApiRequest, { local, config }: Context): Promise<Reply> {
	const { service, checks, token } = parseServiceRegistration(bodyText(request), {
		lenient: !config.compat,
		scriptChecks: config.scriptChecks,
	});
	authorize(request, { resource: "service", access: "write" }, service.service);
	// Who takes over an id must be allowed to write the service that has it now.
	const present = local.services().get(service.id);
	if (present !== undefined) authorize(request, { resource: "service", access: "write" }, present.content.service);
	await local.registerService(service, checks, {
		token: token === "" ? request.token : token,
		replaceExistingChecks: request.query.has("replace-existing-checks"),
	});
	return empty();
}

async function deregister(request: ApiRequest, { local }: Context): Promise<Reply> {
	if (!local.services().has(request.item)) return unknownService(request.item);
	await local.deregisterService(request.item);
	return empty();
}

async function maintenance(request: ApiRequest, { local }: Context): Promise<Reply> {
	if (request.item === "") throw badRequest("Missing service ID");
	const enable = enableOf(request);
	if (!local.services().has(request.item)) return unknownService(request.item);
	await local.serviceMaintenance(request.item, enable, request.query.first("reason") ?? "", request.token);
	return empty();
}

/** The reference's text: people often give the name. */
function unknownService(id: string): Reply {
	return plainText(
		404,
		`Unknown service ID ${JSON.stringify(id)}. Ensure that the service ID is passed, not the service name.`,
	);
}

/** With `hash` it waits until the content's hash is another one, at most `wait`. */
async function show(request: ApiRequest, context: Context): Promise<Reply> {
	const { maxWaitMs } = readOptions(request);
	const seen = request.query.first("hash") ?? "";
	const deadlineMs = context.clock.monotonicMs() + maxWaitMs;
	for (;;) {
		const service = context.local.services().get(request.item);
		if (service === undefined) return plainText(404, `unknown service ID: ${request.item}`);
		const hash = contentHash(service, context.config.datacenter);
		const leftMs = deadlineMs - context.clock.monotonicMs();
		if (seen === "" || hash !== seen || leftMs <= 0 || request.signal().aborted) {
			return json(agentServiceJson(service, context.config.datacenter, hash), { "X-Consul-Contenthash": hash });
		}
		await localChange(context, leftMs, request.signal());
	}
}

/** Something is registered differently here, the time is over, or nobody waits any more. */
function localChange({ local, clock }: Context, leftMs: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			endListening();
			timer.cancel();
			signal.removeEventListener("abort", done);
			resolve();
		};
		const endListening = local.onChange(done);
		const timer = clock.after(leftMs, done);
		signal.addEventListener("abort", done, { once: true });
	});
}

function contentHash(service: LocalService, datacenter: string): string {
	return createHash("sha256")
		.update(encodeJson(agentServiceJson(service, datacenter)))
		.digest("hex")
		.slice(0, 16);
}
