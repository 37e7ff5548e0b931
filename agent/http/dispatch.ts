import type { FastifyReply, FastifyRequest } from "fastify";
import { errorMessage } from "../../lib/errors.ts";
import { allowAll } from "../acl/index.ts";
import { authorize } from "./authorize.ts";
import type { EncodedAnswers } from "./encode-body.ts";
import { failureReply } from "./failures.ts";
import type { OpenRequests } from "./open-requests.ts";
import type { HttpServerOptions } from "./options.ts";
import { decodePercent, parseQueryString, type Query } from "./query-string.ts";
import { empty, plainText, type Reply } from "./reply.ts";
import type { ApiRequest, Context, Method, Operation, Route } from "./route.ts";
import { acceptsGzip, send } from "./send.ts";
import type { Turns } from "./turns.ts";

export interface Dispatcher {
	readonly options: HttpServerOptions;
	readonly context: Context;
	readonly encoded: EncodedAnswers;
	readonly open: OpenRequests;
	/** For the answers of long polls. */
	readonly turns: Turns;
	/** What every answer has. */
	readonly headers: Readonly<Record<string, string>>;
}

/** Answers one request to a known path: method, query, permission, handler, encoding. */
export async function dispatch(
	route: Route,
	request: FastifyRequest,
	reply: FastifyReply,
	dispatcher: Dispatcher,
): Promise<void> {
	const { context, encoded } = dispatcher;
	const [path = "", ...rest] = request.url.split("?");
	const query = parseQueryString(rest.join("?"));
	const result = query === undefined ? empty(500) : await answerTo(route, { request, reply, path, query }, dispatcher);
	await send(reply, result, {
		pretty: context.config.pretty || query?.has("pretty") === true,
		gzip: acceptsGzip(request.headers["accept-encoding"]),
		encoded,
		clock: context.clock,
		headers: dispatcher.headers,
	});
}

interface Incoming {
	readonly request: FastifyRequest;
	readonly reply: FastifyReply;
	readonly path: string;
	readonly query: Query;
}

async function answerTo(
	route: Route,
	incoming: Incoming,
	{ options, context, open, turns }: Dispatcher,
): Promise<Reply> {
	const { request, reply, query } = incoming;
	const operation = operationOf(route, request.method);
	if (operation === undefined) return otherMethod(route, request.method);
	const token = tokenOf(request, query);
	const asked: ApiRequest = {
		item: (decodePercent(incoming.path) ?? "").slice(route.path.length),
		url: request.url,
		query,
		headers: request.headers,
		body: request.body instanceof Uint8Array ? request.body : new Uint8Array(),
		token,
		authorizer: options.authorizerOf?.(token) ?? allowAll,
		signal: () => open.signalOf(reply.raw),
	};
	try {
		const { permission } = operation;
		if (typeof permission !== "string") authorize(asked, permission, permission.of(asked, context));
		const answer = await operation.handle(asked, context);
		if (open.isOpen(reply.raw)) await turns.next();
		return answer;
	} catch (error) {
		const { reply: refusal, unexpected } = failureReply(error);
		if (unexpected) {
			context.logger.error("request failed", {
				method: request.method,
				path: incoming.path,
				error: errorMessage(error),
			});
		}
		return refusal;
	} finally {
		open.done(reply.raw);
	}
}

function operationOf(route: Route, method: string): Operation | undefined {
	return Object.hasOwn(route.methods, method) ? route.methods[method as Method] : undefined;
}

/** `OPTIONS` tells what there is, everything else is 405 and tells it too. */
function otherMethod(route: Route, method: string): Reply {
	const headers = { Allow: ["OPTIONS", ...Object.keys(route.methods)].join(",") };
	if (method === "OPTIONS") return empty(200, headers);
	return plainText(405, `method ${method} not allowed`, headers);
}

/** In the reference's order: parameter, header, bearer. */
function tokenOf(request: FastifyRequest, query: Query): string {
	const given = query.first("token") || request.headers["x-consul-token"];
	if (typeof given === "string" && given !== "") return given;
	const [, bearer] = /^bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? "") ?? [];
	return bearer ?? "";
}
