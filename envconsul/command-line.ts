import { parseBasicAuth } from "../client/index.ts";
import { tryParseDurationMs } from "../lib/duration.ts";
import { DiscoError } from "../lib/errors.ts";
import { type FlagSpecs, flagsHelp, type ParsedFlags, parseFlags } from "../lib/flags.ts";
import type { Layer } from "./config-schema.ts";
import { parseSignal } from "./signal-name.ts";

const specs = {
	prefix: {
		kind: "list",
		placeholder: "path",
		usage: "KV tree whose keys become variables: PATH or PATH@DATACENTER; repeatable, later wins",
	},
	"optional-prefix": {
		kind: "list",
		placeholder: "path",
		usage: "as -prefix, but counts as empty while it may not be read",
	},
	map: {
		kind: "list",
		placeholder: "name=key",
		usage: "variable NAME from that one key: NAME=KEY or NAME=KEY@DATACENTER; wins over prefixes",
	},
	service: {
		kind: "list",
		placeholder: "name",
		usage:
			"one healthy instance as Kubernetes names it (NAME_SERVICE_HOST, NAME_SERVICE_PORT ...): [TAG.]NAME[@DATACENTER]",
	},
	default: { kind: "list", placeholder: "name=value", usage: "where nobody gives NAME; also starts without the agent" },
	cache: {
		kind: "string",
		placeholder: "file",
		usage: "keeps the last variables (mode 0600) and starts with them when the agent does not answer",
	},
	file: {
		kind: "string",
		placeholder: "file",
		usage: "writes the variables there (mode 0600) before each start or change; the command may be left out",
	},
	format: {
		kind: "string",
		placeholder: "format",
		usage: "of -file: dotenv (default), shell, json, docker or systemd; without -file and command they are printed",
	},
	"on-change": {
		kind: "string",
		placeholder: "action",
		usage: "restart (default), signal=NAME, exec=COMMAND or none",
	},
	"restart-lock": {
		kind: "string",
		placeholder: "key",
		usage: "programs with the same KV path restart one after the other",
	},
	"restart-limit": { kind: "int", usage: "how many of them at once (default 1)" },
	ready: {
		kind: "string",
		placeholder: "url",
		usage: "the restarted child must answer here before the next one: http://:8080/health or tcp://:5432",
	},
	"ready-timeout": { kind: "duration", usage: "how long that may take (default 1m)" },
	"abort-after": { kind: "int", usage: "so many failed restarts stop the others (default 1)" },
	separator: {
		kind: "string",
		placeholder: "text",
		usage: "stands in names for the slashes of deeper keys, such as __; they stay unless given",
	},
	"keep-existing": { kind: "bool", usage: "variables that the program itself has are not replaced" },
	"no-prefix": { kind: "bool", usage: "leave the path out of the names (default true)" },
	"service-query": {
		kind: "list",
		placeholder: "query",
		usage: "service whose instances become variables: [TAG.]NAME[@DATACENTER]",
	},
	"service-format-id": {
		kind: "string",
		placeholder: "format",
		usage: "name of the id's variable, with {{service}} and {{key}}; for the query before it",
	},
	"service-format-name": { kind: "string", placeholder: "format", usage: "the same for the name" },
	"service-format-address": { kind: "string", placeholder: "format", usage: "the same for the address" },
	"service-format-tag": { kind: "string", placeholder: "format", usage: "the same for the tags" },
	"service-format-port": { kind: "string", placeholder: "format", usage: "the same for the port" },
	sanitize: { kind: "bool", usage: "replace what is not a letter, digit or _ in names by _" },
	upcase: { kind: "bool", usage: "names in upper case" },
	pristine: { kind: "bool", usage: "give the child only what was read, not the program's own environment" },
	once: { kind: "bool", usage: "read once and run the child to its end, without restarts" },
	config: {
		kind: "list",
		placeholder: "path",
		usage: "configuration file or folder (HCL or JSON); repeatable, later wins",
	},
	exec: {
		kind: "string",
		placeholder: "command",
		usage: "the command as one line for the shell, instead of words after the options",
	},
	"exec-kill-signal": { kind: "string", placeholder: "signal", usage: "asks the child to end (default SIGINT)" },
	"exec-kill-timeout": { kind: "duration", usage: "from that signal to SIGKILL (default 30s)" },
	"exec-splay": { kind: "duration", usage: "wait at random up to this long before a restart", aliases: ["splay"] },
	"kill-signal": { kind: "string", placeholder: "signal", usage: "stops child and program (default SIGINT)" },
	"reload-signal": {
		kind: "string",
		placeholder: "signal",
		usage: "reads the configuration again and restarts the child (default SIGHUP)",
	},
	wait: { kind: "string", placeholder: "min[:max]", usage: "quiet time before each start (max: 4 times min)" },
	"consul-addr": {
		kind: "string",
		placeholder: "address",
		usage: "the agent: host:port, http(s)://... or unix://... (default 127.0.0.1:8500)",
		aliases: ["http-addr", "consul"],
	},
	"consul-token": {
		kind: "string",
		placeholder: "token",
		usage: "token (others see it in the process list: prefer DISCO_HTTP_TOKEN)",
		aliases: ["token"],
	},
	"consul-auth": { kind: "string", placeholder: "user[:password]", usage: "basic authentication", aliases: ["auth"] },
	"consul-retry": { kind: "bool", usage: "try again when the agent does not answer (default true)" },
	"consul-retry-attempts": {
		kind: "int",
		usage: "retries before -once gives up (default 12, 0: for ever); a daemon never does",
	},
	"consul-retry-backoff": {
		kind: "duration",
		usage: "first pause, doubled each time (default 250ms)",
		aliases: ["retry"],
	},
	"consul-retry-max-backoff": { kind: "duration", usage: "longest pause (default 1m)" },
	"consul-ssl": { kind: "bool", usage: "speak TLS with the agent", aliases: ["ssl"] },
	"consul-ssl-verify": {
		kind: "bool",
		usage: "verify the agent's certificate (default true)",
		aliases: ["ssl-verify"],
	},
	"consul-ssl-ca-cert": { kind: "string", placeholder: "file", usage: "CA certificate", aliases: ["ssl-ca-cert"] },
	"consul-ssl-ca-path": { kind: "string", placeholder: "folder", usage: "folder of CA certificates" },
	"consul-ssl-cert": { kind: "string", placeholder: "file", usage: "client certificate", aliases: ["ssl-cert"] },
	"consul-ssl-key": { kind: "string", placeholder: "file", usage: "the client certificate's key" },
	"consul-ssl-server-name": {
		kind: "string",
		placeholder: "name",
		usage: "name that the agent's certificate must have",
	},
	"consul-transport-dial-keep-alive": { kind: "duration", usage: "", hidden: true },
	"consul-transport-dial-timeout": { kind: "duration", usage: "time to reach the agent (default 10s)" },
	"consul-transport-disable-keep-alives": { kind: "bool", usage: "one connection per request" },
	"consul-transport-idle-conn-timeout": { kind: "duration", usage: "", hidden: true },
	"consul-transport-max-idle-conns": { kind: "int", usage: "", hidden: true },
	"consul-transport-max-idle-conns-per-host": { kind: "int", usage: "", hidden: true },
	"consul-transport-tls-handshake-timeout": { kind: "duration", usage: "", hidden: true },
	"max-stale": { kind: "duration", usage: "take answers of servers up to this far behind (default 2s)" },
	"log-level": { kind: "string", placeholder: "level", usage: "trace, debug, info, warn or error (default warn)" },
	"pid-file": { kind: "string", placeholder: "file", usage: "holds the program's process id while it runs" },
	syslog: { kind: "bool", usage: "", hidden: true },
	"syslog-facility": { kind: "string", usage: "", hidden: true },
	compat: {
		kind: "bool",
		usage: "behave exactly as envconsul 0.13, also where disco-env is better (or DISCO_COMPAT=1)",
	},
	v: { kind: "bool", usage: "print the version", aliases: ["version"] },
} as const satisfies FlagSpecs;

