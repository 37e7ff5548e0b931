import { DiscoError } from "../../lib/errors.ts";
import { parseLogLevel } from "../../lib/log/index.ts";
import { namesSource } from "./commands.ts";
import type { CommandLine } from "./flags.ts";
import { haproxyConfigs, withReloads } from "./haproxy.ts";
import type {
	ConfigLayer,
	ConsulLayer,
	DedupLayer,
	EnvironmentLayer,
	ExecLayer,
	GroupLayer,
	LogFileLayer,
	RetryLayer,
	SslLayer,
	TemplateLayer,
} from "./layer.ts";
import { parseListenAddress } from "./listen-address.ts";
import { parseSignal } from "./signals.ts";
import type {
	ConsulConfig,
	DedupConfig,
	EnvironmentConfig,
	ExecConfig,
	GroupConfig,
	LimitsConfig,
	LogFileConfig,
	OnFail,
	OnStale,
	RetryConfig,
	RuntimeConfig,
	TemplateConfig,
	TlsConfig,
} from "./types.ts";
import { waitConfig } from "./wait.ts";

/** What is not on the command line's layer: how the program runs. */
type Mode = Pick<CommandLine, "once" | "dry" | "diff" | "noCommands" | "timeoutMs" | "parseOnly" | "compat">;

/**
 * The merged layers with every default filled in (RUNNER.md "Flags", "Configuration").
 * Errors: `LOG_LEVEL_UNKNOWN`, `SIGNAL_UNKNOWN`, `WAIT_INVALID`, `ENGINE_UNKNOWN`, `CONFIG_UNSUPPORTED`.
 */
export function finalizeConfig(layer: ConfigLayer, mode: Mode): RuntimeConfig {
	const logLevel = parseLogLevel(layer.logLevel ?? "WARN");
	if (logLevel === undefined) {
		throw new DiscoError(
			"LOG_LEVEL_UNKNOWN",
			`log level "${layer.logLevel}" is not known; use trace, debug, info, warn or err`,
		);
	}
	if (layer.syslog !== undefined && layer.syslog.enabled !== false) {
		throw new DiscoError("CONFIG_UNSUPPORTED", "syslog is not supported: log to standard error or to log_file");
	}
	const killSignal = parseSignal(layer.killSignal ?? "SIGINT", "kill_signal");
	const reloadSignal = parseSignal(layer.reloadSignal ?? "SIGHUP", "reload_signal");
	const exec = mode.noCommands ? undefined : execConfig(layer.exec);
	const wait = mode.once ? undefined : waitConfig(layer.wait);
	const logFile = logFileConfig(layer.logFile);
	const dedup = mode.once ? undefined : dedupConfig(layer.dedup);
	const etcdAddress = etcdAddressOf(layer.source);
	if (etcdAddress !== undefined && dedup !== undefined) {
		throw new DiscoError("CONFIG_UNSUPPORTED", "deduplicate: needs an agent's sessions, which the source etcd has not");
	}
	const haproxy = haproxyConfigs(layer.haproxy ?? []);
	return Object.freeze({
		consul: consulConfig(layer.consul ?? {}, mode),
		...optional("etcdAddress", etcdAddress),
		templates: withReloads(
			(layer.templates ?? []).map((template) => templateConfig(template, layer, mode)),
			haproxy,
		),
		groups: (layer.groups ?? []).map((group) => groupConfig(group, layer, mode)),
		...(exec === undefined ? {} : { exec }),
		once: mode.once,
		...optional("timeoutMs", mode.timeoutMs),
		dry: mode.dry,
		diff: mode.diff,
		noCommands: mode.noCommands,
		...(layer.http === undefined || layer.http === "" ? {} : { http: parseListenAddress(layer.http) }),
		watchTemplates: layer.watchTemplates ?? false,
		parseOnly: mode.parseOnly,
		compat: mode.compat,
		...(killSignal === undefined ? {} : { killSignal }),
		...(reloadSignal === undefined ? {} : { reloadSignal }),
		logLevel,
		...(logFile === undefined ? {} : { logFile }),
		...(layer.pidFile === undefined || layer.pidFile === "" ? {} : { pidFile: layer.pidFile }),
		...(wait === undefined ? {} : { wait }),
		maxStaleMs: layer.maxStaleMs ?? 2_000,
		blockQueryWaitMs: layer.blockQueryWaitMs ?? 60_000,
		errOnFailedLookup: layer.errOnFailedLookup ?? false,
		...(dedup === undefined ? {} : { dedup }),
		haproxy,
	});
}

