import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { createLogger } from "../../lib/log/index.ts";
import { createMetrics } from "../../lib/metrics/index.ts";
import { nodeClock } from "../../lib/node/index.ts";
import { agent, closeAgents } from "./testing.ts";

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

describe("several services at once", () => {
	it("registers all", async () => {
		const { base } = await agent();
		const body = [
			{ Name: "a", Port: 1 },
			{ Name: "b", Port: 2, Check: { TTL: "10s" } },
		];
		expect((await put(`${base}/v1/agent/services/register`, body)).status).toBe(200);
		expect(await list(`${base}/v1/catalog/service/a`)).toHaveLength(1);
		expect(await list(`${base}/v1/health/checks/b`)).toHaveLength(1);
	});

	it.each([
		[[{ Name: "a" }, { Name: "" }], "[1]: Missing service name"],
		[[{ Name: "a" }, { Name: "a" }], '[1]: id "a" stands in the list already'],
		[{ Name: "a" }, "the body is not a list"],
		[Array.from({ length: 1_001 }, (_, number) => ({ Name: `s${number}` })), "at most 1000 are taken"],
	])("registers none of %.60j", async (body, text) => {
		const { base } = await agent();
		const answer = await put(`${base}/v1/agent/services/register`, body);
		expect(answer.status).toBe(400);
		expect(await answer.text()).toContain(text);
		expect(await (await fetch(`${base}/v1/agent/services`)).json()).toEqual({});
	});
});

describe("draining", () => {
	it("is maintenance whose notes say until when", async () => {
		const { base } = await agent();
		await put(`${base}/v1/agent/service/register`, { Name: "a" });
		const beforeMs = Date.now();
		expect((await put(`${base}/v1/agent/service/drain/a?for=20s`)).status).toBe(200);
		const [check] = await list(`${base}/v1/health/checks/a`);
		expect(check).toMatchObject({ CheckID: "_service_maintenance:a", Status: "critical" });
		const [, until = ""] = /^draining until (.+)$/.exec(String(check?.["Notes"])) ?? [];
		expect(Date.parse(until)).toBeGreaterThanOrEqual(beforeMs + 20_000);
		expect(await list(`${base}/v1/health/service/a?passing`)).toEqual([]);
	});

	it.each([
		["a?for=soon", 400],
		["a?for=-1s", 400],
		["a?for=25h", 400],
		["b", 404],
	])("refuses %s with %i", async (path, status) => {
		const { base } = await agent();
		await put(`${base}/v1/agent/service/register`, { Name: "a" });
		expect((await put(`${base}/v1/agent/service/drain/${path}`)).status).toBe(status);
	});
});

describe("transactions", () => {
	it.each([
		["{", "Failed to parse body: unexpected EOF"],
		["{}", "it must be a list"],
		['[{"Zap":{}}]', 'json: unknown field "Zap"'],
		['[{"KV":{"Verb":"set","Key":"a","Value":"!!!"}}]', "illegal base64 data at input byte 0"],
		['[{"KV":{"Verb":"set","Key":"a","Value":"YQ"}}]', "illegal base64 data at input byte 2"],
		['[{"KV":{"Verb":"cas","Key":"a","Index":-1}}]', "whole number from 0 to 2^64-1"],
	])("refuses %s with 400", async (body, text) => {
		const { base } = await agent();
		const answer = await put(`${base}/v1/txn`, body);
		expect(answer.status).toBe(400);
		expect(await answer.text()).toContain(text);
	});

	it("refuses single operations that the token may not do, and does none", async () => {
		const authorizerOf = () => ({
			allows: ({ access }: { readonly access: string }, name: string) => access === "read" || name === "a",
		});
		const { base } = await agent({}, { authorizerOf });
		const set = (key: string) => ({ KV: { Verb: "set", Key: key, Value: "" } });
		const answer = await put(`${base}/v1/txn`, [set("a"), set("b")]);
		expect(answer.status).toBe(409);
		expect(await answer.json()).toMatchObject({ Results: null, Errors: [{ OpIndex: 1 }] });
		expect((await fetch(`${base}/v1/kv/a`)).status).toBe(404);
	});
});

