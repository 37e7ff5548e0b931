import { DiscoError } from "../../lib/errors.ts";
import { type FlagSpecs, flagsHelp, parseFlags } from "../../lib/flags.ts";
import { parseAuth } from "./file-schema.ts";
import type { ConfigLayer, ConsulLayer, EnvironmentLayer, ExecLayer, SslLayer, TemplateLayer } from "./layer.ts";
import { parseSignal } from "./signals.ts";
import { parseTemplateFlag } from "./template-flag.ts";
import { parseWait } from "./wait.ts";

const bool = (usage: string) => ({ kind: "bool", usage }) as const;
const string = (usage: string, placeholder = "text") => ({ kind: "string", usage, placeholder }) as const;
const int = (usage: string) => ({ kind: "int", usage, placeholder: "number" }) as const;
const duration = (usage: string) => ({ kind: "duration", usage, placeholder: "duration" }) as const;
const list = (usage: string, placeholder: string) => ({ kind: "list", usage, placeholder }) as const;

/** The options, in the order of the help text (RUNNER.md "Flags"). */
const specs = {
	template: list("a template; DST and CMD are optional; may be repeated", "SRC:DST:CMD"),
	check: list("for the template before it: must succeed before the file is replaced; {{.Src}} is the new file", "CMD"),
	verify: list("for the template before it: must succeed after the command, or the former file comes back", "CMD"),
	config: list("a file or folder of HCL or JSON; may be repeated, later ones win", "path"),
	once: bool("render every template once, then end"),
	timeout: duration("with -once: how long data are waited for; then exit status 3 with what is missing"),
	diff: bool("with -dry: print what would change as a diff, and end with 2 when anything would"),
	http: string(
		"tell health, readiness, metrics and what is waited for; loopback unless a host is given",
		"[HOST:]PORT",
	),
	"watch-templates": bool("read a template again when its source changes"),
	dry: bool("print to standard output instead of writing; no commands"),
	"no-commands": bool("write the files, but run no command and no verify (check runs); not with -exec"),
	"parse-only": bool("execute the templates once without waiting for data, then end"),
	wait: string("wait this long for calm before rendering again", "MIN[:MAX]"),
	exec: string("run a program under supervision when all templates are rendered", "command"),
	"exec-kill-signal": string("stops the program (SIGINT)", "signal"),
	"exec-kill-timeout": duration("time for it to stop before SIGKILL (30s)"),
	"exec-reload-signal": string("sent on a change instead of a restart", "signal"),
	"exec-splay": duration("random wait before a reload or restart, at most this long (0s)"),
	"exec-env-pristine": bool("give the program none of the own environment"),
	"exec-env-custom": list("add a variable; may be repeated", "NAME=VALUE"),
	"exec-env-allowlist": list("pass only matching variables on; may be repeated", "glob"),
	"exec-env-denylist": list("hold matching variables back; may be repeated", "glob"),
	source: string("read keys from etcd (v3) instead of an agent's; TLS by the -consul-ssl options", "etcd=HOST:PORT"),
	"consul-addr": string("the agent's HTTP address ($CONSUL_HTTP_ADDR, 127.0.0.1:8500)", "host:port"),
	"consul-token": string("ACL token; better given by file or $CONSUL_HTTP_TOKEN", "token"),
	"consul-token-file": string("file with the ACL token ($CONSUL_HTTP_TOKEN_FILE)", "path"),
	"consul-auth": string("HTTP basic authorization", "USER[:PASSWORD]"),
	"consul-retry": bool("retry failed queries (true)"),
	"consul-retry-attempts": int("retries before giving up; 0: for ever"),
	"consul-retry-backoff": duration("wait before the first retry, doubled each time (250ms)"),
	"consul-retry-max-backoff": duration("longest wait before a retry (1m)"),
	"consul-ssl": bool("use TLS"),
	"consul-ssl-verify": bool("verify the agent's certificate (true)"),
	"consul-ssl-cert": string("client certificate, PEM", "path"),
	"consul-ssl-key": string("client key, PEM", "path"),
	"consul-ssl-ca-cert": string("certificate of the authority, PEM", "path"),
	"consul-ssl-ca-path": string("folder of authorities' certificates", "path"),
	"consul-ssl-server-name": string("name expected in the agent's certificate", "name"),
	"consul-transport-dial-keep-alive": { ...duration("taken for compatibility"), hidden: true },
	"consul-transport-dial-timeout": { ...duration("taken for compatibility"), hidden: true },
	"consul-transport-disable-keep-alives": { ...bool("taken for compatibility"), hidden: true },
	"consul-transport-max-idle-conns-per-host": { ...int("taken for compatibility"), hidden: true },
	"consul-transport-tls-handshake-timeout": { ...duration("taken for compatibility"), hidden: true },
	retry: { ...duration("old name of -consul-retry-backoff"), hidden: true },
	"max-stale": duration("oldest answer taken from a server that is not the leader; 0: ask the leader (2s)"),
	dedup: bool("share the data of equal templates between programs"),
	"default-left-delimiter": string("instead of {{", "text"),
	"default-right-delimiter": string("instead of }}", "text"),
	"template-error-fatal": bool("end when a template fails, whatever the configuration says"),
	"kill-signal": string("ends this program (SIGINT)", "signal"),
	"reload-signal": string("makes this program read everything again (SIGHUP)", "signal"),
	"pid-file": string("file for the process id", "path"),
	"log-level": string("trace, debug, info, warn or err (warn)", "level"),
	"log-file": string("also log to this file; a time stamp is put into its name", "path"),
	"log-rotate-bytes": int("start a new log file at this size (0: never)"),
	"log-rotate-duration": duration("start a new log file after this time (24h)"),
	"log-rotate-max-files": int("old log files kept (0: all)"),
	syslog: { ...bool("not supported"), hidden: true },
	"syslog-facility": { ...string("not supported"), hidden: true },
	"syslog-name": { ...string("not supported"), hidden: true },
	compat: bool("behave as consul-template where the defaults differ ($DISCO_COMPAT=1)"),
	v: bool("print the version"),
	version: { ...bool("print the version"), hidden: true },
} as const satisfies FlagSpecs;

