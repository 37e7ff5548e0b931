import { version } from "../../lib/version.ts";
import type { RuntimeConfig } from "../config/index.ts";

/** What an agent prints before its log: who it is and where it listens. Labels as the reference's, for scripts that read them. */
export function banner(config: RuntimeConfig, nodeId: string): string {
	const { ports } = config;
	const rows: readonly (readonly [string, string])[] = [
		["Version", `'${version}'`],
		["Build Date", "'unknown'"],
		["Node ID", `'${nodeId}'`],
		["Node name", `'${config.nodeName}'`],
		["Datacenter", `'${config.datacenter}' (Segment: '${config.server ? "<all>" : ""}')`],
		["Server", `${config.server} (Bootstrap: ${config.bootstrap})`],
		[
			"Client Addr",
			`[${config.clientAddresses.join(" ")}] (HTTP: ${config.http.port}, HTTPS: ${ports.https}, gRPC: -1, gRPC-TLS: -1, DNS: ${config.dnsListen.port})`,
		],
		["Cluster Addr", `${config.advertiseAddress} (LAN: ${ports.serfLan}, WAN: ${ports.serfWan})`],
		["Gossip Encryption", String(config.encrypted)],
		["Auto-Encrypt-TLS", "false"],
		["HTTPS TLS", "Verify Incoming: false, Verify Outgoing: false, Min Version: TLSv1_2"],
		["gRPC TLS", "Verify Incoming: false, Min Version: TLSv1_2"],
		[
			"Internal RPC TLS",
			"Verify Incoming: false, Verify Outgoing: false (Verify Hostname: false), Min Version: TLSv1_2",
		],
	];
	const lines = rows.map(([label, value]) => `${label.padStart(21)}: ${value}`);
	return `==> Starting disco agent...\n${lines.join("\n")}\n\n==> Log data will now stream in as it occurs:\n\n`;
}
