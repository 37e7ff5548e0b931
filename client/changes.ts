import type {
	CatalogServiceEntry,
	CheckStatus,
	HealthCheck,
	KvPair,
	NodeRecord,
	ServiceEntry,
} from "../lib/api/index.ts";
import { pause } from "../lib/env/index.ts";
import { DiscoError } from "../lib/errors.ts";
import { nodeClock } from "../lib/node/clock.ts";
import type { EventClient, UserEvent } from "./event.ts";
import { parseWithFlags } from "./flags-json.ts";
import { callOptions, parseJson, readAnswer, result } from "./read.ts";
import { type QueryValue, type Requester, v1 } from "./request.ts";
import { eventsOf } from "./server-sent-events.ts";
import { streamError } from "./stream.ts";
import { asDiscoError, backoffMs, type WatchOptions, watch } from "./watch.ts";

/** One state of what is followed. States that came faster than they were taken are left out, the last one never. */
export interface Change<T> {
	readonly value: T;
	readonly index: number;
}

export interface ChangesOptions extends Partial<WatchOptions> {
	readonly token?: string;
	readonly datacenter?: string;
	/** An expression in the API's filter language. */
	readonly filter?: string;
}

/**
 * Follows reads: `for await (const { value } of client.changes.service("web", { passing: true })) ...`. Gives the state now, then each
 * new one, until `signal` is aborted or the loop is left. From disco over one stream of server-sent events, from Consul by
 * blocking queries. A lost connection is retried for ever (`onError` may decide otherwise); errors that a retry cannot help end it.
 */
export interface Changes {
	/** The instances of a service with their checks. */
	service(
		name: string,
		options?: ChangesOptions & { readonly passing?: boolean; readonly tags?: readonly string[] },
	): AsyncGenerator<Change<readonly ServiceEntry[]>, void, undefined>;
	checks(service: string, options?: ChangesOptions): AsyncGenerator<Change<readonly HealthCheck[]>, void, undefined>;
	/** Every check in that state. */
	state(
		state: CheckStatus | "any",
		options?: ChangesOptions,
	): AsyncGenerator<Change<readonly HealthCheck[]>, void, undefined>;
	/** User events that this agent has seen lately, oldest first; always by blocking queries. */
	events(
		options?: ChangesOptions & { readonly name?: string },
	): AsyncGenerator<Change<readonly UserEvent[]>, void, undefined>;
	/** Names of all services with their tags. */
	services(
		options?: ChangesOptions,
	): AsyncGenerator<Change<Readonly<Record<string, readonly string[]>>>, void, undefined>;
	instances(
		service: string,
		options?: ChangesOptions,
	): AsyncGenerator<Change<readonly CatalogServiceEntry[]>, void, undefined>;
	nodes(options?: ChangesOptions): AsyncGenerator<Change<readonly NodeRecord[]>, void, undefined>;
	/** One entry; undefined while there is none. */
	key(key: string, options?: ChangesOptions): AsyncGenerator<Change<KvPair | undefined>, void, undefined>;
	/** Every entry below a prefix. */
	keys(prefix: string, options?: ChangesOptions): AsyncGenerator<Change<readonly KvPair[]>, void, undefined>;
}

