import { DiscoError } from "../../lib/errors.ts";
import {
	anything,
	type BlockFields,
	block,
	blocks,
	type Decoder,
	duration,
	flag,
	mode,
	text,
	texts,
	to,
	whole,
} from "./decode.ts";
import type {
	ConfigLayer,
	ConsulLayer,
	DedupLayer,
	EnvironmentLayer,
	ExecLayer,
	LogFileLayer,
	RetryLayer,
	SslLayer,
	TemplateLayer,
	WaitLayer,
} from "./layer.ts";
import type { Command } from "./types.ts";
import { parseWait } from "./wait.ts";

/** `consul = "host:port"` is the old form of the block. */
const consul: Decoder<ConsulLayer> = (value, where) =>
	typeof value === "string" ? { address: value } : consulBlock(value, where);

const authBlock = block<NonNullable<ConsulLayer["auth"]>>({
	enabled: to("enabled", flag),
	username: to("username", text),
	password: to("password", text),
});

const auth: Decoder<NonNullable<ConsulLayer["auth"]>> = (value, where) => {
	if (typeof value !== "string") return authBlock(value, where);
	const colon = value.indexOf(":");
	return colon < 0 ? { username: value } : { username: value.slice(0, colon), password: value.slice(colon + 1) };
};

const ssl = block<SslLayer>({
	enabled: to("enabled", flag),
	verify: to("verify", flag),
	cert: to("cert", text),
	key: to("key", text),
	ca_cert: to("caCert", text),
	ca_cert_bytes: to("caCertBytes", text),
	ca_path: to("caPath", text),
	server_name: to("serverName", text),
});

const retry = block<RetryLayer>({
	enabled: to("enabled", flag),
	attempts: to("attempts", whole),
	backoff: to("backoffMs", duration),
	max_backoff: to("maxBackoffMs", duration),
});

const consulBlock = block<ConsulLayer>({
	address: to("address", text),
	namespace: to("namespace", text),
	token: to("token", text),
	token_file: to("tokenFile", text),
	auth: to("auth", auth),
	retry: to("retry", retry),
	ssl: to("ssl", ssl),
	transport: to("transport", anything),
});

const waitBlock = block<WaitLayer>({
	enabled: to("enabled", flag),
	min: to("minMs", duration),
	max: to("maxMs", duration),
});

const wait: Decoder<WaitLayer> = (value, where) =>
	typeof value === "string" ? parseWait(value, where) : waitBlock(value, where);

const command: Decoder<Command> = (value, where) =>
	Array.isArray(value)
		? value.length === 1
			? { text: text(value[0], where) }
			: { argv: texts(value, where) }
		: { text: text(value, where) };

const environment = block<EnvironmentLayer>({
	pristine: to("pristine", flag),
	custom: to("custom", texts),
	allowlist: to("allowlist", texts),
	denylist: to("denylist", texts),
	whitelist: to("allowlist", texts),
	blacklist: to("denylist", texts),
});

const execFields: BlockFields<ExecLayer> = {
	command: to("command", command),
	enabled: to("enabled", flag),
	env: to("environment", environment),
	kill_signal: to("killSignal", text),
	kill_timeout: to("killTimeoutMs", duration),
	reload_signal: to("reloadSignal", text),
	splay: to("splayMs", duration),
	timeout: to("timeoutMs", duration),
};

const dedup: BlockFields<DedupLayer> = {
	enabled: to("enabled", flag),
	prefix: to("prefix", text),
	ttl: to("ttlMs", duration),
	max_stale: to("maxStaleMs", duration),
	block_query_wait: to("blockQueryWaitMs", duration),
};

const logFile: BlockFields<LogFileLayer> = {
	path: to("path", text),
	log_rotate_bytes: to("rotateBytes", whole),
	log_rotate_duration: to("rotateMs", duration),
	log_rotate_max_files: to("maxFiles", whole),
};

const template: BlockFields<TemplateLayer> = {
	source: to("source", text),
	contents: to("contents", text),
	destination: to("destination", text),
	engine: to("engine", text),
	command: to("command", command),
	command_timeout: to("commandTimeoutMs", duration),
	exec: to("exec", block(execFields)),
	perms: to("mode", mode),
	user: to("user", text),
	group: to("group", text),
	uid: to("uid", whole),
	gid: to("gid", whole),
	backup: to("backup", flag),
	create_dest_dirs: to("createFolders", flag),
	error_on_missing_key: to("errorOnMissingKey", flag),
	error_fatal: to("errorFatal", flag),
	left_delimiter: to("leftDelimiter", text),
	right_delimiter: to("rightDelimiter", text),
	wait: to("wait", wait),
	sandbox_path: to("sandboxPath", text),
	function_denylist: to("functionDenylist", texts),
	function_blacklist: to("functionDenylist", texts),
};

/** Vault and Nomad are outside the project: said clearly instead of "unknown key". */
const outside: Decoder<never> = (_value, where) => {
	throw new DiscoError(
		"CONFIG_UNSUPPORTED",
		`"${where}" is not supported: disco-template reads from Consul's API only`,
	);
};

const top: BlockFields<ConfigLayer> = {
	consul: to("consul", consul),
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
			enabled: to("enabled", flag),
			facility: to("facility", text),
			name: to("name", text),
		}),
	),
	max_stale: to("maxStaleMs", duration),
	pid_file: to("pidFile", text),
	wait: to("wait", wait),
	block_query_wait: to("blockQueryWaitMs", duration),
	err_on_failed_lookup: to("errOnFailedLookup", flag),
	template_error_fatal: to("templateErrorFatal", flag),
	template: to("templates", blocks(template)),
	vault: to("templates", outside),
	nomad: to("templates", outside),
};

/** A parsed HCL or JSON document as a layer. Errors: `CONFIG_KEY_UNKNOWN`, `CONFIG_VALUE_INVALID`, `CONFIG_UNSUPPORTED`. */
export const configDocument: Decoder<ConfigLayer> = block(top);
