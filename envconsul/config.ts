import { type ClientOptions, parseBasicAuth } from "../client/index.ts";
import { DiscoError } from "../lib/errors.ts";
import { type LogLevel, logLevels, parseLogLevel } from "../lib/log/index.ts";
import type { EnvironmentFilter } from "./child-environment.ts";
import type { Layer } from "./config-schema.ts";
import type { NameOptions, Variables } from "./environment.ts";
import { type VariableFormat, variableFormats } from "./format.ts";
import { type OnChange, parseOnChange } from "./on-change.ts";
import { parseReadyProbe } from "./ready.ts";
import type { RollingConfig } from "./rolling.ts";
import { parseSignal } from "./signal-name.ts";
import { parseMapping, parsePrefix, parseServiceLinks, parseServiceQuery, type Source } from "./source.ts";

/** What to run. */
export interface Command {
	/** One word with blanks is a line for `/bin/sh`; anything else is a program with its exact arguments. */
	readonly words: readonly string[];
	readonly killSignal: NodeJS.Signals;
	/** From the signal to SIGKILL. */
	readonly killTimeoutMs: number;
	/** Up to so long is waited, at random, before a restart's signal. */
	readonly splayMs: number;
}

/** Everything the program does is decided here. */
export interface Config {
	readonly client: ClientOptions;
	readonly sources: readonly Source[];
	readonly names: NameOptions;
	/** What the program's own environment has, the sources do not replace. */
	readonly keepExisting: boolean;
	/** The child gets the sources' variables only. */
	readonly pristine: boolean;
	readonly filter: EnvironmentFilter;
	/** Undefined: only a file is kept. */
	readonly command: Command | undefined;
	readonly onChange: OnChange;
	/** Where the variables are written, `-` for standard output, and how; undefined: nowhere. */
	readonly file: { readonly path: string; readonly format: VariableFormat } | undefined;
	/** Keeps the variables for a start without the agent. */
	readonly cachePath: string | undefined;
	/** Count where neither a source nor the program's own environment has the name. */
	readonly defaults: Variables;
	readonly rolling: RollingConfig | undefined;
	/** Read once, run the child to its end. */
	readonly once: boolean;
	/** Stops the child and the program; undefined: not listened to. */
	readonly killSignal: NodeJS.Signals | undefined;
	readonly reloadSignal: NodeJS.Signals | undefined;
	/** Quiet time before each start. */
	readonly wait: { readonly minMs: number; readonly maxMs: number } | undefined;
	readonly retry: { readonly attemptsMax: number; readonly firstMs: number; readonly maxMs: number };
	/** An answer of a server that has not heard its leader for longer is asked again of the leader; 0: always the leader. */
	readonly maxStaleMs: number;
	readonly logLevel: LogLevel;
	readonly pidFile: string | undefined;
	/** Exactly as the reference (decision 3). */
	readonly compat: boolean;
}

/** Lists that grow from layer to layer; every other value of a later layer replaces the earlier one's. */
const appended: ReadonlySet<string> = new Set(["prefix", "service", "service_links", "map", "default"]);

/** Later layers win, key by key; prefixes and services are put together. */
export function mergeLayers(layers: readonly Layer[]): Layer {
	return layers.reduce<Record<string, unknown>>((merged, layer) => merge(merged, layer), {}) as Layer;
}

