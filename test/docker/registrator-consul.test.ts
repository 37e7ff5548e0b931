import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../registrator/backends/backend.ts";
import { openBackend } from "../../registrator/backends/open.ts";
import { type Background, background, eventually, succeed } from "../support/programs.ts";
import { agents, plainService } from "./registrator-world.ts";
import { makeTlsFiles } from "./tls-files.ts";

// Every way to the real Consul, which wants a token and, over TLS, a certificate.

const skipped = it.skipIf(agents.find(({ name }) => name === "consul")?.available !== true);
const address = "127.18.0.5";
const token = "11111111-2222-3333-4444-555555555555";
const service = { ...plainService, tags: ["b", "a"], meta: { region: "eu" }, check: { TTL: "30s" } };

describe("Consul with ACLs and TLS", () => {
	let folder: string;
	let consul: Background;
	const opened: Backend[] = [];
	const open = (uri: string, environment: Readonly<Record<string, string>> = {}) => {
		const backend = openBackend(uri, { CONSUL_HTTP_TOKEN: token, ...environment }, { ttlSeconds: 0, compat: false });
		opened.push(backend);
		return backend;
	};
	const certificates = () => ({
		CONSUL_CACERT: join(folder, "ca.pem"),
		CONSUL_CLIENT_CERT: join(folder, "cert.pem"),
		CONSUL_CLIENT_KEY: join(folder, "key.pem"),
	});
	const ways: Readonly<Record<string, () => Backend>> = {
		"consul://": () => open(`consul://${address}:8500`),
		"consul:// by CONSUL_HTTP_ADDR": () => open("consul://", { CONSUL_HTTP_ADDR: `${address}:8500` }),
		"consul-unix://": () => open(`consul-unix://${folder}/http.sock`),
		"consul-tls://": () => open(`consul-tls://${address}:8501`, certificates()),
		"consul:// over TLS by CONSUL_HTTP_SSL": () =>
			open("consul://", { ...certificates(), CONSUL_HTTP_ADDR: `${address}:8501`, CONSUL_HTTP_SSL: "true" }),
		"consulkv://": () => open(`consulkv://${address}:8500/a/b`),
		"consulkv-unix://": () => open(`consulkv-unix://${folder}/http.sock:/a/b`),
	};

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "disco-consul-"));
		await makeTlsFiles(folder, address);
		const configuration = {
			acl: { enabled: true, default_policy: "deny", tokens: { initial_management: token } },
			addresses: { http: `${address} unix://${folder}/http.sock`, https: address },
			ports: { https: 8501 },
			tls: {
				https: {
					verify_incoming: true,
					ca_file: join(folder, "ca.pem"),
					cert_file: join(folder, "server.pem"),
					key_file: join(folder, "server-key.pem"),
				},
			},
		};
		await writeFile(join(folder, "consul.json"), JSON.stringify(configuration));
		const options = ["-dev", "-bind", address, "-client", address, "-log-level=error"];
		consul = background("consul", ["agent", ...options, "-config-file", join(folder, "consul.json")]);
		const asked = ["-sSf", "-H", `X-Consul-Token: ${token}`, `http://${address}:8500/v1/agent/self`];
		await eventually("Consul lets the token in", async () => {
			await succeed("curl", asked);
			const leader = await succeed("curl", ["-sSf", `http://${address}:8500/v1/status/leader`]);
			return leader.length > 4;
		});
	});
	afterAll(async () => {
		for (const backend of opened) backend.close();
		await consul?.stop("SIGKILL");
		await rm(folder, { recursive: true });
	});

	skipped.each(Object.entries(ways))("%s writes, lists and removes", async (_, way) => {
		const backend = way();
		await backend.ping();
		const entry = backend.entryOf(service);
		await backend.register(service);
		await backend.register({ ...service, tags: ["changed"], port: 81 });
		expect(await backend.list()).toEqual([backend.entryOf({ ...service, tags: ["changed"], port: 81 })]);
		await backend.register(service);
		expect(await backend.list()).toEqual([entry]);
		if (backend.conditions !== undefined) {
			await backend.conditions.write(entry, { drain: { untilMs: Date.now() } });
			expect([...(await backend.conditions.draining())]).toEqual([entry.key]);
			await backend.conditions.write(entry, { drain: "ended" });
			expect((await backend.conditions.draining()).size).toBe(0);
		}
		await backend.deregister(entry);
		await backend.deregister(entry);
		expect(await backend.list()).toEqual([]);
	});

	skipped("tags that others changed stay when the service allows it", async () => {
		const backend = open(`consul://${address}:8500`);
		const yielding = { ...service, tagOverride: true as const };
		await backend.register({ ...yielding, tags: ["theirs"] });
		expect(await backend.list()).toEqual([backend.entryOf(yielding)]);
		expect(backend.entryOf(yielding).fingerprint).not.toBe(backend.entryOf(service).fingerprint);
		await backend.deregister(backend.entryOf(service));
	});

	skipped("a wrong token is refused for good, and is not in the message", async () => {
		const wrong = "99999999-2222-3333-4444-555555555555";
		for (const uri of [`consul://${address}:8500`, `consulkv://${address}:8500/a`]) {
			const failure = await open(uri, { CONSUL_HTTP_TOKEN: wrong })
				.register(service)
				.catch((error: unknown) => error);
			expect(failure).toMatchObject({ code: "HTTP_STATUS", retryable: false });
			expect(String(failure)).not.toContain(wrong);
		}
	});

	skipped(
		"over TLS nobody without a certificate is let in, and no server of another authority is believed",
		async () => {
			const { CONSUL_CACERT: CA } = certificates();
			await expect(open(`consul-tls://${address}:8501`, { CONSUL_CACERT: CA }).list()).rejects.toMatchObject({
				name: "DiscoError",
			});
			const { CONSUL_CACERT: _, ...own } = certificates();
			await expect(open(`consul-tls://${address}:8501`, own).list()).rejects.toMatchObject({ code: "TLS_FAILED" });
		},
	);
});