/** What stands on the command line. */
export interface CommandLine {
	readonly layer: ConfigLayer;
	readonly configPaths: readonly string[];
	readonly once: boolean;
	readonly dry: boolean;
	readonly diff: boolean;
	readonly noCommands: boolean;
	readonly timeoutMs?: number;
	readonly parseOnly: boolean;
	readonly compat: boolean;
	readonly version: boolean;
	readonly help: boolean;
}

/**
 * Reads the command line. Errors (all of them exit code 13): those of `lib/flags`, `ARGUMENT_UNEXPECTED`, `SIGNAL_UNKNOWN`,
 * `WAIT_INVALID`, `TEMPLATE_FLAG_EMPTY`, `FLAG_UNSUPPORTED` (Vault and Nomad).
 */
export function parseCommandLine(args: readonly string[]): CommandLine {
	for (const word of args) {
		if (/^--?(?:vault|nomad)-/.test(word)) {
			const name = word.replace(/^-+/, "").replace(/=.*/s, "");
			throw new DiscoError(
				"FLAG_UNSUPPORTED",
				`option -${name} is not supported: Vault and Nomad are outside disco-template`,
			);
		}
	}
	const { values, inOrder, rest, help } = parseFlags(args, specs);
	if (rest.length > 0) {
		throw new DiscoError("ARGUMENT_UNEXPECTED", `extra argument "${rest[0]}"; options come as -name value`);
	}
	const signal = (name: "kill-signal" | "reload-signal" | "exec-kill-signal" | "exec-reload-signal") => {
		const text = values[name];
		if (text !== undefined) parseSignal(text, `option -${name}`);
		return text;
	};
	const authText = values["consul-auth"];
	const auth = authText === undefined ? undefined : { enabled: true, ...parseAuth(authText) };
	const consul: ConsulLayer = defined({
		address: values["consul-addr"],
		token: values["consul-token"],
		tokenFile: values["consul-token-file"],
		auth,
		retry: definedOrNothing({
			enabled: values["consul-retry"],
			attempts: values["consul-retry-attempts"],
			backoffMs: values["consul-retry-backoff"] ?? values.retry,
			maxBackoffMs: values["consul-retry-max-backoff"],
		}),
		ssl: definedOrNothing<SslLayer>({
			enabled: values["consul-ssl"],
			verify: values["consul-ssl-verify"],
			cert: values["consul-ssl-cert"],
			key: values["consul-ssl-key"],
			caCert: values["consul-ssl-ca-cert"],
			caPath: values["consul-ssl-ca-path"],
			serverName: values["consul-ssl-server-name"],
		}),
	});
	const exec: ExecLayer = defined({
		command: values.exec === undefined ? undefined : { text: values.exec },
		environment: definedOrNothing<EnvironmentLayer>({
			pristine: values["exec-env-pristine"],
			custom: values["exec-env-custom"],
			allowlist: values["exec-env-allowlist"],
			denylist: values["exec-env-denylist"],
		}),
		killSignal: signal("exec-kill-signal"),
		killTimeoutMs: values["exec-kill-timeout"],
		reloadSignal: signal("exec-reload-signal"),
		splayMs: values["exec-splay"],
	});
	const layer: ConfigLayer = defined({
		consul: nonEmpty(consul),
		exec: nonEmpty(exec),
		templates: values.template === undefined ? undefined : templateLayers(inOrder),
		source: values.source,
		http: values.http,
		watchTemplates: values["watch-templates"],
		wait: values.wait === undefined ? undefined : parseWait(values.wait, "option -wait"),
		dedup: values.dedup === undefined ? undefined : { enabled: values.dedup },
		syslog: definedOrNothing({
			enabled: values.syslog,
			facility: values["syslog-facility"],
			name: values["syslog-name"],
		}),
		logFile: definedOrNothing({
			path: values["log-file"],
			rotateBytes: values["log-rotate-bytes"],
			rotateMs: values["log-rotate-duration"],
			maxFiles: values["log-rotate-max-files"],
		}),
		delimiters: definedOrNothing({
			left: values["default-left-delimiter"],
			right: values["default-right-delimiter"],
		}),
		killSignal: signal("kill-signal"),
		reloadSignal: signal("reload-signal"),
		logLevel: values["log-level"],
		maxStaleMs: values["max-stale"],
		pidFile: values["pid-file"],
		templateErrorFatal: values["template-error-fatal"],
	});
	if (values.template === undefined) templateLayers(inOrder);
	if (values.diff === true && values.dry !== true) {
		throw new DiscoError("FLAG_COMBINATION", "option -diff goes with -dry, which writes nothing");
	}
	if (values["no-commands"] === true && values.exec !== undefined) {
		throw new DiscoError("FLAG_COMBINATION", "option -no-commands does not go with -exec, which is a command");
	}
	if (values.timeout !== undefined && values.once !== true && values.dry !== true) {
		throw new DiscoError("FLAG_COMBINATION", "option -timeout goes with -once; a daemon waits as long as it takes");
	}
	return {
		layer,
		configPaths: values.config ?? [],
		// A diff is taken once, with a status that says whether there is one.
		once: values.once ?? values.diff ?? false,
		dry: values.dry ?? false,
		diff: values.diff ?? false,
		noCommands: values["no-commands"] ?? false,
		...(values.timeout === undefined ? {} : { timeoutMs: values.timeout }),
		parseOnly: values["parse-only"] ?? false,
		compat: values.compat ?? false,
		version: (values.v ?? false) || (values.version ?? false),
		help,
	};
}

