import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import fastify, { type FastifyInstance } from "fastify";
import { errorMessage } from "../../lib/errors.ts";
import { createCachedQuestions } from "./cached-questions.ts";
import { type Dispatcher, dispatch, type RequestTimers } from "./dispatch.ts";
import { type Exchange, NodeExchange } from "./exchange.ts";
import type { OpenRequests } from "./open-requests.ts";
import type { HttpServerOptions } from "./options.ts";
import { judgePath } from "./paths.ts";
import type { QuickRequest } from "./quick-request.ts";
import { readLimitsOf } from "./read-options.ts";
import { empty, plainText, type Reply } from "./reply.ts";
import { createRestrictions } from "./restrictions.ts";
import type { Context, Route } from "./route.ts";
import { routes } from "./routes.ts";
import { sendBare } from "./send.ts";
import { createTurns } from "./turns.ts";

/** Every method has to reach its route, which knows what it allows. */
const methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE"];

/** Answers a path that is clean; `search` is what follows the `?`. */
type Answer = (path: string, search: string, exchange: Exchange) => Promise<void> | void;

/**
 * The Fastify application: one handler per route of `routes.ts`, path rules before each. Replies are hijacked: what is read and
 * written follows Go's rules to the byte (bodies, header names, one write per small answer), which Fastify's own reply would
 * only do again. Await `ready()` before `routing` is used; listening is `server.ts`'s business.
 */
export function createListener(options: HttpServerOptions, dispatcher: Dispatcher): FastifyInstance {
	const app = fastify({
		exposeHeadRoutes: false,
		frameworkErrors: (_error, request, reply) => {
			reply.hijack();
			sendBare(new NodeExchange(request.raw, reply.raw), empty(400));
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
	const { allowUnprintable = false } = options.config;
	const take = (request: IncomingMessage, response: ServerResponse, answer: Answer): void => {
		followPathRules(new NodeExchange(request, response), answer, allowUnprintable)?.catch((error: unknown) => {
			logFailure(options, request.method ?? "", error);
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
		add(isPrefix ? `${route.path}*` : route.path, (path, search, exchange) =>
			dispatch({ route, item: path.slice(route.path.length) }, { exchange, path, search }, dispatcher),
		);
		// As Go's ServeMux: the prefix without its slash leads to the prefix.
		const bare = route.path.slice(0, -1);
		if (isPrefix && bare !== "" && !exact.has(bare)) add(bare, redirect(route.path, 307));
	}
	if (options.statusPage !== undefined) add("/", redirect("/ui/", 301));
	app.setNotFoundHandler((request, reply) => {
		reply.hijack();
		take(request.raw, reply.raw, (path, _search, exchange) => sendBare(exchange, unknownPath(path)));
	});
	return app;
}

/** What routes work with, whatever brings the requests. */
export function createDispatcher(options: HttpServerOptions, open: OpenRequests, leaveSoon: () => void): Dispatcher {
	return {
		options,
		context: contextOf(options, leaveSoon),
		encoded: new WeakMap(),
		encodedElements: new WeakMap(),
		open,
		turns: createTurns(),
		headers: commonHeaders(options),
		timers: requestTimers(options),
		restrictions: createRestrictions(options.config),
		readLimits: readLimitsOf(options.config),
	};
}

/**
 * Answers the usual requests to the routes that are asked most, without Fastify: the same dispatch, after a look-up in a short
 * table. False for everything else.
 */
export function createQuickTake(
	options: HttpServerOptions,
	dispatcher: Dispatcher,
): (request: QuickRequest, exchange: Exchange, destroy: () => void) => boolean {
	const quick = routes(options).filter((route) => route.isQuick === true);
	const exact = new Map(quick.filter(({ path }) => !path.endsWith("/")).map((route) => [route.path, route]));
	const prefixes = quick.filter(({ path }) => path.endsWith("/"));
	const { headerBytesMax = Number.POSITIVE_INFINITY } = options.config;
	return (request, exchange, destroy) => {
		const { path, search, method } = request;
		if (request.url.length + request.head.lines.length > headerBytesMax) return false;
		const route = exact.get(path) ?? prefixes.find((each) => path.startsWith(each.path));
		if (route === undefined || !Object.hasOwn(route.methods, method) || mayStream(search)) return false;
		dispatch({ route, item: path.slice(route.path.length) }, { exchange, path, search }, dispatcher).catch(
			(error: unknown) => {
				logFailure(options, method, error);
				destroy();
			},
		);
		return true;
	};
}

/** Or a percent escape could spell it. */
function mayStream(search: string): boolean {
	return search !== "" && (search.includes("stream") || search.includes("%"));
}

function logFailure({ logger }: HttpServerOptions, method: string, error: unknown): void {
	logger.error("request failed", { method, error: errorMessage(error) });
}

/** Unprintable characters are refused, unclean paths lead to the clean one; both before a route's handler is asked. */
function followPathRules(exchange: Exchange, answer: Answer, allowUnprintable: boolean): Promise<void> | void {
	const { url } = exchange;
	const question = url.indexOf("?");
	const search = question < 0 ? "" : url.slice(question + 1);
	const verdict = judgePath(question < 0 ? url : url.slice(0, question), allowUnprintable);
	if (verdict.kind === "refused") return sendBare(exchange, empty(400));
	if (verdict.kind === "moved") return sendBare(exchange, moved(exchange, verdict.location, search, 307));
	return answer(verdict.path, search, exchange);
}

function redirect(location: string, status: number): Answer {
	return (_path, search, exchange) => sendBare(exchange, moved(exchange, location, search, status));
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
		pool: options.pool,
		self: options.self,
		reload: options.reload,
		leaveSoon,
		cachedQuestions: createCachedQuestions(),
		logger: options.logger,
		clock: options.clock,
	};
}

/** As Go's `http.Redirect`: who reads gets a page that says where to. */
function moved({ method }: Exchange, path: string, search: string, status: number): Reply {
	const location = search === "" ? path : `${path}?${search}`;
	if (method !== "GET" && method !== "HEAD") return empty(status, { Location: location });
	const page = `<a href="${escapeHtml(location)}">${STATUS_CODES[status] ?? ""}</a>.\n\n`;
	return {
		status,
		headers: { Location: location },
		body: { kind: "bytes", bytes: new TextEncoder().encode(page), contentType: "text/html; charset=utf-8" },
	};
}

const htmlEscapes: Readonly<Record<string, string>> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&#34;",
	"'": "&#39;",
};

function escapeHtml(text: string): string {
	return text.replaceAll(/[&<>"']/g, (character) => htmlEscapes[character] ?? character);
}

function unknownPath(path: string): Reply {
	return plainText(
		404,
		path.startsWith("/v1/")
			? "Invalid URL path: not a recognized HTTP API endpoint\n"
			: "Invalid URL path: if attempting to use the HTTP API, ensure the path starts with '/v1/'\n",
	);
}