function merge(base: Readonly<Record<string, unknown>>, over: object): Record<string, unknown> {
	const merged: Record<string, unknown> = { ...base };
	for (const [key, value] of Object.entries(over)) {
		const before = merged[key];
		if (appended.has(key) && Array.isArray(before)) merged[key] = [...before, ...(value as unknown[])];
		else if (isObject(before) && isObject(value)) merged[key] = merge(before, value);
		else if (value !== undefined) merged[key] = value;
	}
	return merged;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The layers as decisions. `environment` is the program's own, `client` what its variables say about the agent.
 *
 * Errors: `CONFIG_COMMAND_MISSING`, `CONFIG_SOURCES_MISSING`, `CONFIG_LOG_LEVEL`, `SIGNAL_UNKNOWN`, and those of
 * `parsePrefix` and `parseServiceQuery`.
 */
export function configFrom(
	layer: Layer,
	options: {
		readonly environment: Readonly<Record<string, string | undefined>>;
		readonly client: ClientOptions;
		readonly once: boolean;
		readonly compat: boolean;
	},
): Config {
	const { environment, compat } = options;
	const filter = layer.exec?.env;
	const retry = layer.consul?.retry;
	const sources = sourcesOf(layer, environment, compat);
	const file = fileOf(layer);
	const onChange = parseOnChange(layer.on_change ?? "restart");
	const command = commandOf(layer, file !== undefined);
	if (command === undefined && onChange.kind === "signal") {
		throw new DiscoError("CONFIG_COMMAND_MISSING", "on-change signal=... needs a command that gets the signal");
	}
	if (sources.length === 0 && !compat) {
		throw new DiscoError(
			"CONFIG_SOURCES_MISSING",
			"nothing to read: give -prefix PATH, -service NAME, -service-query NAME or -map NAME=KEY",
		);
	}
	return {
		client: clientOptions(layer, options.client),
		sources,
		names: {
			sanitize: layer.sanitize ?? false,
			upcase: layer.upcase ?? false,
			separator: layer.separator,
			folders: compat,
		},
		keepExisting: layer.keep_existing ?? false,
		pristine: layer.pristine ?? false,
		filter: {
			pristine: filter?.pristine ?? false,
			custom: filter?.custom ?? [],
			allow: [...(filter?.allowlist ?? []), ...(filter?.whitelist ?? [])],
			deny: [...(filter?.denylist ?? []), ...(filter?.blacklist ?? [])],
		},
		command,
		onChange,
		file,
		cachePath: layer.cache || undefined,
		defaults: defaultsOf(layer.default ?? []),
		rolling: rollingOf(layer.restart),
		// Standard output cannot be followed.
		once: options.once || file?.path === "-",
		killSignal: optionalSignal(layer.kill_signal ?? "SIGINT", "kill_signal"),
		reloadSignal: optionalSignal(layer.reload_signal ?? "SIGHUP", "reload_signal"),
		wait: waitOf(layer.wait),
		retry: {
			attemptsMax: retry?.enabled === false ? 1 : attemptsMax(retry?.attempts ?? 12),
			firstMs: retry?.backoff ?? layer.retry ?? 250,
			maxMs: retry?.max_backoff ?? 60_000,
		},
		maxStaleMs: layer.max_stale ?? 2_000,
		logLevel: logLevelOf(layer.log_level ?? environment["CT_LOG"] ?? environment["ENVCONSUL"] ?? "WARN"),
		pidFile: layer.pid_file || undefined,
		compat,
	};
}

/** Tries in a row before `-once` gives up; 0 in the configuration means for ever. */
function attemptsMax(attempts: number): number {
	return attempts <= 0 ? Number.POSITIVE_INFINITY : attempts + 1;
}

function sourcesOf(
	layer: Layer,
	environment: Readonly<Record<string, string | undefined>>,
	stringPrefix: boolean,
): readonly Source[] {
	const prefixes = (layer.prefix ?? []).flatMap(({ path, format, no_prefix, optional }) =>
		path === undefined
			? []
			: parsePrefix(path, {
					env: environment,
					stringPrefix,
					withPath: no_prefix === false,
					optional: optional ?? false,
					...(format === undefined ? {} : { format }),
				}),
	);
	const services = (layer.service ?? []).flatMap((service) =>
		service.query === undefined
			? []
			: parseServiceQuery(service.query, {
					...(service.format_id === undefined ? {} : { id: service.format_id }),
					...(service.format_name === undefined ? {} : { name: service.format_name }),
					...(service.format_address === undefined ? {} : { address: service.format_address }),
					...(service.format_tag === undefined ? {} : { tag: service.format_tag }),
					...(service.format_port === undefined ? {} : { port: service.format_port }),
				}),
	);
	// The same source twice is one: at the last place, with the last one's options.
	const links = (layer.service_links ?? []).map(parseServiceLinks);
	const keys = (layer.map ?? []).map(parseMapping);
	const sources = [...prefixes, ...services, ...links, ...keys];
	return sources.filter((source, index) => sources.findLastIndex(({ id }) => id === source.id) === index);
}

/** `-format` without a file prints. */
function fileOf({ file, format }: Layer): Config["file"] {
	if (!file && format === undefined) return undefined;
	const known = variableFormats.find((each) => each === (format ?? "dotenv"));
	if (known === undefined) {
		throw new DiscoError("CONFIG_FORMAT_UNKNOWN", `format "${format}" is not one of ${variableFormats.join(", ")}`);
	}
	return { path: file || "-", format: known };
}

function defaultsOf(texts: readonly string[]): Variables {
	return new Map(
		texts.map((text): [string, string] => {
			const equals = text.indexOf("=");
			if (equals < 1) throw new DiscoError("CONFIG_DEFAULT_INVALID", `default "${text}" is not NAME=VALUE`);
			return [text.slice(0, equals), text.slice(equals + 1)];
		}),
	);
}

const readyTimeoutMsDefault = 60_000;

function rollingOf(restart: Layer["restart"]): RollingConfig | undefined {
	if (restart === undefined) return undefined;
	const { limit = 1, abort_after: abortAfter = 1 } = restart;
	const lock = (restart.lock ?? "").replace(/^\/+|\/+$/g, "");
	if (lock === "") {
		throw new DiscoError("CONFIG_RESTART_LOCK", "restart: give the lock's KV path, as in -restart-lock service/api");
	}
	for (const [name, value] of [
		["restart-limit", limit],
		["abort-after", abortAfter],
	] as const) {
		if (value < 1) throw new DiscoError("CONFIG_RESTART_NUMBER", `${name} ${value}: give a number of 1 or more`);
	}
	return {
		lock,
		limit,
		abortAfter,
		ready: restart.ready === undefined ? undefined : parseReadyProbe(restart.ready),
		readyTimeoutMs: restart.ready_timeout ?? readyTimeoutMsDefault,
	};
}

/** Undefined only when there need not be one. */
function commandOf(layer: Layer, optional: boolean): Command | undefined {
	const exec = layer.exec ?? {};
	const words = exec.enabled === false ? [] : (exec.command ?? []);
	if (words.length === 0 && optional) return undefined;
	if (words.length === 0 || words[0]?.trim() === "") {
		throw new DiscoError(
			"CONFIG_COMMAND_MISSING",
			"no command to run: give it after the options, as in disco-env -prefix app env",
		);
	}
	return {
		words,
		killSignal: optionalSignal(exec.kill_signal ?? "", "exec.kill_signal") ?? "SIGINT",
		killTimeoutMs: exec.kill_timeout ?? 30_000,
		splayMs: exec.splay ?? layer.splay ?? 0,
	};
}

function optionalSignal(text: string, what: string): NodeJS.Signals | undefined {
	return text === "" ? undefined : parseSignal(text, what);
}

function waitOf(wait: Layer["wait"]): Config["wait"] {
	if (wait?.min === undefined || wait.min <= 0) return undefined;
	return { minMs: wait.min, maxMs: wait.max ?? wait.min * 4 };
}

function logLevelOf(text: string): LogLevel {
	const level = parseLogLevel(text);
	if (level === undefined) {
		throw new DiscoError("CONFIG_LOG_LEVEL", `log level "${text}" is not one of ${logLevels.join(", ")}`);
	}
	return level;
}

function clientOptions(layer: Layer, environment: ClientOptions): ClientOptions {
	const { address, token, transport } = layer.consul ?? {};
	const ssl = layer.consul?.ssl ?? layer.ssl;
	const auth = layer.consul?.auth ?? layer.auth;
	const basicAuth =
		auth === undefined || auth.enabled === false || auth.username === undefined
			? undefined
			: parseBasicAuth(`${auth.username}:${auth.password ?? ""}`);
	const idleMs = transport?.disable_keep_alives === true ? 0 : transport?.idle_conn_timeout;
	return {
		...environment,
		...(address === undefined || address === "" ? {} : { address }),
		...((token ?? layer.token) ? { token: token ?? layer.token ?? "" } : {}),
		...(basicAuth === undefined ? {} : { basicAuth }),
		...(ssl?.enabled === undefined ? {} : { tlsEnabled: ssl.enabled }),
		...(transport?.dial_timeout === undefined ? {} : { connectTimeoutMs: transport.dial_timeout }),
		...(idleMs === undefined ? {} : { idleConnectionMs: idleMs }),
		tls: {
			...environment.tls,
			...(ssl?.verify === undefined ? {} : { verify: ssl.verify }),
			...(ssl?.cert ? { certFile: ssl.cert } : {}),
			...(ssl?.key ? { keyFile: ssl.key } : {}),
			...(ssl?.ca_cert ? { caFile: ssl.ca_cert } : {}),
			...(ssl?.ca_path ? { caFolder: ssl.ca_path } : {}),
			...(ssl?.server_name ? { serverName: ssl.server_name } : {}),
		},
	};
}
