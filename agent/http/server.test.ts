import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { agent, closeAgents } from "../../test/support/http-agent.ts";

afterEach(closeAgents);

const put = (url: string, body: unknown = "", headers: Record<string, string> = {}) =>
	fetch(url, { method: "PUT", body: typeof body === "string" ? body : JSON.stringify(body), headers });

const list = async (url: string) => (await (await fetch(url)).json()) as Record<string, unknown>[];

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

describe("registration", () => {
	const published =
		'{"service":{"id":"api-1","name":"api","tags":["demo"],"address":"127.0.0.1","port":5000,"checks":{"name":"Health api","http":"http://127.0.0.1:5000/api/health","interval":"10s"}}}';

	it("takes the published example as it stands, and it is in every answer at once", async () => {
		const { base } = await agent();
		expect((await put(`${base}/v1/agent/service/register`, published)).status).toBe(200);
		const [service] = await list(`${base}/v1/catalog/service/api`);
		expect(service).toMatchObject({ ServiceID: "api-1", ServiceTags: ["demo"], ServicePort: 5000, Node: "n1" });
		const [entry] = await list(`${base}/v1/health/service/api`);
		expect(entry?.["Checks"]).toMatchObject([
			{ CheckID: "service:api-1", Name: "Health api", Interval: "10s", Type: "http" },
		]);
	});

	it("refuses the envelope with -compat, as the reference does", async () => {
		const { base } = await agent({ compat: true });
		const answer = await put(`${base}/v1/agent/service/register`, published);
		expect(answer.status).toBe(400);
		expect(await answer.text()).toBe('Request decode failed: json: unknown field "service"');
	});

	it.each([
		["{", 400, "unexpected EOF"],
		["", 400, "EOF"],
		["[]", 400, "it must be an object"],
		['{"Name":"x","Port":"80"}', 400, 'cannot take "80" for field Port: it must be a whole number'],
		['{"Name":"x","Zap":1}', 400, 'unknown field "Zap"'],
		['{"ID":"x"}', 400, "Missing service name"],
		['{"Name":"x","Address":"0.0.0.0"}', 400, "Invalid service address"],
		['{"Name":"x","Check":{"HTTP":"http://x"}}', 400, "Interval must be > 0"],
		['{"Name":"x","Check":{"HTTP":"http://x","Interval":"soon"}}', 400, 'invalid duration "soon"'],
		['{"Name":"x","Check":{"Args":["true"],"Interval":"1s"}}', 500, "Scripts are disabled"],
		['{"Name":"x","Meta":{"a b":"c"}}', 400, "Key contains invalid characters"],
		['{"Name":"x","Weights":{"Passing":-1}}', 400, "Passing must be greater than 0"],
		['{"Name":"x","Connect":{"SidecarService":{"Port":1}}}', 400, "service mesh is not supported"],
	])("refuses %s with %i", async (body, status, text) => {
		const { base } = await agent();
		const answer = await put(`${base}/v1/agent/service/register`, body);
		expect(answer.status).toBe(status);
		expect(await answer.text()).toContain(text);
	});
});

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

describe("kv", () => {
	it("keeps bytes, flags up to 2^64-1 and two slashes that are escaped", async () => {
		const { base } = await agent();
		const bytes = new Uint8Array([0, 1, 2, 255]);
		await fetch(`${base}/v1/kv/a%2F%2Fb?flags=18446744073709551615`, { method: "PUT", body: bytes });
		const answer = await (await fetch(`${base}/v1/kv/a%2F%2Fb`)).text();
		expect(answer).toContain('"Key":"a//b","Flags":18446744073709551615,"Value":"AAEC/w=="');
		expect(new Uint8Array(await (await fetch(`${base}/v1/kv/a%2F%2Fb?raw`)).arrayBuffer())).toEqual(bytes);
	});

	it("refuses a value above the limit and keeps the connection", async () => {
		const { base } = await agent({ kvValueBytesMax: 1000 });
		expect((await put(`${base}/v1/kv/a`, "x".repeat(1000))).status).toBe(200);
		const refused = await put(`${base}/v1/kv/a`, "x".repeat(1001));
		expect(refused.status).toBe(413);
		expect(await refused.text()).toContain("Request body(1001 bytes) too large, max size: 1000 bytes");
		expect((await put(`${base}/v1/kv/a`, "x".repeat(5000))).status).toBe(413);
	});

	it("encodes a list once for all readers, indented and compressed for who asks", async () => {
		const { base } = await agent();
		for (let i = 0; i < 200; i++) await put(`${base}/v1/kv/p/${String(i).padStart(3, "0")}`, "value<&>");
		const plain = await (
			await fetch(`${base}/v1/kv/p/?recurse`, { headers: { "Accept-Encoding": "identity" } })
		).text();
		const pretty = await (await fetch(`${base}/v1/kv/p/?recurse&pretty`)).text();
		const packed = await fetch(`${base}/v1/kv/p/?recurse`, { headers: { "Accept-Encoding": "gzip" } });
		expect(packed.headers.get("content-encoding")).toBe("gzip");
		expect(await packed.text()).toBe(plain);
		expect(JSON.parse(plain)).toHaveLength(200);
		expect(pretty).toBe(`${JSON.stringify(JSON.parse(plain), null, 4)}\n`);
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
