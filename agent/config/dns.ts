import { parseDurationMs } from "../../lib/duration.ts";
import { DiscoError } from "../../lib/errors.ts";
import { parseRecursor } from "./addresses.ts";
import type { Fragment } from "./keys.ts";
import type { DnsConfig } from "./runtime-config.ts";

/** `dns_config` and its neighbours. Fails with `CONFIG_INVALID`. */
export function dnsConfig(given: Fragment, datacenter: string): DnsConfig {
	const dns = given.dns_config ?? {};
	for (const key of ["udp_answer_limit", "a_record_limit", "client_rate_limit", "stale_if_error"] as const) {
		if ((dns[key] ?? 0) < 0) throw invalid(`dns_config.${key}: ${dns[key]} is below 0`);
	}
	const strategy = dns.recursor_strategy ?? "sequential";
	if (strategy !== "" && strategy !== "sequential" && strategy !== "random") {
		throw invalid(`dns_config.recursor_strategy: "${strategy}" is not sequential or random`);
	}
	const altDomain = domainName(given.alt_domain ?? "");
	const firstLabel = altDomain.split(".")[0] ?? "";
	if (["service", "connect", "virtual", "ingress", "node", "query", "addr", datacenter].includes(firstLabel)) {
		throw invalid(
			`alt_domain: "${altDomain}" begins with "${firstLabel}", which has a meaning in names; choose another`,
		);
	}
	return {
		domain: domainName(given.domain ?? "consul"),
		altDomain,
		nodeTtlMs: dns.node_ttl ?? 0,
		serviceTtlMs: Object.fromEntries(
			Object.entries(dns.service_ttl ?? {}).map(([name, ttl]) => [
				name,
				parseDurationMs(ttl, `dns_config.service_ttl.${name}`),
			]),
		),
		onlyPassing: dns.only_passing ?? false,
		udpAnswerLimit: dns.udp_answer_limit ?? 3,
		aRecordLimit: dns.a_record_limit ?? 0,
		enableTruncate: dns.enable_truncate ?? false,
		disableCompression: dns.disable_compression ?? false,
		soa: {
			refreshSeconds: dns.soa?.refresh ?? 3600,
			retrySeconds: dns.soa?.retry ?? 600,
			expireSeconds: dns.soa?.expire ?? 86_400,
			minTtlSeconds: dns.soa?.min_ttl ?? 0,
		},
		recursors: (given.recursors ?? []).filter((text) => text !== "").map(parseRecursor),
		recursorStrategy: strategy === "random" ? "random" : "sequential",
		recursorTimeoutMs: dns.recursor_timeout ?? 2000,
		allowStale: dns.allow_stale ?? true,
		maxStaleMs: dns.max_stale ?? 87_600 * 3_600_000,
		translateWanAddrs: given.translate_wan_addrs ?? false,
		additionalNodeMetaTxt: dns.enable_additional_node_meta_txt ?? true,
		weightedAnswers: dns.weighted_answers ?? false,
		staleIfErrorMs: dns.stale_if_error ?? 0,
		clientRateLimit: dns.client_rate_limit ?? 0,
		logQueries: dns.log_queries ?? false,
	};
}

/** Lower case, without dots at the ends. */
function domainName(text: string): string {
	return text.toLowerCase().replaceAll(/^\.+|\.+$/g, "");
}

function invalid(text: string): DiscoError {
	return new DiscoError("CONFIG_INVALID", text);
}