/** What the command line says. */
export interface CommandLine {
	readonly action: "run" | "help" | "version";
	readonly once: boolean;
	readonly compat: boolean;
	readonly configPaths: readonly string[];
	/** Wins over the files. */
	readonly layer: Layer;
	/** What the user should know, one line each. */
	readonly warnings: readonly string[];
}

/**
 * Reads the program's arguments; `compat` is `DISCO_COMPAT`'s. Words after the options are the command: exactly these words,
 * or with `-compat` joined by blanks for the shell.
 *
 * Errors: those of `parseFlags`, `FLAG_VALUE_INVALID`, `FLAG_UNSUPPORTED`.
 */
export function parseCommandLine(args: readonly string[], compatByDefault: boolean): CommandLine {
	const outside = args.find((word) => /^--?(?:vault-|secret\b|no-prefix-secret)/.test(word));
	let flags: ParsedFlags<typeof specs>;
	try {
		flags = parseFlags(args, specs);
	} catch (error) {
		if (outside === undefined) throw error;
		throw new DiscoError("FLAG_UNSUPPORTED", `option ${outside.split("=")[0]}: Vault is not supported; leave it out`);
	}
	const { values } = flags;
	const compat = values.compat ?? compatByDefault;
	return {
		action: flags.help ? "help" : values.v === true ? "version" : "run",
		once: values.once ?? false,
		compat,
		configPaths: values.config ?? [],
		layer: layerOf(flags, compat),
		warnings: values.syslog === true ? ["-syslog is not supported: log lines go to stderr"] : [],
	};
}

