import { once } from "node:events";
import { connect as connectPlain } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { type TestPair, testAuthority } from "../../lib/x509/testing.ts";
import type { HttpTls } from "./index.ts";
import { agent, closeAgents } from "./testing.ts";

afterEach(closeAgents);

const ours = testAuthority("ours");
const others = testAuthority("others");
const server = ours.issue(["localhost"]);

const tls = (own: TestPair, verifyIncoming = false): HttpTls => ({
	files: { ca: [ours.cert], cert: own.cert, key: own.key, minVersion: "TLSv1.2" },
	verifyIncoming,
	handshakeTimeoutMs: 5_000,
});

const secureAgent = (own: HttpTls) => agent({ listen: [{ host: "127.0.0.1", port: 0, secure: true }] }, { tls: own });

async function connected(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
	const socket = connect({ host: "127.0.0.1", port, servername: "localhost", ca: [ours.cert], ...options });
	await once(socket, "secureConnect");
	return socket;
}

const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

/** Writes, and reads until the text is there; rejects when the connection ends before. */
function answer(socket: TLSSocket, request: string, until: string): Promise<string> {
	return new Promise((resolve, reject) => {
		let text = "";
		const onData = (chunk: Buffer) => {
			text += chunk.toString("latin1");
			if (!text.includes(until)) return;
			socket.off("data", onData);
			resolve(text);
		};
		socket.on("data", onData);
		socket.once("error", reject);
		socket.once("close", () => reject(new Error(`closed after: ${text}`)));
		socket.write(request);
	});
}

const leader = '"127.0.0.1:8300"';

describe("HTTPS", () => {
	it("answers quick and general requests on one connection", async () => {
		const { port } = await secureAgent(tls(server));
		const socket = await connected(port);
		expect(socket.alpnProtocol).toBe(false);
		const put = "PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
		expect(await answer(socket, put, "true")).toContain("200 OK");
		// Quick, several at once, and one that is handed over to node:http.
		expect(await answer(socket, get("/v1/kv/a?raw") + get("/v1/kv/a?raw"), "abc")).toContain("200 OK");
		expect(await answer(socket, get("/v1/kv/a?raw", "Keep-Alive: timeout=5\r\n"), "abc")).toContain("200 OK");
		expect(await answer(socket, get("/v1/status/leader"), leader)).toContain("200 OK");
		socket.destroy();
	});

	it("speaks HTTP/1.1 to who offers HTTP/2, too", async () => {
		const { port } = await secureAgent(tls(server));
		const socket = await connected(port, { ALPNProtocols: ["h2", "http/1.1"] });
		expect(socket.alpnProtocol).toBe("http/1.1");
		socket.destroy();
	});

	it("takes only clients with a certificate of the authority when incoming connections are verified", async () => {
		const { port } = await secureAgent(tls(server, true));
		const refused = async (options: ConnectionOptions) => {
			const socket = await connected(port, options);
			return answer(socket, get("/v1/status/leader"), leader).then(
				() => "answered",
				() => "refused",
			);
		};
		expect(await refused({})).toBe("refused");
		const foreign = others.issue(["client"]);
		expect(await refused({ cert: foreign.cert, key: foreign.key })).toBe("refused");
		const own = ours.issue(["client"]);
		expect(await refused({ cert: own.cert, key: own.key })).toBe("answered");
	});

	it("takes a new certificate and new rules for new connections; those there go on", async () => {
		const { port, server: running } = await secureAgent(tls(server));
		const before = await connected(port);
		const next = ours.issue(["localhost"]);
		running.replaceTls(tls(next, true));
		expect(await answer(before, get("/v1/status/leader"), leader)).toContain("200 OK");
		const client = ours.issue(["client"]);
		const after = await connected(port, { cert: client.cert, key: client.key });
		expect(after.getPeerCertificate().serialNumber).not.toBe(before.getPeerCertificate().serialNumber);
		expect(await answer(after, get("/v1/status/leader"), leader)).toContain("200 OK");
		const without = await connected(port);
		await expect(answer(without, get("/v1/status/leader"), leader)).rejects.toThrow();
		running.replaceTls(tls(next));
		const again = await connected(port);
		expect(await answer(again, get("/v1/status/leader"), leader)).toContain("200 OK");
		for (const socket of [before, after, again]) socket.destroy();
	});

	it("cuts who speaks in the clear, and goes on", async () => {
		const { port } = await secureAgent(tls(server));
		const plain = connectPlain(port, "127.0.0.1");
		plain.write(get("/v1/status/leader"));
		plain.on("error", () => undefined);
		plain.resume();
		await once(plain, "close");
		const socket = await connected(port);
		expect(await answer(socket, get("/v1/status/leader"), leader)).toContain("200 OK");
		socket.destroy();
	});
});
