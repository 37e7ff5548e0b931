import { mkdtempSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Client, type ClientOptions, createClient, kvBytes, kvText } from "./index.ts";

/** Closed after each test. */
const open: { close(): void }[] = [];
afterEach(() => {
	for (const one of open.splice(0)) one.close();
});

/** A server that answers as told, and a client of it; `seen` are the requests with their bodies. */
async function serve(listener: RequestListener, options: ClientOptions = {}) {
	const seen: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[] = [];
	const server = createServer((request, response) => {
		let body = "";
		request.setEncoding("utf8");
		request.on("data", (chunk: string) => {
			body += chunk;
		});
		request.on("end", () => {
			seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
			listener(request, response);
		});
	});
	await listening(server);
	const client = createClient({ address: `127.0.0.1:${(server.address() as AddressInfo).port}`, ...options });
	open.push(client, { close: () => server.closeAllConnections() }, server);
	return { client, seen, server };
}

function listening(server: Server, where: string | number = 0): Promise<void> {
	return new Promise((resolve) => {
		if (typeof where === "string") server.listen(where, resolve);
		else server.listen(where, "127.0.0.1", resolve);
	});
}

/** The one request that a call makes. */
async function requestOf(
	call: (client: Client) => Promise<unknown>,
	answer: unknown = null,
	options: ClientOptions = {},
) {
	const { client, seen } = await serve((_, response) => response.end(JSON.stringify(answer)), options);
	await call(client);
	const { method, url, body } = seen[0] ?? { method: "", url: "", body: "" };
	return `${method} ${url}${body === "" ? "" : ` ${body}`}`;
}

