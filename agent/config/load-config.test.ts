import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadAgentConfig, type RuntimeConfig } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "disco-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
	const path = join(folder, name);
	mkdirSync(join(path, ".."), { recursive: true });
	writeFileSync(path, text);
	return path;
}

function load(args: readonly string[], env: Record<string, string> = {}): RuntimeConfig {
	const config = loadAgentConfig(args, { hostName: "machine", env, addresses: ["10.1.2.3", "203.0.113.9"] });
	if (config === undefined) throw new Error("help was asked for");
	return config;
}

describe("agent configuration", () => {
	it("has the reference's defaults", () => {
		expect(load(["-server", "-bootstrap", "-data-dir", "/var/lib/disco"])).toMatchObject({
			dev: false,
			server: true,
			dataFolder: "/var/lib/disco",
			nodeName: "machine",
			datacenter: "dc1",
			bindAddress: "0.0.0.0",
			advertiseAddress: "10.1.2.3",
			clientAddresses: ["127.0.0.1"],
			http: { addresses: ["127.0.0.1"], port: 8500 },
			dnsListen: { addresses: ["127.0.0.1"], port: 8600 },
			ports: { server: 8300, serfLan: 8301, serfWan: 8302 },
			dns: { domain: "consul", udpAnswerLimit: 3, maxStaleMs: 87_600 * 3_600_000, recursorTimeoutMs: 2000 },
			scriptChecks: { api: false, file: false },
			log: { level: "info", json: false },
			leaveOnTerminate: false,
			skipLeaveOnInterrupt: true,
			warnings: [],
		});
	});

	it("is one server in memory with -dev", () => {
		expect(load(["-dev"])).toMatchObject({
			dev: true,
			server: true,
			dataFolder: "",
			bindAddress: "127.0.0.1",
			advertiseAddress: "127.0.0.1",
			ui: true,
			log: { level: "debug" },
		});
	});

	it("leaves on every signal when it is no server", () => {
		expect(load(["-data-dir", "/d"])).toMatchObject({ leaveOnTerminate: true, skipLeaveOnInterrupt: false });
	});

	it("lays flags over files and -hcl over both; lists append, maps and blocks merge", () => {
		const a = file(
			"order/a.json",
			'{"node_name":"a","node_meta":{"k":"1","l":"1"},"recursors":["10.0.0.1"],"ports":{"dns":1,"http":2}}',
		);
		file("order/b.hcl", 'node_meta { k = "2" } recursors = ["10.0.0.2:54"] service { name = "s" }');
		file("order/c.txt", "not read");
		file("order/sub/d.json", '{"node_name":"not read"}');
		const config = load([
			"-dev",
			"-config-dir",
			join(a, ".."),
			"-node",
			"flag",
			"-recursor",
			"10.0.0.3",
			"-hcl",
			"ports { http = 3 }",
		]);
		expect(config.nodeName).toBe("flag");
		expect(config.nodeMeta).toEqual({ k: "2", l: "1" });
		expect(config.dns.recursors).toEqual([
			{ host: "10.0.0.1", port: 53 },
			{ host: "10.0.0.2", port: 54 },
			{ host: "10.0.0.3", port: 53 },
		]);
		expect([config.dnsListen.port, config.http.port]).toEqual([1, 3]);
		expect(config.warnings).toEqual([expect.stringContaining("c.txt")]);
		expect(load(["-dev", "-config-dir", join(a, ".."), "-hcl", 'node_name = "last"', "-node", "flag"]).nodeName).toBe(
			"last",
		);
	});

	it("gives services and checks as the API's registrations, whatever the syntax", () => {
		const hcl = file(
			"service.hcl",
			`service {
				id = "api-1" name = "api" tags = ["v1"] port = 5000 token = "t" enable_tag_override = true
				weights { passing = 5 }
				check { id = "ttl" ttl = "30s" success_before_passing = 2 }
				checks = [{ http = "http://x/" interval = "1s" tls_skip_verify = true }]
			}
			services = [{ name = "b" }]
			check { name = "mem" args = ["true"] interval = "5s" }`,
		);
		const config = load(["-dev", "-config-file", hcl]);
		expect(config.services).toEqual([
			{
				token: "t",
				registration: {
					ID: "api-1",
					Name: "api",
					Tags: ["v1"],
					Port: 5000,
					EnableTagOverride: true,
					Weights: { Passing: 5, Warning: 1 },
					Checks: [
						{ CheckID: "ttl", TTL: "30s", SuccessBeforePassing: 2 },
						{ HTTP: "http://x/", Interval: "1s", TLSSkipVerify: true },
					],
				},
			},
			{ token: "", registration: { Name: "b" } },
		]);
		expect(config.checks).toEqual([{ token: "", registration: { Name: "mem", Args: ["true"], Interval: "5s" } }]);
	});

	it("reads dns_config", () => {
		const path = file(
			"dns.json",
			JSON.stringify({
				domain: "Disco.Test.",
				alt_domain: "alt.test",
				translate_wan_addrs: true,
				dns_config: {
					node_ttl: "10s",
					service_ttl: { "*": "5s", "db*": "1m" },
					soa: { min_ttl: 60 },
					only_passing: true,
					max_stale: "0s",
					recursor_strategy: "random",
					enable_additional_node_meta_txt: false,
				},
			}),
		);
		expect(load(["-dev", "-config-file", path]).dns).toMatchObject({
			domain: "disco.test",
			altDomain: "alt.test",
			translateWanAddrs: true,
			nodeTtlMs: 10_000,
			serviceTtlMs: { "*": 5_000, "db*": 60_000 },
			soa: { minTtlSeconds: 60, refreshSeconds: 3600 },
			onlyPassing: true,
			maxStaleMs: 0,
			recursorStrategy: "random",
			additionalNodeMetaTxt: false,
		});
	});

	it("knows the compatibility switch as option and variable", () => {
		expect(load(["-dev"]).compat).toBe(false);
		expect(load(["-dev", "-compat"]).compat).toBe(true);
		expect(load(["-dev"], { DISCO_COMPAT: "1" }).compat).toBe(true);
	});

	it("turns an expectation of one server into bootstrap", () => {
		expect(load(["-dev", "-bootstrap-expect=1"])).toMatchObject({ bootstrap: true, bootstrapExpect: 0 });
	});

	it("is frozen to the last field", () => {
		const config = load(["-dev", "-node-meta", "a:b:c"]);
		expect(config.nodeMeta).toEqual({ a: "b:c" });
		expect(() => Object.assign(config.nodeMeta, { x: "y" })).toThrow();
	});

	it("warns of what is taken but changes nothing", () => {
		const warnings = load(["-dev", "-hcl", "acl { enabled = true }"]).warnings;
		expect(warnings).toEqual([expect.stringContaining("acl.enabled")]);
	});

	it.each([
		[["-dev", "extra"], /unexpected argument "extra"/],
		[["-dev", "-frob"], /unknown option -frob/],
		[["-dev", "-http-port=x"], /-http-port: "x" is not a whole number/],
		[["-dev", "-http-port=70000"], /ports\.http: 70000 is not a port/],
		[["-server"], /data_dir is missing/],
		[["-bootstrap", "-data-dir=d"], /bootstrap is for servers/],
		[["-bootstrap-expect=3", "-data-dir=d"], /bootstrap_expect is for servers/],
		[["-server", "-bootstrap", "-bootstrap-expect=3", "-data-dir=d"], /exclude each other/],
		[["-server", "-bootstrap-expect=-1", "-data-dir=d"], /bootstrap_expect: -1/],
		[["-dev", "-bootstrap-expect=3"], /bootstrap_expect/],
		[["-dev", "-advertise=0.0.0.0"], /advertise_addr: 0\.0\.0\.0/],
		[["-dev", "-bind=nonsense"], /bind_addr: "nonsense" is not an IP address/],
		[["-dev", "-encrypt=short"], /encrypt: the key is not base64/],
		[["-dev", "-datacenter=a b"], /datacenter: "a b"/],
		[["-dev", "-node-id=1"], /node_id: "1" is not a UUID/],
		[["-dev", "-log-level=frob"], /log_level: "frob" is not one of/],
		[["-dev", "-recursor=nonsense"], /recursors: "nonsense"/],
		[["-dev", "-alt-domain=service.x"], /alt_domain: .*begins with "service"/],
		[["-dev", "-hcl", "dns_config { udp_answer_limit = -1 }"], /udp_answer_limit: -1/],
		[["-dev", "-hcl", "ports { rpc = 8400 }"], /ports\.rpc: 8400 is not taken any more: the command line speaks HTTP/],
		[["-dev", "-hcl", "frob = 1"], /-hcl:1:1: unknown key "frob"/],
		[["-dev", "-hcl", "a {"], /-hcl:1:/],
		[["-dev", "-config-file=none.hcl"], /none\.hcl.*no such file/],
		[["-dev", "-config-format=yaml"], /-config-format: "yaml"/],
	])("refuses %j in one line that says what and where", (args, text) => {
		expect(() => load(args)).toThrow(text);
		try {
			load(args);
		} catch (error) {
			expect(String(error)).not.toContain("\n");
		}
	});

	it("names file, line and column", () => {
		const path = file("bad.json", '{\n\t"ports": {"http": true}\n}');
		expect(() => load(["-dev", "-config-file", path])).toThrow(
			/bad\.json:2:\d+: ports\.http: true is not a whole number|bad\.json:2:\d+: ports\.http/,
		);
	});
});

