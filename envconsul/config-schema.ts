import { DiscoError } from "../lib/errors.ts";
import { type ConfigNode, type Decoded, type Field, field, invalidValue } from "../lib/hcl/index.ts";

/** A command as a list of words; one word with blanks in it is a line for the shell. */
const command = field.custom<readonly string[]>((node, path) => {
	if (node.kind === "string") return node.value === "" ? [] : [node.value];
	if (node.kind === "list" && node.items.every((item) => item.kind === "string")) {
		return node.items.map((item) => (item.kind === "string" ? item.value : ""));
	}
	throw invalidValue(node, path, 'a text or a list of texts, as in ["flask", "run"]');
});

/** Parts of the reference that are outside this project (decision 2). */
function outside(what: string): Field<never> {
	return field.custom((node: ConfigNode, path: string) => {
		throw new DiscoError(
			"CONFIG_KEY_UNSUPPORTED",
			`${node.at.file}:${node.at.line}:${node.at.column}: ${path}: ${what} is not supported; take the block out`,
		);
	});
}

const retry = field.object({
	enabled: field.bool,
	attempts: field.int,
	backoff: field.durationMs,
	max_backoff: field.durationMs,
});
const ssl = field.object({
	enabled: field.bool,
	verify: field.bool,
	cert: field.text,
	key: field.text,
	ca_cert: field.text,
	ca_path: field.text,
	server_name: field.text,
});
const auth = field.object({ enabled: field.bool, username: field.text, password: field.text });

/** Every key of a configuration file, as the reference has them. */
export const configSchema = {
	consul: field.object({
		address: field.text,
		token: field.text,
		auth,
		retry,
		ssl,
		transport: field.object({
			dial_keep_alive: field.durationMs,
			dial_timeout: field.durationMs,
			disable_keep_alives: field.bool,
			idle_conn_timeout: field.durationMs,
			max_idle_conns: field.int,
			max_idle_conns_per_host: field.int,
			tls_handshake_timeout: field.durationMs,
		}),
	}),
	exec: field.object({
		command,
		enabled: field.bool,
		env: field.object({
			pristine: field.bool,
			custom: field.texts,
			allowlist: field.texts,
			denylist: field.texts,
			whitelist: field.texts,
			blacklist: field.texts,
		}),
		kill_signal: field.text,
		kill_timeout: field.durationMs,
		reload_signal: field.text,
		splay: field.durationMs,
		timeout: field.durationMs,
	}),
	kill_signal: field.text,
	reload_signal: field.text,
	log_level: field.text,
	max_stale: field.durationMs,
	pid_file: field.text,
	prefix: field.blocks({ path: field.text, format: field.text, no_prefix: field.bool, optional: field.bool }),
	service: field.blocks({
		query: field.text,
		format_id: field.text,
		format_name: field.text,
		format_address: field.text,
		format_tag: field.text,
		format_port: field.text,
	}),
	// Beyond the reference.
	service_links: field.texts,
	map: field.texts,
	default: field.texts,
	separator: field.text,
	keep_existing: field.bool,
	cache: field.text,
	file: field.text,
	format: field.text,
	on_change: field.text,
	restart: field.object({
		lock: field.text,
		limit: field.int,
		ready: field.text,
		ready_timeout: field.durationMs,
		abort_after: field.int,
	}),
	pristine: field.bool,
	sanitize: field.bool,
	upcase: field.bool,
	syslog: field.object({ enabled: field.bool, facility: field.text }),
	wait: field.object({ min: field.durationMs, max: field.durationMs }),
	secret: outside("Vault"),
	vault: outside("Vault"),
	// Old names of the reference, still taken.
	token: field.text,
	auth,
	ssl,
	retry: field.durationMs,
	splay: field.durationMs,
	timeout: field.durationMs,
	path: field.any,
};

/** What one file, or the command line, says; keys as in the files. */
export type Layer = Decoded<typeof configSchema>;