describe("snapshot", () => {
	it("takes nothing of a damaged archive", async () => {
		const { base } = await agent();
		await put(`${base}/v1/kv/k`, "old");
		const archive = new Uint8Array(await (await fetch(`${base}/v1/snapshot`)).arrayBuffer());
		await put(`${base}/v1/kv/k`, "new");
		const value = async () => await (await fetch(`${base}/v1/kv/k?raw`)).text();
		const restore = async (body: Uint8Array) =>
			(await fetch(`${base}/v1/snapshot`, { method: "PUT", body: Buffer.from(body) })).status;
		for (let at = 10; at < archive.length; at += 97) {
			const damaged = Uint8Array.from(archive);
			damaged[at] = (damaged[at] ?? 0) ^ 0x55;
			expect(await restore(damaged)).toBe(500);
			expect(await restore(archive.subarray(0, at))).toBe(500);
		}
		expect(await value()).toBe("new");
		expect(await restore(archive)).toBe(200);
		expect(await value()).toBe("old");
	});
});

describe("log and metrics", () => {
	it("streams the log from the level that is asked for", async () => {
		const logger = createLogger({ level: "error", clock: nodeClock, write: () => {} });
		const { base } = await agent({}, { logger });
		const controller = new AbortController();
		const answer = await fetch(`${base}/v1/agent/monitor?loglevel=info&logjson`, { signal: controller.signal });
		logger.debug("not this");
		logger.info("but this");
		const line = new TextDecoder().decode((await answer.body?.getReader().read())?.value);
		expect(JSON.parse(line)).toMatchObject({ "@level": "info", "@message": "but this" });
		controller.abort();
	});

	it("counts requests by route, and Prometheus must be on", async () => {
		const metrics = createMetrics(nodeClock);
		const options = { metrics, prefix: "disco", gaugeHost: "", prometheus: true };
		const { base } = await agent({}, { metrics: options });
		await fetch(`${base}/v1/kv/a/b/c`);
		const text = await (await fetch(`${base}/v1/agent/metrics?format=prometheus`)).text();
		expect(text).toContain('disco_api_http_count{method="GET",path="v1_kv_"} 1');
		const off = await agent();
		expect((await fetch(`${off.base}/v1/agent/metrics?format=prometheus`)).status).toBe(415);
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

interface StreamEvent {
	readonly id: string;
	readonly event: string;
	readonly data: unknown;
}

/** A client of `?stream`: events as they come, until `close`. */
function listen(
	url: string,
	options: { readonly lastEventId?: string; readonly onEvent: (event: StreamEvent) => void },
) {
	const controller = new AbortController();
	const headers = options.lastEventId === undefined ? {} : { "Last-Event-ID": options.lastEventId };
	const done = (async () => {
		const answer = await fetch(url, { headers, signal: controller.signal });
		expect(answer.headers.get("content-type")).toBe("text/event-stream");
		let text = "";
		for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
			text += chunk;
			for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
				const fields = new Map(
					text
						.slice(0, end)
						.split("\n")
						.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
				);
				text = text.slice(end + 2);
				const data = fields.get("data");
				if (data === undefined) continue;
				options.onEvent({ id: fields.get("id") ?? "", event: fields.get("event") ?? "", data: JSON.parse(data) });
			}
		}
	})().catch((error: unknown) => {
		if (!controller.signal.aborted) throw error;
	});
	return { close: () => controller.abort(), done };
}

type Elements = Readonly<Record<string, unknown>>;
type Delta = { readonly Added: Elements; readonly Changed: Elements; readonly Removed: readonly string[] };

/** What a client knows from a snapshot and what followed. */
class Replica {
	readonly elements = new Map<string, unknown>();

	take({ event, data }: StreamEvent): void {
		if (event === "snapshot") {
			this.elements.clear();
			for (const [key, value] of Object.entries((data ?? {}) as Elements)) this.elements.set(key, value);
			return;
		}
		const delta = data as Delta;
		for (const [key, value] of [...Object.entries(delta.Added), ...Object.entries(delta.Changed)]) {
			this.elements.set(key, value);
		}
		for (const key of delta.Removed) this.elements.delete(key);
	}

	/** In byte order of the keys, as the answer has them. */
	sorted(): readonly (readonly [string, unknown])[] {
		return [...this.elements].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
	}
}

type Write = { readonly path: string; readonly method: string; readonly body: unknown };

const small = fc.integer({ min: 0, max: 3 });
const nodeName = small.map((number) => ["n1", "n-2", "m", "é"][number]);
const write: fc.Arbitrary<Write> = fc.oneof(
	fc.record({
		path: small.map((key) => `/v1/kv/p/${["a", "a-b", "a/b", "é"][key]}`),
		method: fc.constantFrom("PUT", "DELETE"),
		body: small,
	}),
	fc.record({
		path: fc.constant("/v1/catalog/register"),
		method: fc.constant("PUT"),
		body: fc.record({
			Node: nodeName,
			Address: fc.constant("10.0.0.1"),
			Service: fc.record({ ID: small.map((id) => `web-${id}`), Service: fc.constant("web"), Port: small }),
			Check: fc.record({
				CheckID: fc.constant("c"),
				Name: fc.constant("c"),
				Status: fc.constantFrom("passing", "critical"),
			}),
		}),
	}),
	fc.record({
		path: fc.constant("/v1/catalog/deregister"),
		method: fc.constant("PUT"),
		body: fc.record({ Node: nodeName, ServiceID: small.map((id) => `web-${id}`) }),
	}),
	fc.record({
		path: fc.constant("/v1/session/create"),
		method: fc.constant("PUT"),
		body: fc.record({
			Node: nodeName,
			Checks: fc.constantFrom([], ["c"]),
			Behavior: fc.constantFrom("release", "delete"),
		}),
	}),
	fc.record({
		path: fc.constant("/v1/query"),
		method: fc.constant("POST"),
		body: fc.record({ Name: small.map((number) => `q-${number}`), Service: fc.constant({ Service: "web" }) }),
	}),
	fc.record({ path: fc.constant("/v1/event/fire/deploy"), method: fc.constant("PUT"), body: small }),
);

/** Writes that change the answer to every question, so that the stream certainly tells of the last one. */
function lastWrites(unique: number): readonly Write[] {
	return [
		{ path: "/v1/kv/p/a", method: "PUT", body: `last ${unique}` },
		{ path: `/v1/kv/p/last-${unique}`, method: "PUT", body: "" },
		{
			path: "/v1/catalog/register",
			method: "PUT",
			body: {
				Node: "m",
				Address: `10.0.1.${unique}`,
				Service: { ID: "web-0", Service: "web", Port: 1, Tags: [`last-${unique}`] },
				Checks: [
					{ CheckID: "c", Name: "c", Status: "critical", Output: `last ${unique}` },
					{ CheckID: "c-web", Name: "c", Status: "critical", ServiceID: "web-0", Output: `last ${unique}` },
				],
			},
		},
		{ path: "/v1/session/create", method: "PUT", body: { Node: "m", Checks: [] } },
		{ path: "/v1/query", method: "POST", body: { Name: `last-${unique}`, Service: { Service: "web" } } },
		{ path: "/v1/event/fire/deploy", method: "PUT", body: `last ${unique}` },
	];
}

const questions = [
	"/v1/kv/p/?recurse",
	"/v1/kv/p/?keys",
	"/v1/kv/p/a?x",
	"/v1/catalog/nodes?x",
	"/v1/catalog/services?x",
	"/v1/catalog/service/web?x",
	"/v1/health/service/web?passing",
	"/v1/health/node/m?x",
	"/v1/health/state/critical?x",
	"/v1/catalog/service/web?filter=ServicePort==1",
	"/v1/health/checks/web?x",
	"/v1/session/list?x",
	"/v1/session/node/m?x",
	"/v1/query?x",
	// One part: each event is the whole answer.
	"/v1/catalog/node/m?x",
	"/v1/catalog/node-services/m?x",
	"/v1/event/list?name=deploy",
];
const wholeAnswers = /catalog\/node(?:-services)?\/|event\/list/;

describe("event stream", () => {
	it("snapshot and deltas give the long poll's answer at every index, through reconnects", async () => {
		const { base } = await agent();
		let unique = 0;
		await fc.assert(
			fc.asyncProperty(
				fc.constantFrom(...questions),
				fc.array(fc.record({ write, reconnects: fc.boolean() }), { minLength: 1, maxLength: 20 }),
				async (question, steps) => {
					const answers = new Map<string, unknown>();
					const ask = async () => {
						const answer = await fetch(base + question);
						const text = await answer.text();
						const index = answer.headers.get("x-consul-index") ?? "";
						answers.set(index, text === "" ? [] : JSON.parse(text));
						return index;
					};
					const replica = new Replica();
					const states: (readonly [string, readonly (readonly [string, unknown])[]])[] = [];
					let seen: string | undefined;
					let progress: () => void = () => {};
					const connect = () =>
						listen(`${base}${question}&stream&delta`, {
							...(seen === undefined ? {} : { lastEventId: seen }),
							onEvent: (event) => {
								replica.take(event);
								seen = event.id;
								states.push([event.id, replica.sorted()]);
								progress();
							},
						});
					await ask();
					let last = "";
					let client = connect();
					for (const step of steps) {
						await fetch(base + step.write.path, {
							method: step.write.method,
							body: JSON.stringify(step.write.body),
						});
						await ask();
						if (!step.reconnects) continue;
						client.close();
						await client.done;
						client = connect();
					}
					for (const { path, method, body } of lastWrites(unique++)) {
						await fetch(base + path, { method, body: JSON.stringify(body) });
						last = await ask();
					}
					while (seen !== last) {
						await new Promise<void>((resolve) => {
							progress = resolve;
							if (seen === last) resolve();
						});
					}
					client.close();
					await client.done;
					expect(states.length).toBeGreaterThan(0);
					for (const [index, elements] of states) {
						const answer = answers.get(index);
						const isList = Array.isArray(answer) && !wholeAnswers.test(question);
						const shown = isList ? elements.map(([, value]) => value) : Object.fromEntries(elements);
						expect(shown).toEqual(Array.isArray(answer) && !isList ? { ...answer } : (answer ?? {}));
					}
				},
			),
			{ numRuns: process.env["DISCO_LONG"] === undefined ? 40 : 1_000 },
		);
	}, 60_000);

	it("sends the whole answer without delta, and nothing again to who has it", async () => {
		const { base } = await agent();
		await fetch(`${base}/v1/kv/k`, { method: "PUT", body: "1" });
		const events: StreamEvent[] = [];
		let came: () => void = () => {};
		const next = (count: number) =>
			new Promise<void>((resolve) => {
				came = () => events.length >= count && resolve();
				came();
			});
		const onEvent = (event: StreamEvent) => {
			events.push(event);
			came();
		};
		const client = listen(`${base}/v1/kv/k?stream`, { onEvent });
		await next(1);
		expect(events[0]).toMatchObject({ event: "snapshot", data: [{ Key: "k", Value: "MQ==" }] });
		client.close();
		await client.done;
		const again = listen(`${base}/v1/kv/k?stream`, { onEvent, lastEventId: events[0]?.id ?? "" });
		await fetch(`${base}/v1/kv/k`, { method: "PUT", body: "2" });
		await next(2);
		expect(events[1]).toMatchObject({ event: "snapshot", data: [{ Key: "k", Value: "Mg==" }] });
		again.close();
		await again.done;
	});

	it("ends with the server", async () => {
		const { base, server } = await agent();
		const opened = new Promise<void>((resolve) => {
			const client = listen(`${base}/v1/catalog/nodes?stream`, { onEvent: () => resolve() });
			void client.done;
		});
		await opened;
		const startMs = performance.now();
		await server.close();
		expect(performance.now() - startMs).toBeLessThan(900);
	});

	it.each([
		["/v1/agent/self?stream", "This endpoint cannot be streamed"],
		["/v1/kv/k?stream&raw", "Cannot stream a raw value"],
	])("refuses %s", async (path, text) => {
		const { base } = await agent();
		const answer = await fetch(base + path);
		expect(answer.status).toBe(400);
		expect(await answer.text()).toContain(text);
	});
});