describe("types, as the reference takes them", () => {
	const fragment = (text: string) => () => load(["-dev", "-hcl", text]);

	it.each([
		["server = 1", "server: 1 is not true or false"],
		['server = "true"', 'server: "true" is not true or false'],
		["datacenter = 7", "datacenter: 7 is not a text"],
		['ports { http = "8500" }', 'ports.http: "8500" is not a whole number'],
		['recursors = "10.0.0.2"', 'recursors: "10.0.0.2" is not a list of texts'],
		["check_update_interval = 10", "check_update_interval: 10 is not a duration"],
		['http_config { allow_write_http_from = ["10.0.0.1"] }', "is not a network such as 10.0.0.0/8"],
		["node_meta { a = 1 }", "node_meta.a: 1 is not a text"],
		["performance { raft_multiplier = 11 }", "is not a whole number from 1 to 10"],
		[
			"gossip_lan { probe_intervall = 1 }",
			'unknown key "probe_intervall" in gossip_lan (did you mean probe_interval?)',
		],
		['advertise_addr_wan = "here"', 'advertise_addr_wan: "here" is not an IP address'],
		["auto_encrypt { allow_tls = true } server = false", "auto_encrypt.allow_tls is for servers only"],
	])("refuses %s", (text, reason) => {
		expect(fragment(text)).toThrow(reason);
	});

	it.each([
		'datacenter = ["dc7"]',
		'client_addr = ["127.0.0.1"]',
		'encrypt = ""',
		'node_name = ""',
		'addresses { http = "" }',
	])("takes %s", (text) => {
		expect(fragment(text)).not.toThrow();
	});

	it("turns older spellings into those of today, with a line for each", () => {
		const config = load(["-dev", "-hcl", 'acl_token = "secret" ui = false peering { enabled = true }']);
		expect(config).toMatchObject({ ui: false, agentToken: "secret" });
		expect(config.warnings).toEqual([
			'the "acl_token" field is deprecated; use the "acl.tokens.default" field instead',
			'the "ui" field is deprecated; use the "ui_config.enabled" field instead',
			expect.stringContaining("peering: has no effect"),
		]);
		const both = load(["-dev", "-hcl", 'acl_token = "older" acl { tokens { default = "newer" } }']);
		expect(both.agentToken).toBe("newer");
	});

	it("takes the script of an older file with the line to write instead, unless it shall be compatible", () => {
		const text = 'check { name = "disk" script = "df | grep sda" interval = "10s" }';
		expect(load(["-dev", "-hcl", text]).warnings).toEqual([
			'check disk: the "script" field is deprecated; write args = ["/bin/sh", "-c", "df | grep sda"]',
		]);
		expect(() => load(["-dev", "-compat", "-hcl", text])).toThrow("invalid config key script");
	});
});
