import { createServer, type IncomingHttpHeaders } from "node:http";
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { parseQuickRequest } from "./quick-request.ts";
import { agent, closeAgents } from "./testing.ts";

afterEach(closeAgents);

/** Makes a request unusual, and changes nothing about its answer. */
const unusual = "Keep-Alive: timeout=5\r\n";

const request = (line: string, headers = "", body = "") =>
	`${line} HTTP/1.1\r\nHost: x\r\n${headers}${body === "" ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`}\r\n${body}`;

/** Sends requests on one connection and collects as many answers, with dates masked. */
class Client {
	readonly #socket: Socket;
	#received = Buffer.alloc(0);
	#wake: () => void = () => {};
	#ended = false;

	constructor(port: number) {
		this.#socket = connect(port, "127.0.0.1");
		this.#socket.on("data", (chunk: Buffer) => {
			this.#received = Buffer.concat([this.#received, chunk]);
			this.#wake();
		});
		const end = () => {
			this.#ended = true;
			this.#wake();
		};
		this.#socket.on("close", end).on("error", end);
	}

	send(text: string): this {
		this.#socket.write(text, "utf8");
		return this;
	}

	async answer(): Promise<string> {
		for (;;) {
			const headEnd = this.#received.indexOf("\r\n\r\n");
			const head = this.#received.toString("latin1", 0, Math.max(0, headEnd));
			const size = headEnd + 4 + Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
			if (headEnd >= 0 && this.#received.length >= size) {
				const answer = this.#received.toString("latin1", 0, size);
				this.#received = this.#received.subarray(size);
				return answer.replace(/^Date: .{29}/m, "Date: then");
			}
			if (this.#ended) return `ended: ${this.#received.toString("latin1")}`;
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
	}

	/** As the client is gone without a word. */
	destroy(): void {
		this.#socket.destroy();
	}
}

