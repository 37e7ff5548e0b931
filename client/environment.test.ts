import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { clientOptionsFromEnvironment } from "./index.ts";

test.each<[string, Record<string, string>, object]>([
	["nothing", {}, { tls: {} }],
	["an address", { CONSUL_HTTP_ADDR: "a:1" }, { address: "a:1", tls: {} }],
	["ours wins", { CONSUL_HTTP_ADDR: "a:1", DISCO_HTTP_ADDR: "b:2" }, { address: "b:2", tls: {} }],
	["empty is absent", { CONSUL_HTTP_ADDR: "a:1", DISCO_HTTP_ADDR: "" }, { address: "a:1", tls: {} }],
	["a token", { CONSUL_HTTP_TOKEN: "t" }, { token: "t", tls: {} }],
	["basic auth", { CONSUL_HTTP_AUTH: "u:p:q" }, { basicAuth: { username: "u", password: "p:q" }, tls: {} }],
	["basic auth without a password", { CONSUL_HTTP_AUTH: "u" }, { basicAuth: { username: "u", password: "" }, tls: {} }],
	[
		"TLS",
		{
			CONSUL_HTTP_SSL: "true",
			CONSUL_HTTP_SSL_VERIFY: "0",
			CONSUL_CACERT: "ca",
			CONSUL_CAPATH: "folder",
			CONSUL_CLIENT_CERT: "cert",
			CONSUL_CLIENT_KEY: "key",
			DISCO_TLS_SERVER_NAME: "name",
		},
		{
			tlsEnabled: true,
			tls: { caFile: "ca", caFolder: "folder", certFile: "cert", keyFile: "key", serverName: "name", verify: false },
		},
	],
])("%s", (_, env, expected) => {
	expect(clientOptionsFromEnvironment(env)).toEqual(expected);
});

test("a token file wins over a token", () => {
	const folder = mkdtempSync(join(tmpdir(), "disco-client-"));
	try {
		writeFileSync(join(folder, "token"), " from-file\n");
		const env = { CONSUL_HTTP_TOKEN: "t", CONSUL_HTTP_TOKEN_FILE: join(folder, "token") };
		expect(clientOptionsFromEnvironment(env).token).toBe("from-file");
	} finally {
		rmSync(folder, { recursive: true });
	}
});

test("mistakes name the variable", () => {
	expect(() => clientOptionsFromEnvironment({ CONSUL_HTTP_SSL: "maybe" })).toThrow(
		'environment variable CONSUL_HTTP_SSL: "maybe" is not true or false',
	);
	expect(() => clientOptionsFromEnvironment({ DISCO_HTTP_TOKEN_FILE: "/no/such" })).toThrow(
		/^DISCO_HTTP_TOKEN_FILE \/no\/such cannot be read/,
	);
});
