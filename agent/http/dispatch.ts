import type { IncomingHttpHeaders } from "node:http";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { type Authorizer, allowAll } from "../acl/index.ts";
import type { EndSignal } from "../rpc/index.ts";
import { authorize } from "./authorize.ts";
import type { EncodedElements } from "./delta.ts";
import type { EncodedAnswers } from "./encode-body.ts";
import { refuseNamespaces } from "./enterprise.ts";
import { eventStream } from "./event-stream.ts";
import type { Exchange } from "./exchange.ts";
import { failureReply } from "./failures.ts";
import type { OpenRequests } from "./open-requests.ts";
import type { HttpServerOptions } from "./options.ts";
import { parseQueryString, type Query } from "./query-string.ts";
import { empty, plainText, type Reply } from "./reply.ts";
import { logFinished } from "./request-log.ts";
import type { Restrictions } from "./restrictions.ts";
import type { ApiRequest, Context, Method, ReadLimits, Route } from "./route.ts";
import { acceptsGzip, send } from "./send.ts";
import { tooLargeText } from "./too-large.ts";
import type { Turns } from "./turns.ts";

/** Takes the milliseconds that a request took. */
export type RequestTimers = (route: Route, method: string) => (elapsedMs: number) => void;

export interface Dispatcher {
	readonly options: HttpServerOptions;
	readonly context: Context;
	readonly encoded: EncodedAnswers;
	/** For `?stream&delta`. */
	readonly encodedElements: EncodedElements;
	readonly open: OpenRequests;
	/** For the answers of long polls. */
	readonly turns: Turns;
	/** What every answer has: name, value, name, value ... */
	readonly headers: readonly string[];
	readonly timers: RequestTimers;
	readonly restrictions: Restrictions;
	readonly readLimits: ReadLimits;
}

interface Incoming {
	readonly exchange: Exchange;
	/** Decoded. */
	readonly path: string;
	/** After the `?`. */
	readonly search: string;
}

/** Largest body of what is no KV value, in bytes; above it the answer is 413. */
const bodyBytesMax = 4 * 1024 * 1024;
const noBody = new Uint8Array();

/** Answers one request to a known path: method, query, body, permission, handler, encoding. */
export async function dispatch(
	{ route, item }: { readonly route: Route; readonly item: string },
	incoming: Incoming,
	dispatcher: Dispatcher,
): Promise<void> {
	const { exchange, search } = incoming;
	const { context, open } = dispatcher;
	const startMs = context.clock.monotonicMs();
	const query = parseQueryString(search);
	try {
		const reply = query === undefined ? empty(500) : await answerTo(route, { ...incoming, item, query }, dispatcher);
		const sent = send(exchange, reply, {
			pretty: context.config.pretty || query?.has("pretty") === true,
			gzip: acceptsGzip(exchange.headers["accept-encoding"]),
			encoded: dispatcher.encoded,
			clock: context.clock,
			headers: dispatcher.headers,
		});
		if (sent !== undefined) await sent;
	} finally {
		open.done(exchange);
		const elapsedMs = context.clock.monotonicMs() - startMs;
		dispatcher.timers(route, exchange.method)(elapsedMs);
		logFinished(exchange, elapsedMs, context.logger);
	}
}

