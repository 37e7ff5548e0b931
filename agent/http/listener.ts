import type { IncomingMessage, ServerResponse } from "node:http";
import fastify, { type FastifyInstance } from "fastify";
import { errorMessage } from "../../lib/errors.ts";
import { createCachedQuestions } from "./cached-questions.ts";
import { type Dispatcher, dispatch, type RequestTimers } from "./dispatch.ts";
import type { OpenRequests } from "./open-requests.ts";
import type { HttpServerOptions } from "./options.ts";
import { judgePath } from "./paths.ts";
import { empty, plainText, type Reply } from "./reply.ts";
import type { Context, Route } from "./route.ts";
import { routes } from "./routes.ts";
import { sendBare } from "./send.ts";
import { createTurns } from "./turns.ts";

/** Every method has to reach its route, which knows what it allows. */
const methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE"];

/** Answers a path that is clean; `search` is what follows the `?`. */
type Answer = (
	path: string,
	search: string,
	request: IncomingMessage,
	response: ServerResponse,
) => Promise<void> | void;

/**
 * The Fastify application: one handler per route of `routes.ts`, path rules before each. Replies are hijacked: what is read and
 * written follows Go's rules to the byte (bodies, header names, one write per small answer), which Fastify's own reply would
 * only do again. Await `ready()` before `routing` is used; listening is `server.ts`'s business.
 */
export function createListener(options: HttpServerOptions, open: OpenRequests, leaveSoon: () => void): FastifyInstance {
	const app = fastify({
		exposeHeadRoutes: false,
		frameworkErrors: (_error, _request, reply) => {
			reply.hijack();
			sendBare(reply.raw, empty(400));
		},
		routerOptions: {
			// Parsed as the reference does, in dispatch.ts.
			querystringParser: () => ({}),
			caseSensitive: true,
			ignoreTrailingSlash: false,
			maxParamLength: Number.MAX_SAFE_INTEGER,
		},
	});
	// The type of a body is what the endpoint says, whatever the client claims; `dispatch` reads it, bounded, from the stream.
	app.removeAllContentTypeParsers();
	app.addContentTypeParser("*", (_request, _stream, done) => done(null));
	app.addHook("onRequest", (request, _reply, done) => {
		delete request.raw.headers["content-type"];
		done();
	});
	const dispatcher: Dispatcher = {
		options,
		context: contextOf(options, leaveSoon),
		encoded: new WeakMap(),
		encodedElements: new WeakMap(),
		open,
		turns: createTurns(),
		headers: commonHeaders(options),
		timers: requestTimers(options),
	};
	const take = (request: IncomingMessage, response: ServerResponse, answer: Answer): void => {
		followPathRules(request, response, answer)?.catch((error: unknown) => {
			options.logger.error("request failed", { method: request.method ?? "", error: errorMessage(error) });
			response.destroy();
		});
	};
	const add = (url: string, answer: Answer): void => {
		app.route({
			method: methods,
			url,
			handler: (request, reply) => {
				reply.hijack();
				take(request.raw, reply.raw, answer);
			},
		});
	};
	const table = routes(options);
	const exact = new Set(table.map(({ path }) => path));
	for (const route of table) {
		const isPrefix = route.path.endsWith("/");
		add(isPrefix ? `${route.path}*` : route.path, (path, search, request, response) =>
			dispatch({ route, item: path.slice(route.path.length) }, { request, response, path, search }, dispatcher),
		);
		// As Go's ServeMux: the prefix without its slash leads to the prefix.
		const bare = route.path.slice(0, -1);
		if (isPrefix && bare !== "" && !exact.has(bare)) add(bare, redirect(route.path, 307));
	}
	if (options.statusPage !== undefined) add("/", redirect("/ui/", 301));
	app.setNotFoundHandler((request, reply) => {
		reply.hijack();
		take(request.raw, reply.raw, (path, _search, _request, response) => sendBare(response, unknownPath(path)));
	});
	return app;
}

/** Unprintable characters are refused, unclean paths lead to the clean one; both before a route's handler is asked. */
function followPathRules(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> | void {
	const { url = "/" } = request;
	const question = url.indexOf("?");
	const search = question < 0 ? "" : url.slice(question + 1);
	const verdict = judgePath(question < 0 ? url : url.slice(0, question));
	if (verdict.kind === "refused") return sendBare(response, empty(400));
	if (verdict.kind === "moved") return sendBare(response, moved(verdict.location, search, 307));
	return answer(verdict.path, search, request, response);
}

function redirect(location: string, status: number): Answer {
	return (_path, search, _request, response) => sendBare(response, moved(location, search, status));
}

function commonHeaders({ config }: HttpServerOptions): readonly string[] {
	const headers = {
		"X-Consul-Default-Acl-Policy": config.defaultAclPolicy ?? "allow",
		Vary: "Accept-Encoding",
		...config.responseHeaders,
	};
	return Object.entries(headers).flat();
}

/** One sample per route and method, named as the reference does: `api.http{method="GET",path="v1_kv_"}`, in milliseconds. */
function requestTimers({ metrics }: HttpServerOptions): RequestTimers {
	if (metrics === undefined) return () => () => {};
	const timers = new WeakMap<Route, Map<string, (elapsedMs: number) => void>>();
	return (route, method) => {
		let ofRoute = timers.get(route);
		if (ofRoute === undefined) {
			ofRoute = new Map();
			timers.set(route, ofRoute);
		}
		const known = Object.hasOwn(route.methods, method) ? method : "other";
		let timer = ofRoute.get(known);
		if (timer === undefined) {
			timer = metrics.metrics.sampler("api.http", { method: known, path: route.path.slice(1).replaceAll("/", "_") });
			ofRoute.set(known, timer);
		}
		return timer;
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

function moved(location: string, search: string, status: number): Reply {
	return empty(status, { Location: search === "" ? location : `${location}?${search}` });
}

function unknownPath(path: string): Reply {
	return plainText(
		404,
		path.startsWith("/v1/")
			? "Invalid URL path: not a recognized HTTP API endpoint\n"
			: "Invalid URL path: if attempting to use the HTTP API, ensure the path starts with '/v1/'\n",
	);
}
