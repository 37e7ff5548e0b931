import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { agent, closeAgents, put } from "./testing.ts";

afterEach(closeAgents);

/** The bytes of an answer to a request that no client library would send. */
function raw(port: number, text: string): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = connect(port, "127.0.0.1", () => socket.write(text));
		let answer = "";
		socket.on("data", (chunk) => {
			answer += String(chunk);
		});
		socket.on("end", () => resolve(answer)).on("error", reject);
	});
}

describe("paths and methods", () => {
	it.each([
		["GET /v1/kv//a HTTP/1.1", "307", "Location: /v1/kv/a"],
		["GET /v1/kv/x/../a?raw HTTP/1.1", "307", "Location: /v1/kv/a?raw"],
		["GET /v1/kv HTTP/1.1", "307", "Location: /v1/kv/"],
		["GET /v1/kv/a%0Ab HTTP/1.1", "400", ""],
		["GET /v1/kv/a%zz HTTP/1.1", "400", ""],
		["GET /v1/catalog/nodes/ HTTP/1.1", "404", "not a recognized HTTP API endpoint"],
		["GET /zap HTTP/1.1", "404", "ensure the path starts with '/v1/'"],
		["GET /v1/Catalog/nodes HTTP/1.1", "404", ""],
		["POST /v1/kv/a HTTP/1.1", "405", "Allow: OPTIONS,GET,PUT,DELETE"],
		["OPTIONS /v1/kv/a HTTP/1.1", "200", "Allow: OPTIONS,GET,PUT,DELETE"],
		["GET /v1/agent/service/register HTTP/1.1", "405", "Allow: OPTIONS,PUT"],
		["GET /v1/catalog/nodes?a=%zz HTTP/1.1", "500", "Content-Length: 0"],
		["GET /v1/status/leader?a;b HTTP/1.1", "500", "Content-Length: 0"],
	])("%s is %s %s", async (line, status, text) => {
		const { port } = await agent();
		const answer = await raw(port, `${line}\r\nHost: x\r\nConnection: close\r\n\r\n`);
		expect(answer.split(" ")[1]).toBe(status);
		expect(answer.toLowerCase()).toContain(text.toLowerCase());
	});

	it("spells headers as the documentation does", async () => {
		const { port } = await agent();
		const answer = await raw(port, "GET /v1/catalog/nodes HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
		expect(answer).toMatch(/^X-Consul-Index: \d+\r$/m);
		expect(answer).toMatch(/^Content-Type: application\/json\r$/m);
	});
});

describe("long polls", () => {
	it("answer when something changes", async () => {
		const { base } = await agent();
		await put(`${base}/v1/kv/a`, "1");
		const index = (await fetch(`${base}/v1/kv/a`)).headers.get("x-consul-index");
		const waiting = fetch(`${base}/v1/kv/a?index=${index}&raw`);
		await put(`${base}/v1/kv/a`, "2");
		expect(await (await waiting).text()).toBe("2");
	});

	it("end when the server closes", async () => {
		const { base, server } = await agent();
		const waiting = fetch(`${base}/v1/kv/a?index=100`);
		const answered = await fetch(`${base}/v1/status/leader`);
		expect(await answered.json()).toBe("127.0.0.1:8300");
		await Promise.all([server.close(), server.close()]);
		expect((await waiting).status).toBe(503);
	});

	it("of a client that has gone do not keep the server from closing", async () => {
		const { port, server } = await agent();
		const gone = httpRequest({ port, path: "/v1/kv/a?index=100" });
		gone.on("error", () => {}).end();
		await new Promise<void>((resolve) => gone.once("socket", (socket) => socket.once("connect", () => resolve())));
		gone.destroy();
		await server.close();
	});
});

describe("permissions", () => {
	const permissions = (token: string) => ({
		allows: ({ resource }: { readonly resource: string }, name: string) =>
			token === "root" || (resource === "key" && name.startsWith("open/")),
	});

	it("are asked for on every route, the token from parameter, header or bearer", async () => {
		const { base } = await agent({}, { authorizerOf: permissions });
		expect((await put(`${base}/v1/kv/closed/a`, "1")).status).toBe(403);
		expect((await put(`${base}/v1/kv/closed/a?token=root`, "1")).status).toBe(200);
		expect((await put(`${base}/v1/kv/open/a`, "1", { "X-Consul-Token": "other" })).status).toBe(200);
		expect((await put(`${base}/v1/kv/closed/a`, "1", { Authorization: "bearer root" })).status).toBe(200);
		expect((await fetch(`${base}/v1/kv/closed/a`)).status).toBe(403);
		expect(await (await fetch(`${base}/v1/kv/?keys`)).json()).toEqual(["open/a"]);
		expect(await (await fetch(`${base}/v1/catalog/nodes`)).json()).toEqual([]);
		expect((await fetch(`${base}/v1/agent/self`)).status).toBe(403);
	});
});

describe("listening", () => {
	it("says in one line which address is busy and what to change", async () => {
		const { port } = await agent();
		await expect(agent({ listen: [{ host: "127.0.0.1", port }] })).rejects.toMatchObject({
			code: "ADDRESS_IN_USE",
			message: `HTTP address 127.0.0.1:${port} is in use by another process; stop it, or choose another port with -http-port (ports.http)`,
		});
	});

	it("serves the page with a policy that knows its script, only when there is one", async () => {
		const { base } = await agent({}, { statusPage: "<style>p{}</style><script>1</script>" });
		const page = await fetch(`${base}/`);
		expect(page.url).toBe(`${base}/ui/`);
		expect(page.headers.get("content-security-policy")).toMatch(/script-src 'sha256-[\w+/=]+';/);
		const without = await agent();
		expect((await fetch(`${without.base}/ui/`)).status).toBe(404);
	});
});
