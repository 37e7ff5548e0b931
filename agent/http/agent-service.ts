import { createHash } from "node:crypto";
import { tryParseDurationMs } from "../../lib/duration.ts";
import { encodeJson } from "../../lib/json/index.ts";
import type { LocalService } from "../local/index.ts";
import type { EndSignal } from "../rpc/index.ts";
import { agentServiceJson } from "./agent.ts";
import { authorize } from "./authorize.ts";
import { badRequest } from "./failures.ts";
import { enableOf } from "./parameters.ts";
import { readOptions } from "./read-options.ts";
import { empty, json, plainText, type Reply } from "./reply.ts";
import { type ApiRequest, bodyText, type Context, type Route } from "./route.ts";
import {
	parseServiceRegistration,
	parseServiceRegistrations,
	type RegistrationRules,
	type ServiceRegistration,
	serviceBody,
	servicesBody,
} from "./service-registration.ts";

/** `/v1/agent/service/...` */
export const agentServiceRoutes: readonly Route[] = [
	{
		path: "/v1/agent/service/register",
		methods: { PUT: { permission: "filtered", handle: register, body: serviceBody } },
	},
	{
		path: "/v1/agent/service/deregister/",
		methods: { PUT: { permission: { resource: "service", access: "write", of: serviceName }, handle: deregister } },
	},
	{
		path: "/v1/agent/service/maintenance/",
		methods: { PUT: { permission: { resource: "service", access: "write", of: serviceName }, handle: maintenance } },
	},
	{
		path: "/v1/agent/services/register",
		methods: { PUT: { permission: "filtered", handle: registerAll, body: servicesBody } },
	},
	{
		path: "/v1/agent/service/drain/",
		methods: { PUT: { permission: { resource: "service", access: "write", of: serviceName }, handle: drain } },
	},
	{
		path: "/v1/agent/service/",
		methods: { GET: { permission: { resource: "service", access: "read", of: serviceName }, handle: show } },
	},
];

function serviceName(request: ApiRequest, { local }: Context): string {
	return local.services().get(request.item)?.content.service ?? request.item;
}

async function register(request: ApiRequest, context: Context): Promise<Reply> {
	const registration = parseServiceRegistration(bodyText(request), rulesOf(context));
	authorizeRegistration(request, context, registration);
	await registerOne(request, context, registration);
	return empty();
}

/** All or none: nothing is registered before everything was understood and allowed; then all of it in one turn. */
async function registerAll(request: ApiRequest, context: Context): Promise<Reply> {
	const registrations = parseServiceRegistrations(bodyText(request), rulesOf(context));
	for (const each of registrations) authorizeRegistration(request, context, each);
	await Promise.all(registrations.map((each) => registerOne(request, context, each)));
	return empty();
}

function rulesOf({ config }: Context): RegistrationRules {
	return { lenient: !config.compat, scriptChecks: config.scriptChecks };
}

/** Who takes over an id must be allowed to write the service that has it now. */
function authorizeRegistration(request: ApiRequest, { local }: Context, { service }: ServiceRegistration): void {
	authorize(request, { resource: "service", access: "write" }, service.service);
	const present = local.services().get(service.id);
	if (present !== undefined) authorize(request, { resource: "service", access: "write" }, present.content.service);
}

function registerOne(
	request: ApiRequest,
	{ local }: Context,
	{ service, checks, token }: ServiceRegistration,
): Promise<void> {
	return local.registerService(service, checks, {
		token: token === "" ? request.token : token,
		// Measured: alone or as true, not as anything else.
		replaceExistingChecks: ["", "true"].includes(request.query.first("replace-existing-checks") ?? "false"),
	});
}

/** How long an instance drains unless the request says. */
const drainDefaultMs = 10_000;
const drainMaxMs = 24 * 3_600_000;

/**
 * Draining is maintenance whose notes say until when: who asks for passing instances sees it leave, and a proxy that looks at the
 * notes lets its connections end. It ends by deregistering, or by ending the maintenance.
 */
async function drain(request: ApiRequest, { local, clock }: Context): Promise<Reply> {
	if (request.item === "") throw badRequest("Missing service ID");
	const text = request.query.first("for") ?? "";
	const forMs = text === "" ? drainDefaultMs : tryParseDurationMs(text);
	if (forMs === undefined || forMs < 0 || forMs > drainMaxMs) {
		throw badRequest(`Invalid value for for: ${JSON.stringify(text)}; it is a duration such as 10s, at most 24h`);
	}
	if (!local.services().has(request.item)) return unknownService(request.item);
	const until = new Date(clock.nowMs() + forMs).toISOString();
	await local.serviceMaintenance(request.item, true, `draining until ${until}`, request.token);
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

const unknownShown = ({ item }: ApiRequest): Reply => plainText(404, `unknown service ID: ${item}`);

/** With `hash` it waits until the content's hash is another one, at most `wait`. */
async function show(request: ApiRequest, context: Context): Promise<Reply> {
	// Asked first, as the reference does: bad read parameters of an unknown service are not looked at.
	if (context.local.services().get(request.item) === undefined) return unknownShown(request);
	const { maxWaitMs } = readOptions(request);
	const seen = request.query.first("hash") ?? "";
	const deadlineMs = context.clock.monotonicMs() + maxWaitMs;
	for (;;) {
		const service = context.local.services().get(request.item);
		if (service === undefined) return unknownShown(request);
		const hash = contentHash(service, context.config.datacenter);
		const leftMs = deadlineMs - context.clock.monotonicMs();
		if (seen === "" || hash !== seen || leftMs <= 0 || request.signal().aborted) {
			return json(agentServiceJson(service, context.config.datacenter, hash), { "X-Consul-Contenthash": hash });
		}
		await localChange(context, leftMs, request.signal());
	}
}

/** Something is registered differently here, the time is over, or nobody waits any more. */
function localChange({ local, clock }: Context, leftMs: number, signal: EndSignal): Promise<void> {
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
