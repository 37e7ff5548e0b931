import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient, kvText, watch } from "../../client/index.ts";
import { nodeClock, nodeRandom } from "../../lib/node/index.ts";
import { consulProgram, type DevAgent, startDevAgent } from "../support/dev-agents.ts";

const program = consulProgram();
if (program === undefined && process.env["CI"]) throw new Error("consul is missing: scripts/test-tools.sh installs it");

/** The typed client against the real Consul: its shapes are what the real one answers. */
describe.skipIf(program === undefined)("client", () => {
	let consul: DevAgent;
	beforeAll(async () => {
		consul = await startDevAgent([program as string], "127.17.0.3");
	});
	afterAll(() => consul?.stop());

	test("KV: keys of any text, flags of 64 bits, cas, locks, folders", async () => {
		const { kv, session } = consul.client;
		const key = "a b/ü?#%+&=/é";
		expect(await kv.put(key, "v", { flags: 2n ** 64n - 1n })).toBe(true);
		const { value: pair } = await kv.get(key);
		expect(pair).toMatchObject({ Key: key, Flags: 2n ** 64n - 1n });
		expect(pair && kvText(pair)).toBe("v");
		expect(await kv.put(key, "w", { cas: 1 })).toBe(false);
		expect(await kv.put(key, Buffer.from([0xff, 0]), { cas: pair?.ModifyIndex ?? 0 })).toBe(true);
		expect((await kv.raw(key)).value).toEqual(Buffer.from([0xff, 0]));
		expect((await kv.keys("a b/")).value).toEqual([key]);
		expect((await kv.keys("", { separator: "/" })).value).toEqual(["a b/"]);
		const id = await session.create({ TTL: "10s" });
		expect(await kv.put(key, "locked", { acquire: id })).toBe(true);
		expect((await kv.get(key)).value?.Session).toBe(id);
		expect(await kv.put(key, "free", { release: id })).toBe(true);
		expect((await session.renew(id))?.ID).toBe(id);
		await session.destroy(id);
		expect(await session.renew(id)).toBeUndefined();
		expect((await session.info(id)).value).toBeUndefined();
		expect(await kv.delete("", { recurse: true })).toBe(true);
		expect((await kv.list("")).value).toEqual([]);
	});

	test("services and checks: registered, seen in catalog and health, gone again", async () => {
		const { agent, catalog, health } = consul.client;
		await agent.registerService({
			ID: "web/1",
			Name: "web",
			Port: 80,
			Tags: ["a"],
			Check: { TTL: "60s", CheckID: "c 1" },
		});
		expect((await agent.services())["web/1"]).toMatchObject({ Service: "web", Port: 80 });
		expect((await agent.service("web/1"))?.Tags).toEqual(["a"]);
		expect((await health.service("web", { passing: true })).value).toEqual([]);
		await agent.passCheck("c 1", { note: "fine" });
		expect((await agent.checks())["c 1"]).toMatchObject({ Status: "passing", Output: "fine" });
		await agent.updateCheck("c 1", { status: "warning", output: "hm" });
		expect((await health.checks("web")).value).toMatchObject([{ Status: "warning", Output: "hm" }]);
		expect((await catalog.service("web", { tags: ["a"] })).value).toMatchObject([{ ServiceID: "web/1" }]);
		expect((await catalog.services({ filter: 'ServiceName == "web"' })).value).toEqual({ web: ["a"] });
		await agent.serviceMaintenance("web/1", true, { reason: "why not" });
		expect((await health.state("critical")).value).toMatchObject([{ Notes: "why not" }]);
		await agent.deregisterService("web/1");
		expect(await agent.service("web/1")).toBeUndefined();
		const { Config } = await agent.self();
		expect((await catalog.node(Config.NodeName)).value?.Node.Node).toBe(Config.NodeName);
		expect((await agent.members()).map(({ Name }) => Name)).toEqual([Config.NodeName]);
	});

	test("a transaction commits as one, or tells which operation did not hold", async () => {
		const { txn, kv } = consul.client;
		const made = await txn.kv([
			{ verb: "set", key: "t/a", value: "1", flags: 2n ** 63n },
			{ verb: "get", key: "t/a" },
		]);
		expect(made).toMatchObject({ committed: true, pairs: [{ Key: "t/a", Flags: 2n ** 63n }, { Value: "MQ==" }] });
		const refused = await txn.kv([
			{ verb: "set", key: "t/b", value: "1" },
			{ verb: "check-not-exists", key: "t/a" },
		]);
		expect(refused).toMatchObject({ committed: false, errors: [{ OpIndex: 1 }] });
		expect((await kv.get("t/b")).value).toBeUndefined();
	});

	test("events, prepared queries, coordinates, snapshots", async () => {
		const { event, preparedQuery, coordinate, snapshot, status, catalog } = consul.client;
		const fired = await event.fire("deploy", { payload: "x" });
		await expect.poll(async () => (await event.list({ name: "deploy" })).value.map(({ ID }) => ID)).toEqual([fired.ID]);
		const id = await preparedQuery.create({ Name: "q", Service: { Service: "consul" } });
		expect((await preparedQuery.get(id)).value?.Name).toBe("q");
		expect((await preparedQuery.execute("q", { limit: 1 })).value).toMatchObject({ Service: "consul", Failovers: 0 });
		await preparedQuery.delete(id);
		expect(Array.isArray((await coordinate.nodes()).value)).toBe(true);
		expect(await coordinate.datacenters()).toMatchObject([{ Datacenter: "dc1" }]);
		expect(await status.peers()).toEqual([await status.leader()]);
		expect(await catalog.datacenters()).toEqual(["dc1"]);
		const chunks: Buffer[] = [];
		for await (const chunk of (await snapshot.save()).body) chunks.push(chunk);
		const file = Buffer.concat(chunks);
		expect(file.subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
		await snapshot.restore(file);
	});

	test("a watch sees each change at once", async () => {
		const { kv } = consul.client;
		const closing = new AbortController();
		const seen: string[] = [];
		const writes: Promise<boolean>[] = [];
		for await (const { value } of watch((query) => kv.list("w/", query), {
			clock: nodeClock,
			random: nodeRandom,
			signal: closing.signal,
		})) {
			seen.push(value.map(({ Key }) => Key).join());
			if (seen.length === 4) closing.abort();
			else writes.push(seen.length < 3 ? kv.put(`w/${seen.length}`, "") : kv.delete("w/", { recurse: true }));
		}
		// A watch may tell of a write before the writer hears of it; Consul ends after this test.
		await Promise.all(writes);
		expect(seen).toEqual(["", "w/1", "w/1,w/2", ""]);
	});
});

const openssl = spawnSync("openssl", ["version"]).status === 0;
if (!openssl && process.env["CI"]) throw new Error("openssl is missing");

describe.skipIf(!openssl)("client over TLS", () => {
	const folder = mkdtempSync(join(tmpdir(), "disco-client-tls-"));
	const key = join(folder, "key.pem");
	const cert = join(folder, "cert.pem");
	let address = "";
	let server: ReturnType<typeof createServer>;
	beforeAll(async () => {
		const subject = ["-subj", "/CN=agent.test", "-addext", "subjectAltName=DNS:agent.test"];
		const pair = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", key, "-out", cert];
		execFileSync("openssl", ["req", "-x509", "-nodes", "-days", "2", ...pair, ...subject], { stdio: "ignore" });
		server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) =>
			response.end('"leader"'),
		);
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
	});
	afterAll(() => {
		server?.close();
		rmSync(folder, { recursive: true });
	});

	test.each<[string, object, object | string]>([
		["its CA and name", { caFile: cert, serverName: "agent.test" }, "leader"],
		["a folder of CAs", { caFolder: folder, serverName: "agent.test" }, "leader"],
		["no verification", { verify: false }, "leader"],
		["an unknown CA", { serverName: "agent.test" }, { code: "TLS_FAILED", retryable: false }],
		["another name", { caFile: cert, serverName: "other.test" }, { code: "TLS_FAILED" }],
		["a CA file that is missing", { caFile: "/no/such.pem" }, { code: "TLS_FILE_UNREADABLE" }],
	])("%s", async (_, tls, expected) => {
		const client = createClient({ address, tls });
		expect(await client.status.leader().catch((error: unknown) => error)).toEqual(
			typeof expected === "string" ? expected : expect.objectContaining(expected),
		);
		client.close();
	});

	test("a plain client of a TLS port fails with an error that names the address", async () => {
		const plain = createClient({ address: address.replace("https", "http") });
		await expect(plain.status.leader()).rejects.toMatchObject({ code: expect.stringMatching(/^A/) });
		plain.close();
	});
});