async function answerTo(
	route: Route,
	incoming: Incoming & { readonly item: string; readonly query: Query },
	dispatcher: Dispatcher,
): Promise<Reply> {
	const { options, context, open, turns, restrictions, readLimits } = dispatcher;
	const { exchange, item, query } = incoming;
	const { method } = exchange;
	const blocked = restrictions.ofPath(incoming.path);
	if (blocked !== undefined) return blocked;
	const operation = Object.hasOwn(route.methods, method) ? route.methods[method as Method] : undefined;
	if (operation === undefined) return (route.otherMethod ?? otherMethodOf(route, context.config.compat))(method, item);
	const restricted = method === "GET" ? undefined : restrictions.ofWrite(exchange.remoteAddress);
	if (restricted !== undefined) return restricted;
	try {
		refuseNamespaces({ query, headers: exchange.headers }, route);
		const body = method === "GET" || route.streamsBody === true ? noBody : await bodyOf(exchange, route);
		const token = tokenOf(exchange.headers, query);
		const authorizer = options.authorizerOf?.(token) ?? allowAll;
		const asked = new Asked(incoming, { body, token, authorizer, open, readLimits });
		const { permission } = operation;
		if (typeof permission !== "string") authorize(asked, permission, permission.of(asked, context));
		const isStreamed = method === "GET" && query.has("stream");
		const answer = isStreamed
			? await eventStream(asked, context, operation, dispatcher)
			: await operation.handle(asked, context);
		if (open.isOpen(exchange)) await turns.next();
		return answer;
	} catch (error) {
		const { reply: refusal, unexpected } = failureReply(error);
		if (unexpected) {
			context.logger.error("request failed", { method, path: incoming.path, error: errorMessage(error) });
		}
		return refusal;
	}
}

/** What a handler sees of a request; what few of them look at is made when it is asked for. */
class Asked implements ApiRequest {
	readonly item: string;
	readonly query: Query;
	readonly body: Uint8Array;
	readonly token: string;
	readonly authorizer: Authorizer;
	readonly readLimits: ReadLimits;
	readonly #exchange: Exchange;
	readonly #open: OpenRequests;

	constructor(
		incoming: Incoming & { readonly item: string; readonly query: Query },
		made: {
			readonly body: Uint8Array;
			readonly token: string;
			readonly authorizer: Authorizer;
			readonly open: OpenRequests;
			readonly readLimits: ReadLimits;
		},
	) {
		this.item = incoming.item;
		this.query = incoming.query;
		this.body = made.body;
		this.token = made.token;
		this.authorizer = made.authorizer;
		this.readLimits = made.readLimits;
		this.#exchange = incoming.exchange;
		this.#open = made.open;
	}

	get url(): string {
		return this.#exchange.url;
	}

	get headers(): IncomingHttpHeaders {
		return this.#exchange.headers;
	}

	get bodyStream(): AsyncIterable<Uint8Array> {
		return this.#exchange.bodyStream;
	}

	signal(): EndSignal {
		return this.#open.signalOf(this.#exchange);
	}

	clientAddress(): string {
		const forwarded = this.#exchange.headers["x-forwarded-for"];
		const [first = ""] = (typeof forwarded === "string" ? forwarded : "").split(",");
		return first.trim() || this.#exchange.remoteAddress.replace(/^::ffff:/, "");
	}
}

/** Fails with `HTTP_TOO_LARGE`. */
async function bodyOf(exchange: Exchange, route: Route): Promise<Uint8Array> {
	const sizeMax = route.bodyBytesMax ?? bodyBytesMax;
	const body = exchange.body(sizeMax);
	if (body === undefined) return noBody;
	const { bytes, size } = body instanceof Promise ? await body : body;
	if (size > sizeMax) throw new DiscoError("HTTP_TOO_LARGE", tooLargeText(size, sizeMax));
	return bytes;
}

/** `OPTIONS` tells what there is, everything else is 405 and tells it too; people read the text (`curl -H PUT` sends a POST). */
function otherMethodOf(route: Route, compat: boolean): (method: string) => Reply {
	const methods = Object.keys(route.methods);
	const headers = { Allow: ["OPTIONS", ...methods].join(",") };
	const advice = compat ? "" : `; use ${methods.join(" or ")}`;
	return (method) =>
		method === "OPTIONS" ? empty(200, headers) : plainText(405, `method ${method} not allowed${advice}`, headers);
}

/** In the reference's order: parameter, header, bearer. */
function tokenOf(headers: IncomingHttpHeaders, query: Query): string {
	const given = query.first("token") || headers["x-consul-token"];
	if (typeof given === "string" && given !== "") return given;
	const { authorization } = headers;
	if (authorization === undefined) return "";
	const [, bearer] = /^bearer\s+(\S+)\s*$/i.exec(authorization) ?? [];
	return bearer ?? "";
}
