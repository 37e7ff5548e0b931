import { type Client, type ClientTls, createClient } from "../../client/index.ts";
import { tryParseDurationMs } from "../../lib/duration.ts";
import type { Clock, Random } from "../../lib/env/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log/index.ts";
import { parseWatch, type WatchDefinition } from "./definition.ts";
import { followWatch, type WatchChange } from "./follow.ts";
import { type HandlerCommand, runHandlerCommand } from "./run-child.ts";
import { type HttpHandler, sendToHandler } from "./send-http.ts";

/** One entry of `watches` as the configuration has it. */
export interface WatchConfig {
	readonly type?: string;
	readonly key?: string;
	readonly prefix?: string;
	readonly service?: string;
	readonly tag?: readonly string[];
	readonly passingonly?: boolean;
	readonly state?: string;
	readonly name?: string;
	readonly datacenter?: string;
	readonly token?: string;
	readonly stale?: boolean;
	readonly handler_type?: string;
	readonly handler?: string;
	readonly args?: readonly string[];
	readonly http_handler_config?: {
		readonly path?: string;
		readonly method?: string;
		readonly timeout?: string;
		readonly header?: unknown;
		readonly tls_skip_verify?: boolean;
	};
}

/** A watch of the configuration, checked. */
export interface ConfiguredWatch {
	readonly definition: WatchDefinition;
	readonly handler: HandlerCommand | HttpHandler;
	readonly read: { readonly datacenter?: string; readonly consistency?: "stale" };
	/** Never shown. */
	readonly token: string;
}

const httpTimeoutMsDefault = 10_000;
/** A handler's output that goes to the log; what is beyond is dropped. */
const outputBytesMax = 4096;

/** Fails with `WATCH_INVALID`; `place` names the entry (`watches[2]`). */
export function parseConfiguredWatch(config: WatchConfig, place: string): ConfiguredWatch {
	const { tag, passingonly, datacenter, stale } = config;
	try {
		return {
			definition: parseWatch({ ...config, tags: tag, passingOnly: passingonly }),
			handler: parseHandler(config),
			read: {
				...(datacenter === undefined ? {} : { datacenter }),
				...(stale === true ? { consistency: "stale" as const } : {}),
			},
			token: config.token ?? "",
		};
	} catch (error) {
		if (!(error instanceof DiscoError)) throw error;
		throw new DiscoError("WATCH_INVALID", `${place}: ${error.message}`, { cause: error });
	}
}

function parseHandler(config: WatchConfig): HandlerCommand | HttpHandler {
	const type = config.handler_type ?? (config.http_handler_config === undefined ? "script" : "http");
	if (type === "http") return parseHttpHandler(config.http_handler_config ?? {});
	if (type !== "script") throw invalid(`handler_type "${type}" is not script or http`);
	const { handler, args } = config;
	if (handler !== undefined && args !== undefined) throw invalid("handler and args exclude each other; give one");
	if (handler !== undefined && handler !== "") return { words: [handler], shell: true };
	if (args !== undefined && args.length > 0) return { words: args, shell: false };
	throw invalid("it has no handler; give args (a list of words), handler (a shell line), or http_handler_config");
}

function parseHttpHandler(config: NonNullable<WatchConfig["http_handler_config"]>): HttpHandler {
	const { path = "", method = "POST", timeout, header } = config;
	if (!/^https?:\/\//.test(path) || !URL.canParse(path)) {
		throw invalid(`http_handler_config.path: "${path}" is not a URL that begins with http:// or https://`);
	}
	const timeoutMs = timeout === undefined ? httpTimeoutMsDefault : tryParseDurationMs(timeout);
	if (timeoutMs === undefined || timeoutMs <= 0) {
		throw invalid(`http_handler_config.timeout: "${timeout}" is not a duration above 0 such as 10s`);
	}
	return { url: path, method, timeoutMs, headers: headerLists(header), verify: config.tls_skip_verify !== true };
}

