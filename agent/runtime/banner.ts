import type { InterfaceTls } from "../../lib/tls/index.ts";
import { version } from "../../lib/version.ts";
import type { RuntimeConfig } from "../config/index.ts";

/** What an agent prints before its log: who it is and where it listens. Labels as the reference's, for scripts that read them. */
export function banner(config: RuntimeConfig, nodeId: string): string {
	const { ports, tls } = config;
	const { internalRpc: rpc } = tls;
	const rows: readonly (readonly [string, string])[] = [
		["Version", `'${version}'`],
		["Build Date", "'unknown'"],
		["Node ID", `'${nodeId}'`],
		["Node name", `'${config.nodeName}'`],
		["Datacenter", `'${config.datacenter}' (Segment: '${config.server ? "<all>" : ""}')`],
		["Server", `${config.server} (Bootstrap: ${config.bootstrap})`],
		[
			"Client Addr",
			`[${config.clientAddresses.join(" ")}] (HTTP: ${config.http.port}, HTTPS: ${config.https.port}, gRPC: -1, gRPC-TLS: -1, DNS: ${config.dnsListen.port})`,
		],
		["Cluster Addr", `${config.advertiseAddress} (LAN: ${ports.serfLan}, WAN: ${ports.serfWan})`],
		["Gossip Encryption", String(config.encrypted)],
		["Auto-Encrypt-TLS", "false"],
		[
			"HTTPS TLS",
			`Verify Incoming: ${tls.https.verifyIncoming}, Verify Outgoing: ${tls.https.verifyOutgoing}, Min Version: ${versionName(tls.https)}`,
		],
		["gRPC TLS", `Verify Incoming: ${tls.grpc.verifyIncoming}, Min Version: ${versionName(tls.grpc)}`],
		[
			"Internal RPC TLS",
			`Verify Incoming: ${rpc.verifyIncoming}, Verify Outgoing: ${rpc.verifyOutgoing} (Verify Hostname: ${rpc.verifyServerHostname}), Min Version: ${versionName(rpc)}`,
		],
	];
	const lines = rows.map(([label, value]) => `${label.padStart(21)}: ${value}`);
	return `==> Starting disco agent...\n${lines.join("\n")}\n\n==> Log data will now stream in as it occurs:\n\n`;
}

/** As the configuration spells it: `TLSv1_2`. */
function versionName({ versionMin }: InterfaceTls): string {
	const [, major = "1", minor = "0"] = /^TLSv(\d)(?:\.(\d))?$/.exec(versionMin) ?? [];
	return `TLSv${major}_${minor}`;
}