describe("parseQuickRequest", () => {
	const parse = (text: string) => parseQuickRequest(Buffer.from(text, "utf8"), undefined);

	it("takes what is whole and usual", () => {
		const text = request("PUT /v1/kv/a?flags=3", "Content-Type: x/y\r\nX-Consul-Token:  secret \r\n", "body");
		expect(parse(`${text}GET /`)).toMatchObject({
			method: "PUT",
			url: "/v1/kv/a?flags=3",
			path: "/v1/kv/a",
			search: "flags=3",
			head: { headers: { host: "x", "content-length": "4", "x-consul-token": "secret" }, contentLength: 4 },
			hasBody: true,
			sizeBytes: text.length,
		});
		expect(parse(text)?.head.headers["content-type"]).toBeUndefined();
	});

	it.each([
		["a part of a head", "GET /v1/kv/a HTTP/1.1\r\nHost: x\r\n"],
		["a part of a body", request("PUT /v1/kv/a", "", "body").slice(0, -1)],
		["another method", request("POST /v1/kv/a")],
		["another version", "GET /v1/kv/a HTTP/1.0\r\nHost: x\r\n\r\n"],
		["no host", "GET /v1/kv/a HTTP/1.1\r\nAccept: x\r\n\r\n"],
		["an escape in the path", request("GET /v1/kv/a%20b")],
		["a path that is not clean", request("GET /v1/kv//a")],
		["a path that climbs", request("GET /v1/kv/../a")],
		["a fragment", request("GET /v1/kv/a?b#c")],
		["bytes above ASCII", request("GET /v1/kv/ä")],
		["an absolute URL", request("GET http://x/v1/kv/a")],
		["a body of a GET", request("GET /v1/kv/a", "", "body")],
		["chunks", request("PUT /v1/kv/a", "Transfer-Encoding: chunked\r\n")],
		["two lengths", request("PUT /v1/kv/a", "Content-Length: 4\r\n", "body")],
		["a length that is none", "PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nbody"],
		["an expectation", request("PUT /v1/kv/a", "Expect: 100-continue\r\n", "body")],
		["the last request", request("GET /v1/kv/a", "Connection: close\r\n")],
		["an upgrade", request("GET /v1/kv/a", "Upgrade: h2c\r\n")],
		["a folded header", request("GET /v1/kv/a", "A: b\r\n c\r\n")],
		["a space before the colon", request("GET /v1/kv/a", "A : b\r\n")],
		["a bare line feed", request("GET /v1/kv/a", "A: b\nC: d\r\n")],
		["a header above ASCII", request("GET /v1/kv/a", "A: ä\r\n")],
		["a header twice", request("GET /v1/kv/a", "X-Consul-Token: a\r\nX-Consul-Token: b\r\n")],
		["what makes these tests unusual", request("GET /v1/kv/a", unusual)],
	])("leaves %s to node:http", (_, text) => {
		expect(parse(text)).toBeUndefined();
	});

	it("understands what it takes as node:http does", async () => {
		const seen: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[] = [];
		const server = createServer((incoming, response) => {
			const { method = "", url = "", headers } = incoming;
			const chunks: Buffer[] = [];
			incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
			incoming.on("end", () => {
				delete headers["content-type"];
				seen.push({ method, url, headers, body: Buffer.concat(chunks).toString("latin1") });
				response.end();
			});
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const { port } = server.address() as { port: number };
		const piece = fc.constantFrom(
			..."GET PUT DELETE POST /v1/kv/a /v1/kv/ %41 ? index=4 & ; = HTTP/1.1 HTTP/1.0".split(" "),
			...["\r\n", "\n", "\r", " ", "\t", ":", "Host: x\r\n", "Content-Length: 2\r\n", "Connection: keep-alive\r\n"],
			...["Connection: close\r\n", "Transfer-Encoding: chunked\r\n", "A: b\r\n", "Host", "a", "\0", "é", "\r\n\r\n"],
		);
		const odd = fc.oneof(
			{ weight: 2, arbitrary: fc.constant("") },
			{ weight: 1, arbitrary: fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join("")) },
		);
		const text = fc.tuple(odd, odd, odd, odd).map(([path, line, headers, body]) => {
			const start = `GET /v1/kv/a${path} HTTP/1.1${line}\r\n`;
			return `${start}Host: x\r\n${headers}${headers.endsWith("\r\n") || headers === "" ? "" : "\r\n"}\r\n${body}`;
		});
		let taken = 0;
		try {
			await fc.assert(
				fc.asyncProperty(text, fc.boolean(), async (given, put) => {
					const sent = put ? given.replace("GET", "PUT") : given;
					const quick = parse(sent);
					if (quick === undefined) return;
					taken++;
					seen.length = 0;
					const client = new Client(port);
					await client.send(sent).answer();
					client.destroy();
					const body = Buffer.from(quick.body).toString("latin1");
					const { method, url, head } = quick;
					// node:http may have begun with what follows, too.
					expect(seen[0]).toEqual({ method, url, headers: { ...head.headers }, body });
				}),
				{ numRuns: process.env["DISCO_LONG"] === undefined ? 400 : 20_000 },
			);
		} finally {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		}
		expect(taken).toBeGreaterThan(20);
	}, 120_000);
});

describe("a quick connection", () => {
	const registration = (number: number) =>
		JSON.stringify({
			Node: `node-${number}`,
			Address: `10.0.0.${number}`,
			Service: { ID: `web-${number}`, Service: "web", Port: 80, Tags: ["a", "é"] },
			Check: {
				CheckID: `web-${number}`,
				Name: "web",
				Status: number === 1 ? "passing" : "critical",
				ServiceID: `web-${number}`,
			},
		});

	/** The same for two agents, so that their indexes are, too. */
	async function filled() {
		const made = await agent({ pretty: false, responseHeaders: { "X-Own": "yes" } });
		const client = new Client(made.port);
		const put = async (path: string, body: string) => client.send(request(`PUT ${path}`, unusual, body)).answer();
		for (const number of [1, 2]) await put("/v1/catalog/register", registration(number));
		await put("/v1/kv/a/one", "1");
		await put("/v1/kv/a/two", "zwei ä");
		await put("/v1/kv/long", "x".repeat(20_000));
		client.destroy();
		return made;
	}

	it("answers as Fastify's way does, to the byte", { timeout: 60_000 }, async () => {
		const [one, two] = [await filled(), await filled()];
		const [quick, general] = [new Client(one.port), new Client(two.port)];
		const lines = [
			...["", "?raw", "?pretty", "?index=0", "?stale", "?consistent&stale", "?index=x", "?a=%zz", "?a;b"].map(
				(search) => `GET /v1/kv/a/one${search}`,
			),
			"GET /v1/kv/none",
			"GET /v1/kv/",
			"GET /v1/kv/?recurse",
			"GET /v1/kv/?keys&separator=/",
			"GET /v1/kv/a/?keys",
			"GET /v1/kv/a/two?raw",
			"GET /v1/kv/long",
			"GET /v1/kv/long?raw",
			"GET /v1/kv/a/one?index=4&wait=1ms",
			"GET /v1/kv/a/one?dc=nowhere",
			"GET /v1/health/service/web",
			"GET /v1/health/service/web?passing&pretty",
			"GET /v1/health/service/web?passing=maybe",
			"GET /v1/health/service/web?filter=Service.ID==web-1",
			"GET /v1/health/service/",
			"GET /v1/health/checks/web",
			"GET /v1/health/node/node-1?cached",
			"GET /v1/health/state/critical",
			"GET /v1/catalog/nodes",
			"GET /v1/catalog/services",
			"GET /v1/catalog/service/web?tag=a",
			"GET /v1/catalog/node/node-1",
			"GET /v1/catalog/node-services/none",
			"PUT /v1/kv/a/three",
			"PUT /v1/kv/a/three?cas=1",
			"PUT /v1/kv/a/three?flags=x",
			"PUT /v1/kv/a/three?acquire=none",
			"DELETE /v1/kv/a/three?cas=1",
			"DELETE /v1/kv/a/three",
			"DELETE /v1/kv/?cas=1&recurse",
		];
		for (const line of lines) {
			for (const headers of ["", "Accept-Encoding: gzip\r\n", "X-Consul-Token: t\r\nCache-Control: max-age=x\r\n"]) {
				const body = line.startsWith("PUT") ? "value ä" : "";
				expect(parseQuickRequest(Buffer.from(request(line, headers, body)), undefined)).toBeDefined();
				// More than once, where that changes nothing: shared answers are sent in another way then.
				for (let again = 0; again < 2 && line.startsWith("GET"); again++)
					await quick.send(request(line, headers, body)).answer();
				const got = await quick.send(request(line, headers, body)).answer();
				const expected = await general.send(request(line, headers + unusual, body)).answer();
				expect(`${line}\n${got}`).toBe(`${line}\n${expected}`);
				expect(got).toContain("Date: then\r\nConnection: keep-alive\r\nKeep-Alive: timeout=120\r\n\r\n");
			}
		}
	});

	it("answers in order what comes at once, and leaves for good with the first unusual request", async () => {
		const { port } = await filled();
		const client = new Client(port);
		const parts = ["GET /v1/kv/a/one?raw", "GET /v1/kv/a/two?raw", "GET /v1/kv/none"].map((line) => request(line));
		client.send(parts.join("") + request("HEAD /v1/status/leader", "Accept-Encoding: gzip\r\n") + parts[0]);
		expect(await client.answer()).toMatch(/\r\n\r\n1$/);
		expect(await client.answer()).toContain("zwei");
		expect(await client.answer()).toMatch(/^HTTP\/1.1 404 /);
		expect(await client.answer()).toMatch(/^HTTP\/1.1 405 /);
	});

	it("reads a request that comes in pieces, between others", async () => {
		const { port } = await filled();
		const client = new Client(port);
		const put = request("PUT /v1/kv/pieces", "", "a value in pieces");
		for (const at of [1, 10, put.length - 20, put.length - 1]) {
			const connection = at === 10 ? new Client(port) : client;
			connection.send(put.slice(0, at));
			await new Promise((resolve) => setImmediate(resolve));
			connection.send(put.slice(at));
			expect(await connection.answer()).toMatch(/\r\n\r\ntrue$/);
			expect(await connection.send(request("GET /v1/kv/pieces?raw")).answer()).toMatch(/a value in pieces$/);
			if (connection !== client) connection.destroy();
		}
		client.destroy();
	});

	it("wakes long polls, and forgets those whose client has gone", async () => {
		const { port, store } = await filled();
		const waiting = [1, 2, 3].map(() => new Client(port));
		const poll = request("GET /v1/kv/a/one?index=100&wait=60s");
		for (const client of waiting) client.send(poll);
		const until = async (topics: number) => {
			while (store.counts().watchedTopics !== topics) await new Promise((resolve) => setImmediate(resolve));
		};
		await until(1);
		waiting[0]?.destroy();
		const other = new Client(port).send(request("GET /v1/kv/b?index=100&wait=60s"));
		await until(2);
		other.destroy();
		await until(1);
		const writer = new Client(port);
		for (let index = 0; index < 100; index++)
			await writer.send(request("PUT /v1/kv/a/one", "", String(index))).answer();
		for (const client of waiting.slice(1)) expect(await client.answer()).toMatch(/^HTTP\/1.1 200 /);
		await until(0);
		for (const client of [...waiting, writer]) client.destroy();
	});

	it("ends long polls, and closes idle connections, when the server closes", async () => {
		const { port, server } = await filled();
		const [idle, used, waiting] = [new Client(port), new Client(port), new Client(port)];
		expect(await used.send(request("GET /v1/kv/a/one")).answer()).toMatch(/^HTTP\/1.1 200 /);
		waiting.send(request("GET /v1/kv/a/one?index=100&wait=60s"));
		await used.send(request("GET /v1/kv/a/one")).answer();
		const closed = server.close();
		expect(await waiting.answer()).toMatch(/^HTTP\/1.1 503 /);
		await closed;
		expect([await idle.answer(), await used.answer()]).toEqual(["ended: ", "ended: "]);
	});

	it("sends an answer that is kept in pieces, plain and compressed", async () => {
		const { base, port, store } = await agent();
		const value = Buffer.alloc(20_000, "0123456789 any text ");
		for (let number = 0; number < 250; number++)
			store.kvWrite(number + 10, { operation: "set", key: `large/${number}`, value, flags: 0n });
		const path = "/v1/kv/large/?recurse";
		const compressed = await (await fetch(base + path)).text();
		expect(JSON.parse(compressed)).toHaveLength(250);
		expect(compressed.length).toBeGreaterThan(6_000_000);
		for (const headers of ["", unusual]) {
			const answer = await new Client(port).send(request(`GET ${path}`, headers)).answer();
			expect(answer.endsWith(`\r\n\r\n${compressed}`)).toBe(true);
		}
	});

	it("gives a client that does not read no second answer", async () => {
		const { port } = await agent({ kvValueBytesMax: 4_000_000 });
		const writer = new Client(port);
		await writer.send(request("PUT /v1/kv/large", "", "x".repeat(1_000_000))).answer();
		const socket = connect(port, "127.0.0.1");
		socket.pause();
		socket.write(request("GET /v1/kv/large?raw").repeat(40));
		// Another client is answered meanwhile; what the slow one then reads is whole and in order.
		await writer.send(request("GET /v1/kv/none")).answer();
		let size = 0;
		const whole = new Promise<void>((resolve) => {
			socket.on("data", (chunk: Buffer) => {
				size += chunk.length;
				if (size >= 40 * 1_000_000) resolve();
			});
		});
		socket.resume();
		await whole;
		socket.destroy();
		writer.destroy();
	});
});