export function createChanges(requester: Requester, event: EventClient): Changes {
	const follow = <T>(path: string, options: ChangesOptions = {}, query: Query = {}, parse = parseJson<T>) =>
		changes<T>(requester, { path, query: { ...query, filter: options.filter }, parse }, options);
	const keyPath = (key: string) => v1("kv", ...key.replace(/^\//, "").split("/"));
	const pairs = (text: string, path: string) => parseWithFlags<readonly KvPair[]>(text, path);
	return {
		service: (name, options) =>
			follow(v1("health", "service", name), options, {
				passing: options?.passing === true ? 1 : undefined,
				tag: options?.tags,
			}),
		checks: (service, options) => follow(v1("health", "checks", service), options),
		state: (state, options) => follow(v1("health", "state", state), options),
		async *events(options = {}) {
			const { clock = nodeClock, random = { next: Math.random }, name } = options;
			const answers = watch(
				(wait) => event.list({ ...callOptions(options), ...(name === undefined ? {} : { name }), ...wait }),
				{ ...options, clock, random },
			);
			for await (const { value, index } of answers) yield { value, index };
		},
		services: (options) => follow(v1("catalog", "services"), options),
		instances: (service, options) => follow(v1("catalog", "service", service), options),
		nodes: (options) => follow(v1("catalog", "nodes"), options),
		key: (key, options) => follow(keyPath(key), options, {}, (text, path) => pairs(text, path)[0]),
		keys: (prefix, options) => follow(keyPath(prefix), options, { recurse: true }, pairs),
	};
}

type Query = Readonly<Record<string, QueryValue>>;

interface Followed<T> {
	readonly path: string;
	readonly query: Query;
	readonly parse: (text: string, path: string) => T;
}

/** The agent sends a sign of life every 30 s; a stream that is silent for longer is dead. */
const silenceMsMax = 90_000;

async function* changes<T>(
	requester: Requester,
	followed: Followed<T>,
	options: ChangesOptions,
): AsyncGenerator<Change<T>, void, undefined> {
	const { clock = nodeClock, random = { next: Math.random } } = options;
	const signal = options.signal ?? new AbortController().signal;
	const loop: WatchOptions = { ...options, clock, random, signal };
	const state = { index: "", failures: 0 };
	while (!signal.aborted) {
		try {
			if ((yield* streamed(requester, followed, loop, state)) === "no stream") {
				yield* polled(requester, followed, loop);
				return;
			}
		} catch (thrown) {
			if (signal.aborted) return;
			const error = asDiscoError(thrown);
			const retryInMs = backoffMs(++state.failures, loop);
			const verdict =
				options.onError?.({ error, attempt: state.failures, retryInMs }) ?? (error.retryable ? "retry" : "stop");
			if (verdict === "stop") throw error;
			await pause(retryInMs, clock, signal);
		}
	}
}

/** Gives what one stream brings; "no stream" from an agent that has none. Fails when the stream ends. */
async function* streamed<T>(
	requester: Requester,
	{ path, query, parse }: Followed<T>,
	options: WatchOptions & ChangesOptions,
	state: { index: string; failures: number },
): AsyncGenerator<Change<T>, "no stream" | "ended", undefined> {
	const ending = new AbortController();
	const abort = () => ending.abort();
	options.signal?.addEventListener("abort", abort, { once: true });
	if (options.signal?.aborted === true) abort();
	let silence = options.clock.after(silenceMsMax, abort);
	try {
		const answer = await requester.stream({
			path,
			query: { ...query, stream: true },
			headers: { accept: "text/event-stream", ...(state.index === "" ? {} : { "last-event-id": state.index }) },
			...callOptions(options),
			signal: ending.signal,
		});
		try {
			if (answer.status >= 400 && answer.status !== 404) throw await streamError(requester, path, answer);
			if (!/^text\/event-stream\b/.test(answer.headers["content-type"] ?? "")) return "no stream";
			for await (const { event, id, data } of eventsOf(answer.body)) {
				silence.cancel();
				silence = options.clock.after(silenceMsMax, abort);
				if (event === "error")
					throw new DiscoError("STREAM_FAILED", `the stream of ${path}: ${data}`, { retryable: true });
				if (event !== "snapshot") continue;
				state.failures = 0;
				const value = parse(data, path);
				state.index = id;
				yield { value, index: Number(id) };
			}
		} finally {
			answer.cancel();
		}
		throw new DiscoError("STREAM_ENDED", `the stream of ${path} has ended`, { retryable: true });
	} catch (thrown) {
		if (ending.signal.aborted && options.signal?.aborted !== true) {
			throw new DiscoError("STREAM_SILENT", `the stream of ${path} was silent`, { cause: thrown, retryable: true });
		}
		throw thrown;
	} finally {
		silence.cancel();
		options.signal?.removeEventListener("abort", abort);
	}
}

async function* polled<T>(
	requester: Requester,
	{ path, query, parse }: Followed<T>,
	options: WatchOptions & ChangesOptions,
): AsyncGenerator<Change<T>, void, undefined> {
	const answers = watch(async (wait) => {
		const answer = await readAnswer(requester, path, { ...callOptions(options), ...wait }, query, 404);
		return result(answer, parse(answer.status === 404 ? "[]" : answer.body.toString("utf8"), path));
	}, options);
	for await (const { value, index } of answers) yield { value, index };
}