test.each<[string, (client: Client) => Promise<unknown>, unknown?]>([
	["GET /v1/kv/a%20b/%C3%BC", (c) => c.kv.get("/a b/ü"), []],
	["GET /v1/kv/a/?recurse", (c) => c.kv.list("a/"), []],
	["GET /v1/kv/?keys&separator=%2F", (c) => c.kv.keys("", { separator: "/" }), []],
	["GET /v1/kv/a?raw", (c) => c.kv.raw("a")],
	["PUT /v1/kv/a?flags=18446744073709551615&cas=7 v", (c) => c.kv.put("a", "v", { flags: 2n ** 64n - 1n, cas: 7 })],
	["PUT /v1/kv/a?acquire=s v", (c) => c.kv.put("a", "v", { acquire: "s" })],
	["PUT /v1/kv/a?release=s v", (c) => c.kv.put("a", Buffer.from("v"), { release: "s" })],
	["PUT /v1/kv/a?cas=0", (c) => c.kv.put("a", "", { cas: 0 })],
	["DELETE /v1/kv/a/?recurse", (c) => c.kv.delete("a/", { recurse: true })],
	["DELETE /v1/kv/?recurse", (c) => c.kv.delete("", { recurse: true })],
	["GET /v1/catalog/datacenters", (c) => c.catalog.datacenters()],
	[
		"GET /v1/catalog/nodes?dc=d&near=_agent&node-meta=a%3Ab&node-meta=c%3Ad",
		(c) => c.catalog.nodes({ datacenter: "d", near: "_agent", nodeMeta: { a: "b", c: "d" } }),
	],
	[
		"GET /v1/catalog/services?index=7&wait=5000ms&stale",
		(c) => c.catalog.services({ index: 7, waitMs: 5000, consistency: "stale" }),
	],
	[
		"GET /v1/catalog/services?wait=5000ms&consistent",
		(c) => c.catalog.services({ index: 0, waitMs: 5000, consistency: "consistent" }),
	],
	[
		"GET /v1/catalog/service/web?tag=a&tag=b&filter=x%20%3D%3D%201",
		(c) => c.catalog.service("web", { tags: ["a", "b"], filter: "x == 1" }),
	],
	["GET /v1/catalog/node/n%2F1", (c) => c.catalog.node("n/1")],
	['PUT /v1/catalog/register {"Node":"n","Address":"a"}', (c) => c.catalog.register({ Node: "n", Address: "a" })],
	['PUT /v1/catalog/deregister {"Node":"n"}', (c) => c.catalog.deregister({ Node: "n" })],
	["GET /v1/health/node/n", (c) => c.health.node("n")],
	["GET /v1/health/checks/web", (c) => c.health.checks("web")],
	["GET /v1/health/service/web?passing=1", (c) => c.health.service("web", { passing: true })],
	["GET /v1/health/state/any", (c) => c.health.state("any")],
	["GET /v1/agent/self", (c) => c.agent.self()],
	["GET /v1/agent/members?wan=1", (c) => c.agent.members({ wan: true })],
	["GET /v1/agent/services?filter=f", (c) => c.agent.services({ filter: "f" })],
	["GET /v1/agent/checks", (c) => c.agent.checks()],
	[
		'PUT /v1/agent/service/register?replace-existing-checks=true {"Name":"web"}',
		(c) => c.agent.registerService({ Name: "web" }, { replaceExistingChecks: true }),
	],
	["PUT /v1/agent/service/deregister/a%2Fb%3Ac", (c) => c.agent.deregisterService("a/b:c")],
	['PUT /v1/agent/check/register {"Name":"c","TTL":"10s"}', (c) => c.agent.registerCheck({ Name: "c", TTL: "10s" })],
	["PUT /v1/agent/check/deregister/c", (c) => c.agent.deregisterCheck("c")],
	["PUT /v1/agent/check/pass/c?note=fine", (c) => c.agent.passCheck("c", { note: "fine" })],
	["PUT /v1/agent/check/warn/c", (c) => c.agent.warnCheck("c")],
	["PUT /v1/agent/check/fail/c", (c) => c.agent.failCheck("c")],
	[
		'PUT /v1/agent/check/update/c {"Status":"passing","Output":"o"}',
		(c) => c.agent.updateCheck("c", { status: "passing", output: "o" }),
	],
	["PUT /v1/agent/maintenance?enable=true&reason=r", (c) => c.agent.maintenance(true, { reason: "r" })],
	["PUT /v1/agent/service/maintenance/w?enable=false", (c) => c.agent.serviceMaintenance("w", false)],
	["PUT /v1/agent/reload", (c) => c.agent.reload()],
	["PUT /v1/agent/leave", (c) => c.agent.leave()],
	["PUT /v1/event/fire/deploy?service=web x", (c) => c.event.fire("deploy", { service: "web", payload: "x" })],
	["GET /v1/event/list?name=deploy", (c) => c.event.list({ name: "deploy" })],
	['PUT /v1/session/create {"TTL":"10s"}', (c) => c.session.create({ TTL: "10s" }), { ID: "s" }],
	["PUT /v1/session/destroy/s", (c) => c.session.destroy("s")],
	["PUT /v1/session/renew/s", (c) => c.session.renew("s"), []],
	["GET /v1/session/info/s", (c) => c.session.info("s"), []],
	["GET /v1/session/node/n", (c) => c.session.node("n")],
	["GET /v1/session/list", (c) => c.session.list()],
	[
		'PUT /v1/txn [{"KV":{"Verb":"set","Key":"a","Value":"eA==","Flags":18446744073709551615}},{"KV":{"Verb":"get","Key":"b"}}]',
		(c) =>
			c.txn.kv([
				{ verb: "set", key: "a", value: "x", flags: 2n ** 64n - 1n },
				{ verb: "get", key: "b" },
			]),
		{ Results: [] },
	],
	["GET /v1/coordinate/nodes", (c) => c.coordinate.nodes()],
	["GET /v1/coordinate/node/n", (c) => c.coordinate.node("n")],
	["GET /v1/coordinate/datacenters", (c) => c.coordinate.datacenters()],
	[
		'POST /v1/query {"Service":{"Service":"web"}}',
		(c) => c.preparedQuery.create({ Service: { Service: "web" } }),
		{ ID: "q" },
	],
	["GET /v1/query", (c) => c.preparedQuery.list()],
	["GET /v1/query/q", (c) => c.preparedQuery.get("q"), []],
	["GET /v1/query/q/execute?limit=1&near=_agent", (c) => c.preparedQuery.execute("q", { near: "_agent", limit: 1 })],
	["DELETE /v1/query/q", (c) => c.preparedQuery.delete("q")],
	["PUT /v1/snapshot x", (c) => c.snapshot.restore(Buffer.from("x"))],
	["GET /v1/status/leader", (c) => c.status.leader()],
	["GET /v1/status/peers", (c) => c.status.peers()],
])("%s", async (expected, call, answer) => {
	expect(await requestOf(call, answer)).toBe(expected);
});

