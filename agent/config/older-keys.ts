import { type Fragment, keysWithoutEffect } from "./keys.ts";
import { mergeFragments } from "./merge.ts";
import { olderTlsVersions } from "./tls.ts";

/** Older spelling -> the one that replaced it, as in the reference's deprecation lines. */
const replacedBy: Readonly<Partial<Record<keyof Fragment, string>>> = {
	acl_agent_master_token: "acl.tokens.agent_recovery",
	acl_agent_token: "acl.tokens.agent",
	acl_datacenter: "primary_datacenter",
	acl_default_policy: "acl.default_policy",
	acl_down_policy: "acl.down_policy",
	acl_enable_key_list_policy: "acl.enable_key_list_policy",
	acl_master_token: "acl.tokens.initial_management",
	acl_replication_token: "acl.tokens.replication",
	acl_token: "acl.tokens.default",
	acl_ttl: "acl.token_ttl",
	ca_file: "tls.defaults.ca_file",
	ca_path: "tls.defaults.ca_path",
	cert_file: "tls.defaults.cert_file",
	enable_acl_replication: "acl.enable_token_replication",
	key_file: "tls.defaults.key_file",
	tls_cipher_suites: "tls.defaults.tls_cipher_suites",
	tls_min_version: "tls.defaults.tls_min_version",
	ui: "ui_config.enabled",
	ui_content_path: "ui_config.content_path",
	ui_dir: "ui_config.dir",
	verify_incoming: "tls.defaults.verify_incoming",
	verify_incoming_https: "tls.https.verify_incoming",
	verify_incoming_rpc: "tls.internal_rpc.verify_incoming",
	verify_outgoing: "tls.defaults.verify_outgoing",
	verify_server_hostname: "tls.internal_rpc.verify_server_hostname",
};

/**
 * The same configuration with older spellings turned into those that replaced them (which win when both are given). `warn` gets a
 * line for each, and for each key that is taken but means nothing here.
 */
export function withoutOlderKeys(given: Fragment, warn: (text: string) => void): Fragment {
	let modern: Record<string, unknown> = {};
	const rest: Record<string, unknown> = {};
	for (const [key, value] of Object.entries(given)) {
		const path = Object.hasOwn(replacedBy, key) ? replacedBy[key as keyof Fragment] : undefined;
		if (path !== undefined) {
			warn(`the "${key}" field is deprecated; use the "${path}" field instead`);
			modern = mergeFragments(modern, nested(path.split("."), modernValue(key, value))) as Record<string, unknown>;
		} else if (Object.hasOwn(keysWithoutEffect, key)) {
			warn(`${key}: has no effect; service mesh, enterprise functions and cloud services are not part of disco`);
		} else rest[key] = value;
	}
	return withoutOlderTokens(mergeFragments(modern, rest), warn);
}

/** `acl.tokens` had older names of its own. */
function withoutOlderTokens(given: Fragment, warn: (text: string) => void): Fragment {
	const { agent_master: agentMaster, master, ...tokens } = given.acl?.tokens ?? {};
	const older = Object.entries({ agent_recovery: agentMaster, initial_management: master }).filter(
		([, value]) => value !== undefined,
	);
	if (older.length === 0) return given;
	for (const [name] of older) warn(`the older spelling of "acl.tokens.${name}" is deprecated; use that name`);
	return { ...given, acl: { ...given.acl, tokens: { ...Object.fromEntries(older), ...tokens } } };
}

/** Of one key the values, too, were spelt otherwise. */
function modernValue(key: string, value: unknown): unknown {
	return key === "tls_min_version" && typeof value === "string" ? (olderTlsVersions[value] ?? value) : value;
}

function nested(path: readonly string[], value: unknown): Fragment {
	return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Fragment;
}