/** `etcd=ADDRESS`; undefined when nothing is said, which is the agent. */
function etcdAddressOf(source: string | undefined): string | undefined {
	if (source === undefined) return undefined;
	const address = /^etcd=(?<address>.+)$/s.exec(source)?.groups?.["address"];
	if (address === undefined) {
		throw new DiscoError("CONFIG_VALUE_INVALID", `source: "${source}" is not known; write etcd=HOST:PORT`);
	}
	return address;
}

function consulConfig(layer: ConsulLayer, mode: Mode): ConsulConfig {
	if (layer.namespace !== undefined && layer.namespace !== "") {
		throw new DiscoError(
			"CONFIG_UNSUPPORTED",
			`consul.namespace "${layer.namespace}" is not supported: Consul's community edition has no namespaces; leave it and CONSUL_NAMESPACE away`,
		);
	}
	const retry = retryConfig(layer.retry, mode);
	const auth = layer.auth?.enabled === false ? undefined : layer.auth;
	return {
		address: layer.address ?? "127.0.0.1:8500",
		...optional("token", layer.token),
		...optional("tokenFile", layer.tokenFile),
		...(auth?.username === undefined
			? {}
			: { auth: auth.password === undefined ? auth.username : `${auth.username}:${auth.password}` }),
		...(retry === undefined ? {} : { retry }),
		tls: tlsConfig(layer.ssl),
	};
}

/**
 * The reference gives up after 12 retries (about five minutes). A daemon of ours goes on without end unless it is told a
 * number: an outage of the agent must not take the renderer with it.
 */
function retryConfig(layer: RetryLayer | undefined, mode: Mode): RetryConfig | undefined {
	if (layer?.enabled === false) return undefined;
	const forEver = !mode.compat && !mode.once && !mode.parseOnly;
	return {
		attempts: layer?.attempts ?? (forEver ? 0 : 12),
		backoffMs: layer?.backoffMs ?? 250,
		maxBackoffMs: layer?.maxBackoffMs ?? 60_000,
	};
}

function tlsConfig(layer: SslLayer = {}): TlsConfig {
	if (layer.caCertBytes !== undefined) {
		throw new DiscoError(
			"CONFIG_UNSUPPORTED",
			"consul.ssl.ca_cert_bytes is not supported; write it to a file and give ca_cert",
		);
	}
	const { enabled, verify, ...rest } = layer;
	return {
		enabled: enabled ?? (verify === true || Object.values(rest).some((value) => value !== "")),
		verify: verify ?? true,
		...optional("cert", rest.cert),
		...optional("key", rest.key),
		...optional("caCert", rest.caCert),
		...optional("caPath", rest.caPath),
		...optional("serverName", rest.serverName),
	};
}

function environmentConfig(layer: EnvironmentLayer = {}): EnvironmentConfig {
	return {
		pristine: layer.pristine ?? false,
		custom: layer.custom ?? [],
		allowlist: layer.allowlist ?? [],
		denylist: layer.denylist ?? [],
	};
}

function execConfig(layer: ExecLayer | undefined): ExecConfig | undefined {
	if (layer?.command === undefined || layer.enabled === false) return undefined;
	const reloadSignal = parseSignal(layer.reloadSignal ?? "", "exec.reload_signal");
	return {
		command: layer.command,
		environment: environmentConfig(layer.environment),
		killSignal: parseSignal(layer.killSignal ?? "SIGINT", "exec.kill_signal") ?? "SIGINT",
		killTimeoutMs: layer.killTimeoutMs ?? 30_000,
		...(reloadSignal === undefined ? {} : { reloadSignal }),
		splayMs: layer.splayMs ?? 0,
	};
}

