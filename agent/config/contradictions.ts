import { DiscoError } from "../../lib/errors.ts";
import { isAnyAddress } from "./addresses.ts";
import type { Fragment } from "./keys.ts";
import type { RuntimeConfig } from "./runtime-config.ts";

/** What no configuration may say, in files' terms. Fails with `CONFIG_INVALID`. */
export function checkContradictions(given: Fragment): void {
	const server = given.server ?? false;
	if (given.auto_encrypt?.allow_tls === true && !server) {
		throw invalid("auto_encrypt.allow_tls is for servers only; add server = true (-server)");
	}
	if (given.auto_encrypt?.tls === true && server) {
		throw invalid("auto_encrypt.tls is for clients only: a server hands certificates out; leave it out");
	}
	const { sidecar_min_port: sidecarMin = 0, sidecar_max_port: sidecarMax = 0 } = given.ports ?? {};
	if (sidecarMax > 0 && sidecarMin >= sidecarMax) {
		throw invalid(`ports.sidecar_min_port: ${sidecarMin} is not below ports.sidecar_max_port (${sidecarMax})`);
	}
	for (const key of ["bind_addr", "serf_lan", "serf_wan", "advertise_addr"] as const) {
		if (given[key]?.startsWith("unix:")) throw invalid(`${key}: a Unix socket cannot stand here; give an IP address`);
	}
	checkNodeMeta(given.node_meta ?? {});
	checkUi(given.ui_config ?? {});
	const primary = given.primary_datacenter ?? "";
	if (primary !== "" && !/^[a-z0-9_-]+$/i.test(primary)) {
		throw invalid(`primary_datacenter: "${primary}" may have letters, digits, - and _ only`);
	}
	for (const { name = "", socket_path: path = "", port = 0, address = "" } of [
		...(given.service ?? []),
		...(given.services ?? []),
	]) {
		if (path !== "" && (port !== 0 || address !== "")) {
			throw invalid(`service ${name}: socket_path and address or port exclude each other; give one`);
		}
	}
}

/** Two interfaces cannot listen on the same address and port. Fails with `CONFIG_INVALID`, naming both. */
export function checkListening(config: RuntimeConfig): void {
	const { dnsListen, http, https, ports, bindAddress, server } = config;
	const pool = [bindAddress];
	const taken: { readonly name: string; readonly address: string; readonly port: number }[] = [];
	for (const [name, addresses, port] of [
		["ports.dns", dnsListen.addresses, dnsListen.port],
		["ports.http", http.addresses, http.port],
		["ports.https", https.addresses, https.port],
		["ports.serf_lan", pool, ports.serfLan],
		["ports.server", pool, server ? ports.server : -1],
		["ports.serf_wan", pool, server ? ports.serfWan : -1],
	] as const) {
		if (port <= 0) continue;
		for (const address of addresses.filter((each) => !each.startsWith("unix:"))) {
			const other = taken.find(
				(each) =>
					each.name !== name &&
					each.port === port &&
					(each.address === address || isAnyAddress(each.address) || isAnyAddress(address)),
			);
			if (other !== undefined) {
				throw invalid(`${name}: ${port} on ${address} is taken by ${other.name} already; choose another port`);
			}
			taken.push({ name, address, port });
		}
	}
}

/** The reference's limits: other agents refuse what is beyond. */
function checkNodeMeta(meta: Readonly<Record<string, string>>): void {
	if (Object.keys(meta).length > 64)
		throw invalid(`node_meta: ${Object.keys(meta).length} pairs; at most 64 can be kept`);
	for (const [key, value] of Object.entries(meta)) {
		const why = !/^[A-Za-z0-9_-]+$/.test(key)
			? "may have letters, digits, - and _ only"
			: key.length > 128
				? "is longer than 128 characters"
				: /^consul-(?!network-segment$)/.test(key)
					? "begins with consul-, which is kept for the agents themselves"
					: value.length > 512
						? "has a value above 512 characters"
						: undefined;
		if (why !== undefined) throw invalid(`node_meta: key "${key.slice(0, 140)}" ${why}`);
	}
}

function checkUi({ enabled, dir = "", content_path: path = "" }: NonNullable<Fragment["ui_config"]>): void {
	if (enabled === true && dir !== "") {
		throw invalid("ui_config.enabled and ui_config.dir exclude each other: disco's own page, or a folder of yours");
	}
	if (!/^[A-Za-z0-9/_-]*$/.test(path)) {
		throw invalid(`ui_config.content_path: "${path}" may have letters, digits, -, _ and / only`);
	}
}

function invalid(text: string): DiscoError {
	return new DiscoError("CONFIG_INVALID", text);
}
