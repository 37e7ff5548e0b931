import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { createCachedQuestions } from "./cached-questions.ts";
import { type Dispatcher, dispatch } from "./dispatch.ts";
import { tooLargeText } from "./kv.ts";
import type { OpenRequests } from "./open-requests.ts";
import type { HttpServerOptions } from "./options.ts";
import { judgePath } from "./paths.ts";
import type { Context, Route } from "./route.ts";
import { routes } from "./routes.ts";
import { createTurns } from "./turns.ts";

/** Largest body of what is no KV value, in bytes; above it the answer is 413. */
const bodyBytesMax = 4 * 1024 * 1024;
/** A body this much above its route's limit is still read, so that the answer can name both sizes and the connection stays. */
const bodySlackFactor = 2;

/** Every method has to reach its route, which knows what it allows. */
const methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE"];

/**
 * The Fastify application: path rules first, then one handler per route of `routes.ts`. Listening is `server.ts`'s business.
 */
export function createApp(options: HttpServerOptions, open: OpenRequests, leaveSoon: () => void): FastifyInstance {
	const app = fastify({
		bodyLimit: bodyBytesMax,
		exposeHeadRoutes: false,
		frameworkErrors: (_error, _request, reply) => refuse(reply),
		routerOptions: {
			// Parsed as the reference does, in dispatch.ts.
			querystringParser: () => ({}),
			caseSensitive: true,
			ignoreTrailingSlash: false,
			maxParamLength: Number.MAX_SAFE_INTEGER,
		},
	});
	app.removeAllContentTypeParsers();
	app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
	app.addHook("onRequest", followPathRules);
	const dispatcher: Dispatcher = {
		options,
		context: contextOf(options, leaveSoon),
		encoded: new WeakMap(),
		open,
		turns: createTurns(),
		headers: commonHeaders(options),
	};
	for (const route of routes(options)) addRoute(app, route, dispatcher);
	if (options.statusPage !== undefined) addRedirect(app, "/", "/ui/", 301);
	app.setNotFoundHandler(unknownPath);
	app.setErrorHandler((error: { readonly code?: string; readonly message: string }, request, reply) => {
		if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE") {
			const size = Number(request.headers["content-length"]);
			const max = request.routeOptions.bodyLimit ?? bodyBytesMax;
			return reply
				.code(413)
				.type("text/plain; charset=utf-8")
				.send(tooLargeText(size || undefined, max));
		}
		options.logger.error("request failed", { method: request.method, error: error.message });
		return reply.code(500).type("text/plain; charset=utf-8").send(error.message);
	});
	return app;
}

function commonHeaders({ config }: HttpServerOptions): Readonly<Record<string, string>> {
	return {
		"X-Consul-Default-Acl-Policy": config.defaultAclPolicy ?? "allow",
		Vary: "Accept-Encoding",
		...config.responseHeaders,
	};
}

function contextOf(options: HttpServerOptions, leaveSoon: () => void): Context {
	return {
		config: options.config,
		endpoints: options.endpoints,
		local: options.local,
		self: options.self,
		reload: options.reload,
		leaveSoon,
		cachedQuestions: createCachedQuestions(),
		logger: options.logger,
		clock: options.clock,
	};
}

function addRoute(app: FastifyInstance, route: Route, dispatcher: Dispatcher): void {
	const isPrefix = route.path.endsWith("/");
	app.route({
		method: methods,
		url: isPrefix ? `${route.path}*` : route.path,
		...(route.bodyBytesMax === undefined ? {} : { bodyLimit: route.bodyBytesMax * bodySlackFactor }),
		handler: async (request, reply) => {
			await dispatch(route, request, reply, dispatcher);
			return reply;
		},
	});
	// As Go's ServeMux: the prefix without its slash leads to the prefix.
	if (isPrefix) addRedirect(app, route.path.slice(0, -1), route.path, 307);
}

function addRedirect(app: FastifyInstance, from: string, to: string, status: number): void {
	app.route({
		method: methods,
		url: from,
		handler: (request, reply) => reply.redirect(to + queryPart(request.url), status),
	});
}

/** Unprintable characters are refused, unclean paths lead to the clean one; both before a route is asked. */
async function followPathRules(request: FastifyRequest, reply: FastifyReply): Promise<void> {
	// The type of a body is what the endpoint says, whatever the client claims.
	delete request.raw.headers["content-type"];
	const query = request.url.indexOf("?");
	const verdict = judgePath(query < 0 ? request.url : request.url.slice(0, query));
	if (verdict.kind === "refused") return refuse(reply);
	if (verdict.kind === "moved") reply.redirect(verdict.location + queryPart(request.url), 307);
}

function queryPart(url: string): string {
	const query = url.indexOf("?");
	return query < 0 ? "" : url.slice(query);
}

function refuse(reply: FastifyReply): void {
	void reply.code(400).send();
}

function unknownPath(request: FastifyRequest, reply: FastifyReply): FastifyReply {
	const text = request.url.startsWith("/v1/")
		? "Invalid URL path: not a recognized HTTP API endpoint\n"
		: "Invalid URL path: if attempting to use the HTTP API, ensure the path starts with '/v1/'\n";
	return reply.code(404).type("text/plain; charset=utf-8").send(text);
}