function logFileConfig(layer: LogFileLayer | undefined): LogFileConfig | undefined {
	if (layer?.path === undefined || layer.path === "") return undefined;
	return {
		path: layer.path,
		rotateBytes: layer.rotateBytes ?? 0,
		rotateMs: layer.rotateMs ?? 24 * 3600_000,
		maxFiles: layer.maxFiles ?? 0,
	};
}

function dedupConfig(layer: DedupLayer | undefined): DedupConfig | undefined {
	if (layer === undefined || layer.enabled === false) return undefined;
	return { prefix: layer.prefix ?? "consul-template/dedup/", ttlMs: layer.ttlMs ?? 15_000 };
}

function templateConfig(layer: TemplateLayer, top: ConfigLayer, mode: Mode): TemplateConfig {
	const command = layer.exec?.enabled === false ? undefined : (layer.exec?.command ?? layer.command);
	const wait = mode.once ? undefined : waitConfig(layer.wait);
	// -template-error-fatal overrides every template; the reference's default is fatal (RUNNER.md).
	const errorFatal = top.templateErrorFatal ?? layer.errorFatal ?? (mode.compat ? true : undefined);
	if (layer.prune === true && layer.forEach === undefined) {
		throw new DiscoError("CONFIG_UNSUPPORTED", "template.prune: goes with for_each, whose files come and go");
	}
	return {
		...optional("source", layer.source),
		...optional("contents", layer.contents),
		destination: layer.destination ?? "",
		engine: engineOf(layer),
		...optional("command", command),
		commandTimeoutMs: layer.exec?.timeoutMs ?? layer.commandTimeoutMs ?? 30_000,
		commandEnvironment: environmentConfig(layer.exec?.environment),
		...(layer.mode === undefined || layer.mode === 0 ? {} : { mode: layer.mode }),
		...optional("user", layer.user ?? layer.uid?.toString()),
		...optional("group", layer.group ?? layer.gid?.toString()),
		backup: layer.backup ?? false,
		createFolders: layer.createFolders ?? true,
		errorOnMissingKey: layer.errorOnMissingKey ?? false,
		...optional("errorFatal", errorFatal),
		leftDelimiter: layer.leftDelimiter ?? top.delimiters?.left ?? "{{",
		rightDelimiter: layer.rightDelimiter ?? top.delimiters?.right ?? "}}",
		...optional("wait", wait),
		...optional("sandboxPath", layer.sandboxPath),
		functionDenylist: layer.functionDenylist ?? [],
		partials: [...(top.partials ?? []), ...(layer.partials ?? [])],
		limits: limitsConfig(layer),
		...optional("verify", layer.verify),
		verifyTimeoutMs: layer.verifyTimeoutMs ?? 30_000,
		onFail: onFail(layer, "template"),
		...optional("maxAgeMs", layer.maxAgeMs),
		onStale: onStale(layer, layer.forEach === undefined ? undefined : "template with for_each"),
		...optional("forEach", layer.forEach),
		prune: layer.prune ?? false,
	};
}

function limitsConfig(layer: TemplateLayer): LimitsConfig {
	const { check } = layer;
	if (check !== undefined && !namesSource(check)) {
		const shown = "argv" in check ? check.argv.join(" ") : check.text;
		throw new DiscoError(
			"CHECK_WITHOUT_SOURCE",
			`template.check: "${shown}" looks at no file: write {{.Src}} where the path of the new file belongs`,
		);
	}
	return {
		...optional("check", check),
		checkTimeoutMs: layer.checkTimeoutMs ?? 30_000,
		minBytes: layer.minBytes ?? 0,
		minMatches: (layer.minMatches ?? []).map(({ pattern, count }) => {
			if (pattern === undefined) {
				throw new DiscoError(
					"CONFIG_VALUE_INVALID",
					'template.min_matches: give a pattern, as in { pattern = "^server" }',
				);
			}
			return { pattern, count: count ?? 1 };
		}),
	};
}

