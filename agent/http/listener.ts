import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { errorMessage } from "../../lib/errors.ts";
import { createCachedQuestions } from "./cached-questions.ts";
import { type Dispatcher, dispatch, type RequestTimers } from "./dispatch.ts";
import type { OpenRequests } from "./open-requests.ts";
import type { HttpServerOptions } from "./options.ts";
import { judgePath } from "./paths.ts";
import { empty, plainText, type Reply } from "./reply.ts";
import type { Context, Route } from "./route.ts";
import { createRouter, type Router } from "./router.ts";
import { routes } from "./routes.ts";
import { sendBare } from "./send.ts";
import { createTurns } from "./turns.ts";

/**
 * What a request meets first: the rules for paths, then the table of routes. On node:http itself, without a framework: every rule
 * of parsing here is Go's and had to be written anyway, and a framework's share was a third of the time of a small answer.
 * Listening is `server.ts`'s business.
 */
export function createListener(options: HttpServerOptions, open: OpenRequests, leaveSoon: () => void): RequestListener {
	const router = createRouter(routes(options));
	const dispatcher: Dispatcher = {
		options,
		context: contextOf(options, leaveSoon),
		encoded: new WeakMap(),
		open,
		turns: createTurns(),
		headers: commonHeaders(options),
		timers: requestTimers(options),
	};
	return (request, response) => {
		answer(request, response, router, dispatcher).catch((error: unknown) => {
			options.logger.error("request failed", { method: request.method ?? "", error: errorMessage(error) });
			response.destroy();
		});
	};
}

async function answer(
	request: IncomingMessage,
	response: ServerResponse,
	router: Router,
	dispatcher: Dispatcher,
): Promise<void> {
	const { url = "/" } = request;
	const question = url.indexOf("?");
	const rawPath = question < 0 ? url : url.slice(0, question);
	const search = question < 0 ? "" : url.slice(question + 1);
	const verdict = judgePath(rawPath);
	if (verdict.kind === "refused") return sendBare(response, empty(400));
	if (verdict.kind === "moved") return sendBare(response, moved(verdict.location, search, 307));
	const { path } = verdict;
	const found = router.find(path);
	if (found?.kind === "route") return dispatch(found, { request, response, path, search }, dispatcher);
	if (found !== undefined) return sendBare(response, moved(found.location, search, 307));
	if (path === "/" && dispatcher.options.statusPage !== undefined)
		return sendBare(response, moved("/ui/", search, 301));
	return sendBare(response, unknownPath(path));
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
