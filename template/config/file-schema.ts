import { DiscoError } from "../../lib/errors.ts";
import { decodeObject, type Field, field, invalidValue, parseConfig } from "../../lib/hcl/index.ts";
import { haproxyBlocks } from "./haproxy.ts";
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
	WaitLayer,
} from "./layer.ts";
import { block, fieldsOf, layerOf, type Rows, to } from "./rows.ts";
import type { Command } from "./types.ts";
import { parseWait } from "./wait.ts";

const { bool, durationMs, int, text, texts } = field;

/** Where the reference takes a text instead of a block (old forms). */
function textOr<Layer>(read: (text: string, path: string) => Layer, whole: Field<Layer>): Field<Layer> {
	return {
		decode(entries, path) {
			const value = entries.at(-1)?.value;
			return value?.kind === "string" ? read(value.value, path) : whole.decode(entries, path);
		},
	};
}

type AuthLayer = NonNullable<ConsulLayer["auth"]>;

const authBlock = block<AuthLayer>({
	enabled: to("enabled", bool),
	username: to("username", text),
	password: to("password", text),
});

/** `USER[:PASSWORD]` of the text form. */
export function parseAuth(value: string): AuthLayer {
	const colon = value.indexOf(":");
	return colon < 0 ? { username: value } : { username: value.slice(0, colon), password: value.slice(colon + 1) };
}

const ssl = block<SslLayer>({
	enabled: to("enabled", bool),
	verify: to("verify", bool),
	cert: to("cert", text),
	key: to("key", text),
	ca_cert: to("caCert", text),
	ca_cert_bytes: to("caCertBytes", text),
	ca_path: to("caPath", text),
	server_name: to("serverName", text),
});

const retry = block<RetryLayer>({
	enabled: to("enabled", bool),
	attempts: to("attempts", int),
	backoff: to("backoffMs", durationMs),
	max_backoff: to("maxBackoffMs", durationMs),
});

const consulBlock = block<ConsulLayer>({
	address: to("address", text),
	namespace: to("namespace", text),
	token: to("token", text),
	token_file: to("tokenFile", text),
	auth: to("auth", textOr(parseAuth, authBlock)),
	retry: to("retry", retry),
	ssl: to("ssl", ssl),
	transport: to("transport", field.any as Field<Readonly<Record<string, unknown>>>),
});

const waitBlock = block<WaitLayer>({
	enabled: to("enabled", bool),
	min: to("minMs", durationMs),
	max: to("maxMs", durationMs),
});

const wait = textOr(parseWait, waitBlock);

/** A list of one is a text, as in the reference. */
const command: Field<Command> = {
	decode(entries, path) {
		const words = texts.decode(entries, path);
		return entries.at(-1)?.value.kind === "list" && words.length > 1 ? { argv: words } : { text: words[0] ?? "" };
	},
};

/** Octal digits as text, or a number as the file's syntax has it (HCL reads `0644` as octal). */
const mode = field.custom((node, path): number => {
	const bits =
		node.kind === "number"
			? node.value
			: node.kind === "string" && /^[0-7]{1,5}$/.test(node.value)
				? Number.parseInt(node.value, 8)
				: Number.NaN;
	if (!(bits >= 0 && bits <= 0o7777)) throw invalidValue(node, path, 'permissions in octal such as "0644"');
	return bits;
});

const environment = block<EnvironmentLayer>({
	pristine: to("pristine", bool),
	custom: to("custom", texts),
	allowlist: to("allowlist", texts),
	denylist: to("denylist", texts),
	whitelist: to("allowlist", texts),
	blacklist: to("denylist", texts),
});

const execFields: Rows<ExecLayer> = {
	command: to("command", command),
	enabled: to("enabled", bool),
	env: to("environment", environment),
	kill_signal: to("killSignal", text),
	kill_timeout: to("killTimeoutMs", durationMs),
	reload_signal: to("reloadSignal", text),
	splay: to("splayMs", durationMs),
	timeout: to("timeoutMs", durationMs),
};

const dedup: Rows<DedupLayer> = {
	enabled: to("enabled", bool),
	prefix: to("prefix", text),
	ttl: to("ttlMs", durationMs),
	max_stale: to("maxStaleMs", durationMs),
	block_query_wait: to("blockQueryWaitMs", durationMs),
};

const logFile: Rows<LogFileLayer> = {
	path: to("path", text),
	log_rotate_bytes: to("rotateBytes", int),
	log_rotate_duration: to("rotateMs", durationMs),
	log_rotate_max_files: to("maxFiles", int),
};