function layerOf(flags: ParsedFlags<typeof specs>, compat: boolean): Layer {
	const { values } = flags;
	const words = commandWords(flags, compat);
	const basicAuth = parseBasicAuth(values["consul-auth"]);
	return compact<Layer>({
		prefix: prefixesOf(flags),
		service: servicesOf(flags),
		service_links: values.service,
		map: values.map,
		default: values.default,
		cache: values.cache,
		file: values.file,
		format: values.format,
		on_change: values["on-change"],
		restart: restartOf(values),
		separator: values.separator,
		keep_existing: values["keep-existing"],
		sanitize: values.sanitize,
		upcase: values.upcase,
		pristine: values.pristine,
		kill_signal: checkedSignal(values["kill-signal"], "kill-signal"),
		reload_signal: checkedSignal(values["reload-signal"], "reload-signal"),
		wait: values.wait === undefined ? undefined : parseWait(values.wait),
		max_stale: values["max-stale"],
		log_level: values["log-level"],
		pid_file: values["pid-file"],
		exec: compact<NonNullable<Layer["exec"]>>({
			command: words,
			enabled: words === undefined ? undefined : true,
			kill_signal: checkedSignal(values["exec-kill-signal"], "exec-kill-signal"),
			kill_timeout: values["exec-kill-timeout"],
			splay: values["exec-splay"],
		}),
		consul: compact<NonNullable<Layer["consul"]>>({
			address: values["consul-addr"],
			token: values["consul-token"],
			auth: basicAuth === undefined ? undefined : { enabled: true, ...basicAuth },
			retry: compact({
				enabled: values["consul-retry"],
				attempts: values["consul-retry-attempts"],
				backoff: values["consul-retry-backoff"],
				max_backoff: values["consul-retry-max-backoff"],
			}),
			ssl: compact({
				enabled: values["consul-ssl"],
				verify: values["consul-ssl-verify"],
				ca_cert: values["consul-ssl-ca-cert"],
				ca_path: values["consul-ssl-ca-path"],
				cert: values["consul-ssl-cert"],
				key: values["consul-ssl-key"],
				server_name: values["consul-ssl-server-name"],
			}),
			transport: compact({
				dial_timeout: values["consul-transport-dial-timeout"],
				disable_keep_alives: values["consul-transport-disable-keep-alives"],
				idle_conn_timeout: values["consul-transport-idle-conn-timeout"],
			}),
		}),
	});
}

