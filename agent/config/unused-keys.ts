import type { Fragment } from "./keys.ts";

const rpcLimitsInForce: ReadonlySet<string> = new Set(["rpc_handshake_timeout", "rpc_max_conns_per_client"]);

/** Keys that are taken so that existing files work, but change nothing here, each with what to know. Silence would be a lie. */
export function unusedKeyWarnings(given: Fragment): readonly string[] {
	const { telemetry = {}, ui_config: ui = {}, limits = {} } = given;
	const sinks = Object.keys(telemetry).filter((key) => /^(?:statsd|statsite|dogstatsd|circonus)_/.test(key));
	const rpcLimits = Object.keys(limits).filter((key) => key.startsWith("rpc_") && !rpcLimitsInForce.has(key));
	const unused: readonly (readonly [unknown, string])[] = [
		[given.acl?.enabled, "acl.enabled: there are no ACLs yet; everything is allowed"],
		[
			given.auto_encrypt?.tls ?? given.auto_encrypt?.allow_tls,
			"auto_encrypt: certificates are not handed out; give files in tls",
		],
		[
			sinks,
			`telemetry.${sinks.join(", ")}: metrics are not sent anywhere; /v1/agent/metrics shows them (?format=prometheus)`,
		],
		[rpcLimits, `limits.${rpcLimits.join(", ")}: RPC has limits of its own for that`],
		[given.enable_debug, "enable_debug: there are no profiles to fetch; disco debug gathers what the agent knows"],
		[ui.dir || undefined, "ui_config.dir: no page of your own is served"],
		[given.cache, "cache: answers come from the servers' state; there is nothing to limit"],
	];
	return unused
		.filter(([value]) => value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0))
		.map(([, text]) => text);
}