const template: Rows<TemplateLayer> = {
	source: to("source", text),
	contents: to("contents", text),
	destination: to("destination", text),
	engine: to("engine", text),
	command: to("command", command),
	command_timeout: to("commandTimeoutMs", durationMs),
	exec: to("exec", block(execFields)),
	perms: to("mode", mode),
	user: to("user", text),
	group: to("group", text),
	uid: to("uid", int),
	gid: to("gid", int),
	backup: to("backup", bool),
	create_dest_dirs: to("createFolders", bool),
	error_on_missing_key: to("errorOnMissingKey", bool),
	error_fatal: to("errorFatal", bool),
	left_delimiter: to("leftDelimiter", text),
	right_delimiter: to("rightDelimiter", text),
	wait: to("wait", wait),
	sandbox_path: to("sandboxPath", text),
	function_denylist: to("functionDenylist", texts),
	function_blacklist: to("functionDenylist", texts),
	partials: to("partials", texts),
	check: to("check", command),
	check_timeout: to("checkTimeoutMs", durationMs),
	min_bytes: to("minBytes", int),
	min_matches: to("minMatches", field.blocks({ pattern: text, count: int })),
	verify: to("verify", command),
	verify_timeout: to("verifyTimeoutMs", durationMs),
	on_fail: to("onFail", text),
	max_age: to("maxAgeMs", durationMs),
	on_stale: to("onStale", text),
	for_each: to("forEach", text),
	prune: to("prune", bool),
};

/** Vault and Nomad are outside the project: said clearly instead of "unknown key". */
const outside: Field<never> = {
	decode(entries, path) {
		const at = entries[0]?.at;
		throw new DiscoError(
			"CONFIG_UNSUPPORTED",
			`${at?.file}:${at?.line}:${at?.column}: ${path} is not supported: disco-template reads only from Consul's API`,
		);
	},
};

const templates: Field<readonly TemplateLayer[]> = {
	decode: (entries, path) =>
		field
			.blocks(fieldsOf(template))
			.decode(entries, path)
			.map((each) => layerOf(template, each)),
};

const group: Rows<GroupLayer> = {
	template: to("templates", templates),
	command: to("command", command),
	command_timeout: to("commandTimeoutMs", durationMs),
	exec: to("exec", block(execFields)),
	verify: to("verify", command),
	verify_timeout: to("verifyTimeoutMs", durationMs),
	on_fail: to("onFail", text),
	max_age: to("maxAgeMs", durationMs),
	on_stale: to("onStale", text),
	error_fatal: to("errorFatal", bool),
	wait: to("wait", wait),
};

/** `group "NAME" { }`, any number of them. */
const groups: Field<readonly GroupLayer[]> = {
	decode: (entries, path) =>
		field
			.labelled(fieldsOf(group))
			.decode(entries, path)
			.map(({ label, content }) => ({ ...layerOf(group, content), name: label })),
};

const top: Rows<ConfigLayer> = {
	consul: to(
		"consul",
		textOr((address) => ({ address }), consulBlock),
	),
	deduplicate: to("dedup", block(dedup)),
	default_delimiters: to(
		"delimiters",
		block<NonNullable<ConfigLayer["delimiters"]>>({ left: to("left", text), right: to("right", text) }),
	),
	exec: to("exec", block(execFields)),
	kill_signal: to("killSignal", text),
	reload_signal: to("reloadSignal", text),
	log_level: to("logLevel", text),
	log_file: to("logFile", block(logFile)),
	syslog: to(
		"syslog",
		block<NonNullable<ConfigLayer["syslog"]>>({
			enabled: to("enabled", bool),
			facility: to("facility", text),
			name: to("name", text),
		}),
	),
	max_stale: to("maxStaleMs", durationMs),
	pid_file: to("pidFile", text),
	wait: to("wait", wait),
	block_query_wait: to("blockQueryWaitMs", durationMs),
	err_on_failed_lookup: to("errOnFailedLookup", bool),
	partials: to("partials", texts),
	template_error_fatal: to("templateErrorFatal", bool),
	template: to("templates", templates),
	group: to("groups", groups),
	source: to("source", text),
	http: to("http", text),
	watch_templates: to("watchTemplates", bool),
	haproxy: to("haproxy", haproxyBlocks(command)),
	vault: to("templates", outside),
	nomad: to("templates", outside),
};

/**
 * A file's text (HCL or JSON) as a layer. Errors: `CONFIG_SYNTAX`, `CONFIG_KEY_UNKNOWN`, `CONFIG_VALUE_INVALID`,
 * `CONFIG_UNSUPPORTED`; each text starts with `FILE:LINE:COLUMN: `.
 */
export function parseConfigLayer(source: string, file: string): ConfigLayer {
	return layerOf(top, decodeObject(parseConfig(source, file), fieldsOf(top)));
}