/** `-exec` wins over words after the options. The reference joins those by blanks and has the shell read them. */
function commandWords(flags: ParsedFlags<typeof specs>, compat: boolean): readonly string[] | undefined {
	if (flags.values.exec !== undefined) return [flags.values.exec];
	if (flags.rest.length === 0) return undefined;
	return compat ? [flags.rest.join(" ")] : flags.rest;
}

type ServiceLayer = NonNullable<Layer["service"]>[number];
type ServiceFormats = Omit<ServiceLayer, "query">;

function prefixesOf({ values, inOrder }: ParsedFlags<typeof specs>): Layer["prefix"] | undefined {
	const noPrefix = values["no-prefix"];
	const prefixes = inOrder
		.filter(({ name }) => name === "prefix" || name === "optional-prefix")
		.map(({ name, text }) => ({
			path: text,
			...(noPrefix === undefined ? {} : { no_prefix: noPrefix }),
			...(name === "prefix" ? {} : { optional: true }),
		}));
	return prefixes.length === 0 ? undefined : prefixes;
}

function restartOf(values: ParsedFlags<typeof specs>["values"]): Layer["restart"] | undefined {
	const restart = compact<NonNullable<Layer["restart"]>>({
		lock: values["restart-lock"],
		limit: values["restart-limit"],
		ready: values.ready,
		ready_timeout: values["ready-timeout"],
		abort_after: values["abort-after"],
	});
	return Object.keys(restart).length === 0 ? undefined : restart;
}

/** Each format belongs to the query before it. */
function servicesOf(flags: ParsedFlags<typeof specs>): readonly ServiceLayer[] | undefined {
	const services: ServiceLayer[] = [];
	for (const { name, text } of flags.inOrder) {
		if (name === "service-query") services.push({ query: text });
		const field = /^service-format-(\w+)$/.exec(name)?.[1];
		if (field === undefined) continue;
		const last = services.pop();
		if (last === undefined) {
			throw new DiscoError("FLAG_VALUE_INVALID", `option -${name} must stand after the -service-query it is for`);
		}
		services.push({ ...last, [`format_${field}`]: text } as ServiceLayer & ServiceFormats);
	}
	return services.length === 0 ? undefined : services;
}

function parseWait(text: string): { readonly min: number; readonly max?: number } {
	const [minText = "", maxText, ...more] = text.split(":");
	const min = tryParseDurationMs(minText);
	const max = maxText === undefined ? undefined : tryParseDurationMs(maxText);
	const bad =
		min === undefined || min < 0 || more.length > 0 || (maxText !== undefined && (max === undefined || max < min));
	if (bad) {
		throw new DiscoError("FLAG_VALUE_INVALID", `option -wait: "${text}" is not MIN or MIN:MAX, such as 5s or 5s:20s`);
	}
	return max === undefined ? { min } : { min, max };
}

function checkedSignal(text: string | undefined, flag: string): string | undefined {
	return text === undefined || text === "" ? text : parseSignal(text, `option -${flag}`);
}

/** Leaves out what was not given. */
function compact<T extends object>(fields: { readonly [Name in keyof T]: T[Name] | undefined }): T {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** The text of `-h`. */
export function usage(): string {
	return [
		"Usage: disco-env [options] command [argument...]",
		"",
		"Runs the command with the keys of KV trees and the fields of services as environment variables,",
		"restarts it when one changes, and passes its exit code and signals on.",
		"",
		"  disco-env -prefix service/api/prod flask run --host=0.0.0.0",
		"  disco-env -prefix app -file /run/app.env -on-change signal=HUP nginx",
		"  disco-env -prefix app -format docker > app.env",
		"",
		"Options:",
		flagsHelp(specs),
		"",
		"Exit code: the child's; 11 general error, 12 after the kill signal, 13 wrong option,",
		"14 cannot read or start the command, 15 wrong configuration.",
		"",
	].join("\n");
}