/** `-check` and `-verify` belong to the `-template` before them. Error: `FLAG_MISPLACED`. */
function templateLayers(flags: readonly { readonly name: string; readonly text: string }[]): readonly TemplateLayer[] {
	const layers: TemplateLayer[] = [];
	for (const { name, text } of flags) {
		if (name === "template") layers.push(parseTemplateFlag(text));
		if (name !== "check" && name !== "verify") continue;
		const last = layers.pop();
		if (last === undefined) {
			throw new DiscoError("FLAG_MISPLACED", `option -${name} "${text}": write it after the -template it belongs to`);
		}
		layers.push({ ...last, [name]: { text } });
	}
	return layers;
}

/** The help text. */
export function helpText(): string {
	return [
		"Usage: disco-template [options]",
		"       disco-template plan [options]       what would change, as a diff; ends with 2 when anything would",
		"       disco-template status [-http ADDR]  what a running one (-http) has rendered and waits for",
		"       disco-template test SPEC...         templates against recorded data, without a server",
		"       disco-template record [options]     the data of a rendering, for test",
		"",
		"  Renders templates from the catalog, health and key-value data of a Consul or disco agent, keeps the files up to date,",
		"  runs a command when one changes, and optionally supervises a program.",
		"",
		'  Templates are Go templates, or Handlebars when the source ends in ".hbs" or ".handlebars".',
		"",
		"  disco-template -template 'haproxy.ctmpl:/etc/haproxy/haproxy.cfg:systemctl reload haproxy'",
		"",
		"Options:",
		flagsHelp(specs),
		"",
	].join("\n");
}

/** The same object without the keys that are undefined. */
function defined<T extends object>(object: { readonly [Key in keyof T]?: T[Key] | undefined }): T {
	return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

function definedOrNothing<T extends object>(object: { readonly [Key in keyof T]?: T[Key] | undefined }): T | undefined {
	return nonEmpty(defined<T>(object));
}

function nonEmpty<T extends object>(object: T): T | undefined {
	return Object.keys(object).length === 0 ? undefined : object;
}