test("the client's data center is asked unless a call names one", async () => {
	expect(await requestOf((c) => c.kv.get("a"), [], { datacenter: "d1" })).toBe("GET /v1/kv/a?dc=d1");
	expect(await requestOf((c) => c.kv.get("a", { datacenter: "d2" }), [], { datacenter: "d1" })).toBe(
		"GET /v1/kv/a?dc=d2",
	);
});

test("token and basic authentication go as headers, never in the URL", async () => {
	const { client, seen } = await serve((_, response) => response.end("[]"), {
		token: "secret",
		basicAuth: { username: "u", password: "pw" },
	});
	await client.catalog.nodes();
	await client.catalog.nodes({ token: "other" });
	expect(seen.map(({ headers }) => headers["x-consul-token"])).toEqual(["secret", "other"]);
	expect(seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from("u:pw").toString("base64")}`);
	expect(seen[0]?.url).toBe("/v1/catalog/nodes");
});

test("a read tells what the headers tell", async () => {
	const { client } = await serve((_, response) => {
		response.setHeader("X-Consul-Index", "42");
		response.setHeader("X-Consul-KnownLeader", "true");
		response.setHeader("X-Consul-LastContact", "12");
		response.end('{"web":["a"]}');
	});
	expect(await client.catalog.services()).toEqual({
		value: { web: ["a"] },
		index: 42,
		knownLeader: true,
		lastContactMs: 12,
	});
});

test("a missing key is an answer with an index", async () => {
	const { client } = await serve((_, response) => {
		response.writeHead(404, { "X-Consul-Index": "9" }).end();
	});
	expect(await client.kv.get("a")).toMatchObject({ value: undefined, index: 9 });
	expect(await client.kv.list("a")).toMatchObject({ value: [], index: 9 });
	expect(await client.kv.keys("a")).toMatchObject({ value: [] });
	expect(await client.kv.raw("a")).toMatchObject({ value: undefined });
	expect(await client.agent.service("a")).toBeUndefined();
});

test("flags keep all 64 bits, and texts that look like them stay texts", async () => {
	const tricky = '"Flags":1234567890123456789';
	const { client } = await serve((_, response) =>
		response.end(
			`[{"Key":${JSON.stringify(tricky)},"Flags":18446744073709551615,"Value":null},{"Key":"b","Flags": 42,"Value":"eA=="}]`,
		),
	);
	const { value } = await client.kv.list("");
	expect(value.map(({ Flags }) => Flags)).toEqual([2n ** 64n - 1n, 42]);
	expect(value[0]?.Key).toBe(tricky);
	expect(value.map(kvText)).toEqual(["", "x"]);
	expect(value[0] && kvBytes(value[0])).toEqual(Buffer.alloc(0));
});

test("a write that did not hold is false", async () => {
	const { client } = await serve((_, response) => response.end("false\n"));
	expect(await client.kv.put("a", "v", { cas: 1 })).toBe(false);
});

test("an empty key is refused before anything is sent", async () => {
	const { client, seen } = await serve((_, response) => response.end());
	await expect(client.kv.put("", "v")).rejects.toMatchObject({ code: "KV_KEY_EMPTY" });
	await expect(client.kv.delete("")).rejects.toMatchObject({ code: "KV_KEY_EMPTY" });
	expect(seen).toEqual([]);
});

test.each([
	[500, "No cluster leader", true],
	[429, "slow down", true],
	[403, "Permission denied", false],
	[400, "bad\nfilter", false],
])("status %i is an error that carries it", async (status, text, retryable) => {
	const { client } = await serve((_, response) => response.writeHead(status).end(text), { token: "secret" });
	const error = await client.catalog.nodes().catch((thrown: unknown) => thrown);
	expect(error).toMatchObject({ code: "HTTP_STATUS", status, body: text, retryable });
	expect(String(error)).toContain(`answered GET /v1/catalog/nodes with: ${status} (${text.replace("\n", " ")})`);
	expect(String(error)).not.toContain("secret");
});

test("what is not JSON is an error", async () => {
	const { client } = await serve((_, response) => response.end("<html>"));
	await expect(client.catalog.nodes()).rejects.toMatchObject({ code: "ANSWER_INVALID" });
});

test("an answer may not be larger than the limit", async () => {
	const { client } = await serve((_, response) => response.end("x".repeat(2000)), { answerBytesMax: 1000 });
	await expect(client.request({ path: "/v1/x" })).rejects.toMatchObject({ code: "ANSWER_TOO_LARGE" });
	expect((await client.request({ path: "/v1/x", answerBytesMax: 2000 })).body).toHaveLength(2000);
});

test("nobody there", async () => {
	const { client, server } = await serve((_, response) => response.end());
	await new Promise((resolve) => server.close(resolve));
	const error = await client.status.leader().catch((thrown: unknown) => thrown);
	expect(error).toMatchObject({ code: "AGENT_UNREACHABLE", retryable: true });
	expect(String(error)).toMatch(
		/cannot reach the agent at http:\/\/127\.0\.0\.1:\d+: connection refused; is the agent running/,
	);
});

test("a server that does not speak HTTP", async () => {
	const { client } = await serve((request) => request.socket.end("220 smtp ready\r\n"));
	await expect(client.status.leader()).rejects.toMatchObject({ code: "ANSWER_INVALID" });
});

test("a connection that breaks in the middle of an answer", async () => {
	const { client } = await serve((request, response) => {
		response.writeHead(200, { "content-length": "100" });
		response.write("[", () => request.socket.destroy());
	});
	await expect(client.catalog.nodes()).rejects.toMatchObject({ code: "AGENT_UNREACHABLE", retryable: true });
});

test("time-outs count for head and body", async () => {
	const { client } = await serve((request, response) => {
		if (request.url?.includes("nodes")) response.write("[");
	});
	await expect(client.status.leader({ timeoutMs: 50 })).rejects.toMatchObject({
		code: "REQUEST_TIMEOUT",
		retryable: true,
	});
	await expect(client.catalog.nodes({ timeoutMs: 50 })).rejects.toMatchObject({ code: "REQUEST_TIMEOUT" });
});

test("a signal ends a request that waits, and one that has not started", async () => {
	const controller = new AbortController();
	const { client } = await serve(() => controller.abort());
	await expect(client.catalog.nodes({ signal: controller.signal })).rejects.toMatchObject({ code: "REQUEST_ABORTED" });
	await expect(client.catalog.nodes({ signal: controller.signal })).rejects.toMatchObject({ code: "REQUEST_ABORTED" });
});

test("a read is repeated once when the kept connection was closed meanwhile, a write is not", async () => {
	let requests = 0;
	const { client } = await serve((request, response) => {
		requests++;
		// The second request on each connection finds it closed.
		if (request.socket.bytesWritten > 0) request.socket.destroy();
		else response.end("[]");
	});
	await client.catalog.nodes();
	await client.catalog.nodes();
	expect(requests).toBe(3);
	await expect(client.catalog.register({ Node: "n", Address: "a" })).rejects.toMatchObject({
		code: "AGENT_UNREACHABLE",
	});
	expect(requests).toBe(4);
});

test("connections are kept", async () => {
	const ports = new Set<number | undefined>();
	const { client } = await serve((request, response) => {
		ports.add(request.socket.remotePort);
		response.end("[]");
	});
	for (let i = 0; i < 5; i++) await client.catalog.nodes();
	expect(ports.size).toBe(1);
});

test("a Unix socket", async () => {
	const path = join(mkdtempSync(join(tmpdir(), "disco-client-")), "http.sock");
	const server = createServer((_, response) => response.end('"leader"'));
	await listening(server, path);
	const client = createClient({ address: `unix://${path}` });
	open.push(client, server);
	expect(await client.status.leader()).toBe("leader");
	const nobody = createClient({ address: "unix:///no/such.sock" });
	await expect(nobody.status.leader()).rejects.toThrow(
		"cannot reach the agent at unix:///no/such.sock: no such socket; is the agent running?",
	);
});

test("a body can be read piece by piece and left", async () => {
	const { client, server } = await serve((_, response) => response.write("line\n"));
	const answer = await client.stream({ path: "/v1/agent/monitor" });
	for await (const chunk of answer.body) {
		expect(chunk.toString()).toBe("line\n");
		break;
	}
	answer.cancel();
	await new Promise((resolve) => server.close(resolve));
});

test("an event index of 64 bits comes back exactly, though a number rounds it", async () => {
	const { client, seen } = await serve((_, response) => {
		response.setHeader("X-Consul-Index", "18446744073709551557");
		response.end("[]");
	});
	const first = await client.event.list();
	await client.event.list({ index: first.index });
	expect(seen.map(({ url }) => url)).toEqual(["/v1/event/list", "/v1/event/list?index=18446744073709551557"]);
});
