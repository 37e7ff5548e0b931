import { describe, expect, it } from "vitest";
import { loadAgentConfig } from "./index.ts";

const load = (hcl: string) => {
	const config = loadAgentConfig(["-dev", "-hcl", hcl], { hostName: "n1", env: {}, addresses: ["10.0.0.1"] });
	if (config === undefined) throw new Error("help");
	return config;
};
const ca = 'ca_file = "ca.pem"';
const pair = 'cert_file = "c.pem" key_file = "k.pem"';

describe("tls", () => {
	it("lays each interface over the defaults", () => {
		const { tls } = load(
			`tls { defaults { ${ca} ${pair} tls_min_version = "TLSv1_3" verify_incoming = true } https { key_file = "h.pem" verify_incoming = false } }`,
		);
		expect(tls.https).toMatchObject({
			caFile: "ca.pem",
			keyFile: "h.pem",
			versionMin: "TLSv1.3",
			verifyIncoming: false,
		});
		expect(tls.internalRpc).toMatchObject({ keyFile: "k.pem", verifyIncoming: true, verifyServerHostname: false });
		expect(tls.grpc).toMatchObject({ verifyIncoming: true, verifyOutgoing: false });
	});

	it("knows the older spellings", () => {
		const { tls, warnings } = load(
			`${ca} ${pair} verify_incoming_https = true verify_server_hostname = true tls_min_version = "tls13"`,
		);
		expect(tls.https).toMatchObject({ verifyIncoming: true, verifyOutgoing: false, versionMin: "TLSv1.3" });
		expect(tls.internalRpc).toMatchObject({ verifyIncoming: false, verifyOutgoing: true, verifyServerHostname: true });
		expect(warnings.join("\n")).toContain('the "verify_incoming_https" field is deprecated');
	});

	it("takes the reference's cipher suites under OpenSSL's names", () => {
		const suites = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256";
		expect(load(`tls_cipher_suites = "${suites}"`).tls.https.suites).toEqual([
			"ECDHE-RSA-AES128-GCM-SHA256",
			"ECDHE-ECDSA-CHACHA20-POLY1305",
		]);
	});

	it.each([
		["verify_incoming = true", /tls\.https\.verify_incoming: needs the authority's certificate/],
		["verify_outgoing = true", /tls\.https\.verify_outgoing: needs the authority's certificate/],
		["verify_server_hostname = true", /tls\.internal_rpc\.verify_outgoing: needs/],
		[`tls { https { ${ca} verify_incoming = true } }`, /tls\.https\.verify_incoming: needs a certificate of its own/],
		["tls { https { verify_server_hostname = true } }", /is for tls\.internal_rpc only/],
		["tls { grpc { verify_outgoing = true } }", /tls\.grpc\.verify_outgoing/],
		['tls { defaults { tls_min_version = "tls12" } }', /"tls12" is not one of TLS_AUTO, TLSv1_0/],
		[
			'tls { https { tls_cipher_suites = "TLS_AES_128_GCM_SHA256" } }',
			/"TLS_AES_128_GCM_SHA256" is not one of TLS_ECDHE/,
		],
		[
			'tls { https { tls_min_version = "TLSv1_3" tls_cipher_suites = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" } }',
			/cannot be chosen when tls_min_version is TLSv1_3/,
		],
	])("%s is refused", (hcl, reason) => {
		expect(() => load(hcl)).toThrow(reason);
	});
});

describe("limits of the server port", () => {
	it("are the reference's unless given", () => {
		expect(load("").cluster.serverPort).toEqual({ handshakeTimeoutMs: 5_000, connectionsPerAddressMax: 100 });
		const { cluster, warnings } = load(
			'limits { rpc_handshake_timeout = "2s" rpc_max_conns_per_client = 0 rpc_max_burst = 7 }',
		);
		expect(cluster.serverPort).toEqual({ handshakeTimeoutMs: 2_000, connectionsPerAddressMax: 0 });
		expect(warnings.filter((line) => line.includes("rpc_"))).toEqual([
			"limits.rpc_max_burst: RPC has limits of its own for that",
		]);
	});
});

describe("unix_sockets", () => {
	it("takes names and numbers", () => {
		expect(load('unix_sockets { user = "root" group = "0" mode = "0660" }').socketRights).toEqual({
			userId: 0,
			groupId: 0,
			mode: 0o660,
		});
		expect(load("").socketRights).toEqual({});
	});

	it.each([
		['unix_sockets { mode = "999" }', /unix_sockets\.mode: "999"/],
		['unix_sockets { user = "no such" }', /no user "no such" in \/etc\/passwd/],
		['unix_sockets { group = "no such" }', /no group "no such" in \/etc\/group/],
		['addresses { dns = "unix:///x" }', /addresses\.dns: DNS does not speak over a Unix socket/],
	])("%s is refused", (hcl, reason) => {
		expect(() => load(hcl)).toThrow(reason);
	});
});

it("tells gossip what gossip_lan and serf_lan_allowed_cidrs say", () => {
	const hcl =
		'gossip_lan { probe_interval = "2s" gossip_nodes = 5 } serf_lan_allowed_cidrs = ["10.0.0.0/8"] serf_wan_allowed_cidrs = ["fd00::/8"]';
	expect(load(hcl).gossip).toMatchObject({
		swim: { probeIntervalMs: 2000, gossipNodes: 5 },
		allowedNetworks: ["10.0.0.0/8"],
		wanAllowedNetworks: ["fd00::/8"],
	});
	expect(() => load("gossip_lan { gossip_nodes = 0 }")).toThrow(/gossip_lan\.gossip_nodes: 0 is not above 0/);
});

it("reads which metrics are shown", () => {
	const { telemetry, warnings } = load('telemetry { prefix_filter = ["+a", "-a.b", "c"] filter_default = false }');
	expect(telemetry.filter).toEqual({
		rules: [
			{ prefix: "a", isShown: true },
			{ prefix: "a.b", isShown: false },
		],
		isShownDefault: false,
	});
	expect(warnings).toContainEqual(expect.stringMatching(/prefix_filter: "c" is left out/));
});

it("tells HTTP what http_config and limits say", () => {
	const hcl = `http_config { block_endpoints = ["/v1/x"] allow_write_http_from = ["10.0.0.0/8"] max_header_bytes = 100 use_cache = false }
		limits { http_max_conns_per_client = 5 https_handshake_timeout = "1s" txn_max_req_len = 7 } default_query_time = "1s" max_query_time = "2s"`;
	expect(load(hcl).httpSettings).toMatchObject({
		blockEndpoints: ["/v1/x"],
		allowWriteFrom: ["10.0.0.0/8"],
		headerBytesMax: 4196,
		useCache: false,
		connectionsPerClientMax: 5,
		handshakeTimeoutMs: 1000,
		txnBytesMax: 7,
		waitDefaultMs: 1000,
		waitMaxMs: 2000,
	});
});
