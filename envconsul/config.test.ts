import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { configFrom, mergeLayers } from "./config.ts";
import { readConfigFiles } from "./config-files.ts";
import type { Layer } from "./config-schema.ts";

const folder = mkdtempSync(join(tmpdir(), "disco-env-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
	const path = join(folder, name);
	mkdirSync(join(path, ".."), { recursive: true });
	writeFileSync(path, text);
	return path;
}

const decide = (layer: Layer, compat = false) =>
	configFrom(layer, { environment: {}, client: { token: "env" }, once: false, compat });

test("a whole file", () => {
	const path = file(
		"all.hcl",
		`consul {
	address = "agent:8501"
	token = "t"
	auth { enabled = true username = "u" password = "p" }
	retry { attempts = 3 backoff = "1s" max_backoff = "8s" }
	ssl { enabled = true verify = false ca_cert = "ca" server_name = "s" }
	transport { dial_timeout = "3s" idle_conn_timeout = "4s" }
}
exec {
	command = ["flask", "run"]
	kill_signal = "SIGTERM"
	kill_timeout = "2s"
	splay = "1s"
	env { custom = ["A=1"] denylist = ["X"] blacklist = ["Y"] }
}
prefix { path = "a/{{ env \\"STAGE\\" }}" format = "X_{{ key }}" }
prefix { no_prefix = false path = "b@dc2" }
service { query = "v1.web" format_port = "PORT" }
kill_signal = ""
reload_signal = "SIGUSR2"
upcase = "true"
max_stale = "10m"
wait { min = "1s" }
log_level = "debug"
pid_file = "/run/x.pid"`,
	);
	const config = configFrom(mergeLayers(readConfigFiles([path])), {
		environment: { STAGE: "prod" },
		client: {},
		once: true,
		compat: false,
	});
	expect(config).toMatchObject({
		client: {
			address: "agent:8501",
			token: "t",
			basicAuth: { username: "u", password: "p" },
			tlsEnabled: true,
			tls: { verify: false, caFile: "ca", serverName: "s" },
			connectTimeoutMs: 3000,
			idleConnectionMs: 4000,
		},
		sources: [
			{ prefix: "a/prod/", format: "X_{{ key }}" },
			{ prefix: "b/", datacenter: "dc2", namePrefix: "b_" },
			{ name: "web", tag: "v1", formats: { port: "PORT" } },
		],
		names: { upcase: true, sanitize: false, separator: undefined, folders: false },
		filter: { custom: ["A=1"], deny: ["X", "Y"] },
		command: { words: ["flask", "run"], killSignal: "SIGTERM", killTimeoutMs: 2000, splayMs: 1000 },
		killSignal: undefined,
		reloadSignal: "SIGUSR2",
		retry: { attemptsMax: 4, firstMs: 1000, maxMs: 8000 },
		maxStaleMs: 600_000,
		wait: { minMs: 1000, maxMs: 4000 },
		logLevel: "debug",
		pidFile: "/run/x.pid",
		once: true,
	});
});

test("later files win per key, lists of sources grow, folders are read in order", () => {
	file("d/20.hcl", 'prefix { path = "b" }\nexec { kill_timeout = "1s" }');
	file("d/10.json", '{"prefix": [{"path": "a"}], "exec": {"command": "env", "kill_timeout": "9s"}, "upcase": true}');
	file("d/sub/x", "upcase = false");
	expect(mergeLayers(readConfigFiles([join(folder, "d")]))).toEqual({
		prefix: [{ path: "a" }, { path: "b" }],
		exec: { command: ["env"], kill_timeout: 1000 },
		upcase: false,
	});
});

test("defaults", () => {
	expect(decide({ prefix: [{ path: "a" }], exec: { command: ["env"] } })).toMatchObject({
		client: { token: "env" },
		command: { killSignal: "SIGINT", killTimeoutMs: 30_000, splayMs: 0 },
		killSignal: "SIGINT",
		reloadSignal: "SIGHUP",
		retry: { attemptsMax: 13, firstMs: 250, maxMs: 60_000 },
		maxStaleMs: 2000,
		logLevel: "warn",
		wait: undefined,
		pidFile: undefined,
	});
});

test("the same prefix twice is one, at the last place", () => {
	const { sources } = decide({
		prefix: [{ path: "a", format: "x" }, { path: "b" }, { path: "a/" }],
		exec: { command: ["env"] },
	});
	expect(sources).toMatchObject([{ prefix: "b/" }, { prefix: "a/" }]);
	expect(sources[1]).not.toHaveProperty("format");
});

test("as the reference nothing to read is no error", () => {
	expect(decide({ exec: { command: ["env"] } }, true).sources).toEqual([]);
});

test.each<[string, string, string]>([
	["bogus = 1", "CONFIG_KEY_UNKNOWN", 'unknown key "bogus"'],
	["upcase = = 1", "CONFIG_SYNTAX", 'expected a value, found "="'],
	["vault { address = 1 }", "CONFIG_KEY_UNSUPPORTED", "vault: Vault is not supported; take the block out"],
	["exec { command = [1] }", "CONFIG_VALUE_INVALID", "exec.command: a list is not a text or a list of texts"],
	["wait { min = 5 }", "CONFIG_VALUE_INVALID", "wait.min: 5 is not a duration"],
])("%s is an error with the place", (text, code, message) => {
	const path = file("bad.hcl", text);
	expect(() => readConfigFiles([path])).toThrow(expect.objectContaining({ code }));
	expect(() => readConfigFiles([path])).toThrow(message);
	expect(() => readConfigFiles([path])).toThrow(`${path}:1:`);
});

test("a missing file is named", () => {
	expect(() => readConfigFiles(["/no/such"])).toThrow(
		expect.objectContaining({ code: "CONFIG_UNREADABLE", message: "configuration /no/such: there is no such file" }),
	);
});
