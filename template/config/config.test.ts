import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadConfig, parseCommandLine } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "template-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
function file(content: string, name = `${made++}.hcl`): string {
	const path = join(folder, name);
	writeFileSync(path, content);
	return path;
}

function load(args: readonly string[], variables: Record<string, string> = {}) {
	return loadConfig(parseCommandLine(args), variables);
}

describe("configuration", () => {
	it("has the reference's defaults", () => {
		const config = load([]);
		expect(config).toMatchObject({
			killSignal: "SIGINT",
			reloadSignal: "SIGHUP",
			logLevel: "warn",
			maxStaleMs: 2_000,
			blockQueryWaitMs: 60_000,
			templates: [],
			consul: { address: "127.0.0.1:8500", tls: { enabled: false, verify: true } },
		});
		expect(config.wait).toBeUndefined();
		expect(config.exec).toBeUndefined();
	});

	it("goes on for ever as a daemon, and gives up under -once and -compat", () => {
		expect(load([]).consul.retry?.attempts).toBe(0);
		expect(load(["-once"]).consul.retry?.attempts).toBe(12);
		expect(load(["-compat"]).consul.retry?.attempts).toBe(12);
		expect(load(["-consul-retry-attempts=3"]).consul.retry?.attempts).toBe(3);
		expect(load(["-consul-retry=false"]).consul.retry).toBeUndefined();
		expect(load([], { DISCO_COMPAT: "1" }).compat).toBe(true);
	});

	it("lets later files win over earlier ones, and flags over files and variables", () => {
		const first = file('log_level = "err"\nconsul { address = "a:1" token = "t" }\ntemplate { source = "x" }');
		const second = file('log_level = "info"\nconsul { address = "b:2" }\ntemplate { source = "y.hbs" }');
		const config = load(["-config", first, "-config", second, "-template", "zz:out"], { CONSUL_HTTP_ADDR: "c:3" });
		expect(config.logLevel).toBe("info");
		expect(config.consul).toMatchObject({ address: "b:2", token: "t" });
		expect(config.templates.map(({ source, engine }) => [source, engine])).toEqual([
			["x", "go"],
			["y.hbs", "handlebars"],
			["zz", "go"],
		]);
		expect(load(["-config", first, "-consul-addr=d:4"]).consul.address).toBe("d:4");
		expect(load([], { CONSUL_HTTP_ADDR: "c:3" }).consul.address).toBe("c:3");
		expect(load([], { CT_LOCAL_CONFIG: 'pid_file = "/p"' }).pidFile).toBe("/p");
	});

	it("reads every key of a template", () => {
		const path = file(`
			template {
				contents = "c" destination = "/d" perms = 0600 user = "root" gid = 5 backup = true
				create_dest_dirs = false error_on_missing_key = true error_fatal = false
				left_delimiter = "((" right_delimiter = "))" sandbox_path = "/s" function_denylist = ["env", "sprig_*"]
				partials = ["own.tpl"] max_age = "5m" on_stale = "empty"
				wait { min = "1s" }
				exec { command = ["a", "b c"] timeout = "5s" env { pristine = true custom = ["K=V"] } }
			}
			partials = ["all/*.tpl"]`);
		expect(load(["-config", path]).templates[0]).toEqual({
			contents: "c",
			destination: "/d",
			engine: "go",
			command: { argv: ["a", "b c"] },
			commandTimeoutMs: 5_000,
			commandEnvironment: { pristine: true, custom: ["K=V"], allowlist: [], denylist: [] },
			mode: 0o600,
			user: "root",
			group: "5",
			backup: true,
			createFolders: false,
			errorOnMissingKey: true,
			errorFatal: false,
			leftDelimiter: "((",
			rightDelimiter: "))",
			wait: { minMs: 1_000, maxMs: 4_000 },
			sandboxPath: "/s",
			functionDenylist: ["env", "sprig_*"],
			partials: ["all/*.tpl", "own.tpl"],
			limits: { checkTimeoutMs: 30_000, minBytes: 0, minMatches: [] },
			verifyTimeoutMs: 30_000,
			onFail: "keep",
			maxAgeMs: 300_000,
			onStale: "empty",
			prune: false,
		});
	});

	it("reads limits, verification and groups", () => {
		const path = file(`
			template { check = "c {{ .Src }}" min_bytes = 5 min_matches { pattern = "x" } verify = ["v", "w"] }
			group "tls" {
				template { source = "a" }
				template { source = "b" for_each = "services" prune = true }
				command = "reload" on_fail = "rollback" wait = "1s"
			}`);
		const { templates, groups } = load(["-config", path]);
		expect(templates[0]).toMatchObject({
			limits: { check: { text: "c {{ .Src }}" }, minBytes: 5, minMatches: [{ pattern: "x", count: 1 }] },
			verify: { argv: ["v", "w"] },
			onFail: "rollback",
		});
		expect(groups).toMatchObject([
			{
				name: "tls",
				templates: [{ source: "a" }, { source: "b", forEach: "services", prune: true }],
				actions: { command: { text: "reload" }, onFail: "rollback" },
				wait: { minMs: 1_000, maxMs: 4_000 },
			},
		]);
	});

	it("takes -check and -verify for the template before them, and a port for the loopback address", () => {
		const { templates, http } = load([
			...["-template", "a:b", "-check", "c {{.Src}}", "-template", "d:e", "-verify", "v", "-http", ":9000"],
		]);
		expect(templates.map(({ limits, verify }) => [limits.check, verify])).toEqual([
			[{ text: "c {{.Src}}" }, undefined],
			[undefined, { text: "v" }],
		]);
		expect(http).toEqual({ host: "127.0.0.1", port: 9_000 });
		expect(load(["-http", "[::1]:80"]).http).toEqual({ host: "::1", port: 80 });
	});

	it("refuses namespaces", () => {
		expect(() => load([], { CONSUL_NAMESPACE: "team" })).toThrow(/consul.namespace "team" is not supported/);
	});

	it("takes octal permissions as text, too, and JSON", () => {
		const path = file('{"template": [{"contents": "c", "perms": "0640"}], "wait": "1s:2s"}', "c.json");
		const config = load(["-config", path]);
		expect(config.templates[0]?.mode).toBe(0o640);
		expect(config.wait).toEqual({ minMs: 1_000, maxMs: 2_000 });
	});

	it("reads a folder in name order, whatever the endings", () => {
		mkdirSync(join(folder, "conf/sub"), { recursive: true });
		file('template { contents = "2" }', "conf/20.txt");
		file('template { contents = "1" }', "conf/10");
		file('template { contents = "3" }', "conf/sub/x.hcl");
		const config = load(["-config", join(folder, "conf")]);
		expect(config.templates.map(({ contents }) => contents)).toEqual(["1", "2", "3"]);
	});

	it("turns signals off with an empty text, and takes them in lower case", () => {
		expect(load(["-config", file('reload_signal = ""')]).reloadSignal).toBeUndefined();
		expect(load(["-kill-signal=sigusr2"]).killSignal).toBe("SIGUSR2");
	});

	it.each([
		["nonsense = true", /unknown key "nonsense"/],
		['template { sorce = "x" }', /unknown key "sorce" in template/],
		['log_level = "loud"', /log level "loud"/],
		['template { perms = "9" }', /permissions in octal/],
		['template { engine = "erb" }', /"go" or "handlebars"/],
		['vault { address = "x" }', /vault is not supported/],
		["template {", /hcl:1:/],
		["syslog { enabled = true }", /syslog is not supported/],
		['consul { namespace = "x" }', /no namespaces/],
		['template { check = "haproxy -c" }', /"haproxy -c" looks at no file/],
		['template { on_fail = "cry" }', /"keep" or "rollback"/],
		["template { prune = true }", /goes with for_each/],
		['group "g" { template { command = "x" } }', /group "g": command belongs to the group/],
		['group "g" { }', /has no template/],
		['http = "host:name"', /PORT or HOST:PORT/],
		['consul { retry { backoff = "soon" } }', /duration/],
	])("%s is an error that names file and field", (content, message) => {
		expect(() => load(["-config", file(content)])).toThrow(message);
	});
});

describe("command line", () => {
	it.each([
		[["-nope"], /-nope/],
		[["-once", "extra"], /"extra"/],
		[["-kill-signal=SIGNOPE"], /SIGNOPE/],
		[["-template="], /-template/],
		[["-wait=5s:1s"], /-wait/],
		[["-vault-addr=x"], /Vault/],
		[["-check", "c {{.Src}}"], /after the -template/],
		[["-diff"], /goes with -dry/],
		[["-no-commands", "-exec", "true"], /does not go with -exec/],
		[["-timeout=1s"], /goes with -once/],
	])("%j is an error", (args, message) => {
		expect(() => parseCommandLine(args)).toThrow(message);
	});
});