function headerLists(header: unknown): Readonly<Record<string, readonly string[]>> {
	if (header === undefined || header === null) return {};
	if (typeof header !== "object" || Array.isArray(header)) {
		throw invalid('http_handler_config.header is no map such as { "x-key" = ["value"] }');
	}
	return Object.fromEntries(
		Object.entries(header).map(([name, value]) => [name, (Array.isArray(value) ? value : [value]).map(String)]),
	);
}

/** The watches of an agent's configuration while they run. */
export interface RunningWatches {
	/** Ends those that are no more in the list, and starts the new ones; equal ones go on undisturbed. */
	replace(watches: readonly ConfiguredWatch[]): void;
	/** Ends all and the handlers that run. Idempotent. */
	close(): Promise<void>;
}

/**
 * Runs the watches of a configuration against the agent itself. A handler that fails is logged, and the watch goes on: what it
 * reports is the next change's handler's business, as in the reference.
 */
export function createWatches(parts: {
	readonly address: string;
	/** For an `https://` address. */
	readonly tls?: ClientTls;
	/** For watches that name none. */
	readonly token: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly clock: Clock;
	readonly random: Pick<Random, "next">;
	readonly logger: Logger;
}): RunningWatches {
	const { logger } = parts;
	const own = { address: parts.address, ...(parts.tls === undefined ? {} : { tls: parts.tls }) };
	const running = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>();
	const stop = (key: string): Promise<void> => {
		const entry = running.get(key);
		running.delete(key);
		entry?.stop.abort();
		return entry?.ended ?? Promise.resolve();
	};
	return {
		replace(watches) {
			const wanted = new Map(watches.map((each, position) => [`${position} ${JSON.stringify(each)}`, each]));
			for (const key of running.keys()) if (!wanted.has(key)) void stop(key);
			for (const [key, each] of wanted) {
				if (running.has(key)) continue;
				const controller = new AbortController();
				const token = each.token === "" ? parts.token : each.token;
				const client = createClient({ ...own, ...(token === "" ? {} : { token }) });
				const ended = run(each, client, controller.signal, parts)
					.catch((error: unknown) => logger.error("watch ended", { type: each.definition.type, error: String(error) }))
					.finally(() => client.close());
				running.set(key, { stop: controller, ended });
			}
		},
		async close() {
			await Promise.all([...running.keys()].map(stop));
		},
	};
}

function run(
	each: ConfiguredWatch,
	client: Client,
	signal: AbortSignal,
	parts: Omit<Parameters<typeof createWatches>[0], "address" | "token">,
): Promise<void> {
	const { logger } = parts;
	return followWatch({
		client,
		definition: each.definition,
		read: each.read,
		clock: parts.clock,
		random: parts.random,
		signal,
		handle: async (change) => {
			try {
				await handle(each.handler, change, signal, parts);
			} catch (error) {
				if (!(error instanceof DiscoError)) throw error;
				logger.error("watch handler failed", { type: each.definition.type, error: error.message });
			}
		},
		onError: ({ error, retryInMs }) => {
			logger.warn("watch cannot ask", {
				type: each.definition.type,
				error: error.message,
				retryInMs: Math.round(retryInMs),
			});
			return "retry";
		},
	});
}

async function handle(
	handler: HandlerCommand | HttpHandler,
	change: WatchChange,
	signal: AbortSignal,
	{ env, logger }: { readonly env: Readonly<Record<string, string | undefined>>; readonly logger: Logger },
): Promise<void> {
	if ("url" in handler) {
		await sendToHandler(handler, change, signal);
		return;
	}
	let output = Buffer.alloc(0);
	try {
		await runHandlerCommand({
			command: handler,
			env,
			json: change.json,
			index: change.index,
			signal,
			onOutput: (chunk) => {
				if (output.length < outputBytesMax) output = Buffer.concat([output, chunk]).subarray(0, outputBytesMax);
			},
		});
	} finally {
		if (output.length > 0) logger.debug("watch handler output", { output: output.toString("utf8") });
	}
}

function invalid(text: string): DiscoError {
	return new DiscoError("WATCH_INVALID", text);
}