/** A file that was found not to work is not left in place; a failing command alone says too little (RUNNER.md "Commands"). */
function onFail(layer: Pick<TemplateLayer, "onFail" | "verify">, path: string): OnFail {
	const given = layer.onFail ?? (layer.verify === undefined ? "keep" : "rollback");
	if (given === "keep" || given === "rollback") return given;
	throw new DiscoError("CONFIG_VALUE_INVALID", `${path}.on_fail: "${given}" is not known; use "keep" or "rollback"`);
}

/** Several files have no text that could be empty: the set itself would be another. */
function onStale(layer: Pick<TemplateLayer, "onStale" | "maxAgeMs">, several: string | undefined): OnStale {
	const given = layer.onStale ?? "keep";
	if (given !== "keep" && given !== "empty" && given !== "fail") {
		throw new DiscoError("CONFIG_VALUE_INVALID", `on_stale: "${given}" is not known; use "keep", "empty" or "fail"`);
	}
	if (layer.onStale !== undefined && layer.maxAgeMs === undefined) {
		throw new DiscoError("CONFIG_VALUE_INVALID", 'on_stale: goes with max_age, as in max_age = "5m"');
	}
	if (given === "empty" && several !== undefined) {
		throw new DiscoError("CONFIG_UNSUPPORTED", `on_stale = "empty" is for one file, not for a ${several}`);
	}
	return given;
}

function groupConfig(layer: GroupLayer, top: ConfigLayer, mode: Mode): GroupConfig {
	const name = layer.name ?? "";
	const templates = (layer.templates ?? []).map((template) => {
		for (const key of ["command", "exec", "verify", "onFail", "maxAgeMs", "onStale", "wait", "errorFatal"] as const) {
			if (template[key] !== undefined) {
				const word = key.replace(/Ms$/, "").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
				throw new DiscoError(
					"CONFIG_UNSUPPORTED",
					`group "${name}": ${word} belongs to the group, not to a template in it`,
				);
			}
		}
		return templateConfig(template, top, mode);
	});
	if (templates.length === 0) throw new DiscoError("CONFIG_VALUE_INVALID", `group "${name}": has no template`);
	// The actions and defaults are a template's.
	const { command, commandTimeoutMs, commandEnvironment, verify, verifyTimeoutMs, onFail, errorFatal, maxAgeMs, wait } =
		templateConfig(defined({ ...layer, templates: undefined, name: undefined }), top, mode);
	return {
		name,
		templates,
		actions: {
			...optional("command", command),
			commandTimeoutMs,
			commandEnvironment,
			...optional("verify", verify),
			verifyTimeoutMs,
			onFail,
			...optional("errorFatal", errorFatal),
			...optional("maxAgeMs", maxAgeMs),
			onStale: onStale(layer, "group"),
		},
		...optional("wait", wait),
	};
}

/** The same object without the keys that are undefined. */
function defined(layer: Readonly<Record<string, unknown>>): TemplateLayer {
	return Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined));
}

/** By `engine`, or by the ending of the source (HANDLEBARS.md). */
function engineOf(layer: TemplateLayer): TemplateConfig["engine"] {
	if (layer.engine === undefined) return /\.(?:hbs|handlebars)$/.test(layer.source ?? "") ? "handlebars" : "go";
	if (layer.engine === "go" || layer.engine === "handlebars") return layer.engine;
	throw new DiscoError("ENGINE_UNKNOWN", `template.engine: "${layer.engine}" is not known; use "go" or "handlebars"`);
}

/** `{ [name]: value }`, or nothing for undefined: optional fields are left out, never set to undefined. */
function optional<Name extends string, T>(name: Name, value: T | undefined): { readonly [Key in Name]?: T } {
	return value === undefined ? {} : ({ [name]: value } as { readonly [Key in Name]?: T });
}
