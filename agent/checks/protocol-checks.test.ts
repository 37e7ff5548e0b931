import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttp2Server, createSecureServer, type Http2Server } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProbePlan } from "./plan.ts";
import { probes, probesWithOwnTls } from "./probes.ts";
import { probePlan } from "./testing.ts";

const host = "127.13.0.1";
const tls = { serverName: "checked.test", skipVerify: true };

function run(kind: string, change: Partial<ProbePlan>, signal = new AbortController().signal) {
	return probes[kind]?.(probePlan({ kind, ...change }), signal);
}

const portOf = (server: { address(): AddressInfo | string | null }) => (server.address() as AddressInfo).port;

let folder = "";
let key: Buffer;
let cert: Buffer;
/** Accepts connections and says nothing. */
let silent: Server;
/** Speaks HTTP/1.1 only. */
let plain: ReturnType<typeof createHttpServer>;

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "disco-checks-"));
	const pem = (name: string) => join(folder, name);
	execFileSync(
		"openssl",
		["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"].concat(
			["-subj", "/CN=checked.test", "-addext", "subjectAltName=DNS:checked.test"],
			["-keyout", pem("key.pem"), "-out", pem("cert.pem")],
		),
		{ stdio: "ignore" },
	);
	[key, cert] = [readFileSync(pem("key.pem")), readFileSync(pem("cert.pem"))];
	silent = createTcpServer((socket) => void socket.on("error", () => {})).listen(0, host);
	plain = createHttpServer((_, response) => response.end("plain")).listen(0, host);
	await Promise.all([once(silent, "listening"), once(plain, "listening")]);
});

afterAll(() => {
	silent.close();
	plain.closeAllConnections();
	plain.close();
	rmSync(folder, { recursive: true, force: true });
});

describe("gRPC check", () => {
	/** Service name -> serving status, or an error code. */
	const statuses: Readonly<Record<string, number>> = { "": 1, up: 1, down: 2, young: 0 };
	const servers: grpc.Server[] = [];

	/** `grpc.health.v1.Health` on a free port. */
	async function serve(credentials: grpc.ServerCredentials): Promise<string> {
		const server = new grpc.Server();
		const same = (bytes: Buffer) => bytes;
		const method = {
			path: "/grpc.health.v1.Health/Check",
			requestStream: false,
			responseStream: false,
			requestSerialize: same,
			requestDeserialize: same,
			responseSerialize: same,
			responseDeserialize: same,
		} as const;
		const check: grpc.handleUnaryCall<Buffer, Buffer> = (call, answer) => {
			const status = statuses[call.request.subarray(2).toString()];
			if (status === undefined) answer({ code: grpc.status.NOT_FOUND, details: "unknown service" });
			else answer(null, Buffer.from(status === 0 ? [] : [8, status]));
		};
		server.addService({ Check: method }, { Check: check });
		servers.push(server);
		return new Promise((resolve, reject) => {
			server.bindAsync(`${host}:0`, credentials, (error, port) => {
				if (error === null) resolve(`${host}:${port}`);
				else reject(error);
			});
		});
	}

	afterAll(() => {
		for (const server of servers) server.forceShutdown();
	});

	it.each([
		["", "passing", (target: string) => `gRPC check ${target}: success`],
		["/up", "passing", (target: string) => `gRPC check ${target}: success`],
		["/down", "critical", (target: string) => `gRPC ${target} serving status: NOT_SERVING`],
		["/young", "critical", (target: string) => `gRPC ${target} serving status: UNKNOWN`],
		["/gone", "critical", () => "rpc error: code = NotFound desc = unknown service"],
	])("host:port%s is %s", async (service, status, text) => {
		const target = (await serve(grpc.ServerCredentials.createInsecure())) + service;
		expect(await run("grpc", { target })).toEqual({ status, output: text(target) });
	});

	it("speaks TLS when asked, and looks at the certificate unless told not to", async () => {
		const target = await serve(grpc.ServerCredentials.createSsl(null, [{ private_key: key, cert_chain: cert }]));
		expect(await run("grpc", { target, tls })).toMatchObject({ status: "passing" });
		const strict = await run("grpc", { target, tls: { ...tls, skipVerify: false } });
		expect(strict).toMatchObject({ status: "critical", output: expect.stringContaining("self-signed certificate") });
	});

	it("says why there was no answer, the same each time", async () => {
		const closed = { status: "critical", output: expect.stringContaining("connect: connection refused") };
		expect(await run("grpc", { target: `${host}:1` })).toMatchObject(closed);
		const late = await run("grpc", { target: `${host}:${portOf(silent)}`, timeoutMs: 200 });
		expect(late?.output).toBe("rpc error: code = DeadlineExceeded desc = context deadline exceeded");
		const target = `${host}:${portOf(plain)}`;
		expect(await run("grpc", { target })).toMatchObject({
			status: "critical",
			output: expect.stringMatching(/^rpc error: code = Unavailable desc = [^\d]+$/),
		});
		expect((await run("grpc", { target: "no-port" }))?.output).toContain("missing port in address");
	});
});

describe("HTTP/2 ping", () => {
	const servers: Http2Server[] = [];
	async function listening(server: Http2Server): Promise<string> {
		servers.push(server.listen(0, host));
		await once(server, "listening");
		return `${host}:${portOf(server)}`;
	}
	afterAll(() => {
		for (const server of servers) server.close();
	});

	it("is passing when the ping is answered, with and without TLS", async () => {
		const passing = { status: "passing", output: "HTTP2 ping was successful" };
		expect(await run("h2ping", { target: await listening(createHttp2Server()) })).toEqual(passing);
		const secure = await listening(createSecureServer({ key, cert }));
		expect(await run("h2ping", { target: secure, tls })).toEqual(passing);
		const strict = await run("h2ping", { target: secure, tls: { ...tls, skipVerify: false } });
		expect(strict).toMatchObject({ status: "critical", output: expect.stringMatching(/^Failed to dial to /) });
	});

	it("is critical without an HTTP/2 server", async () => {
		expect((await run("h2ping", { target: `${host}:${portOf(plain)}` }))?.output).toMatch(/^HTTP2 ping failed: /);
		const late = await run("h2ping", { target: `${host}:${portOf(silent)}`, timeoutMs: 200 });
		expect(late).toEqual({ status: "critical", output: "HTTP2 ping failed: context deadline exceeded" });
		const handshake = await run("h2ping", { target: `${host}:${portOf(silent)}`, timeoutMs: 200, tls });
		expect(handshake?.output).toMatch(/^Failed to dial to .*: i\/o timeout$/);
		const target = `${host}:1`;
		expect((await run("h2ping", { target }))?.output).toBe(
			`Failed to dial to ${target}: dial tcp ${target}: connect: connection refused`,
		);
		expect((await run("h2ping", { target: "no-port" }))?.output).toBe(
			"Failed to dial to no-port: dial tcp: address no-port: missing port in address",
		);
	});

	it("ends when it is stopped", async () => {
		const stop = new AbortController();
		const outcome = run("h2ping", { target: `${host}:${portOf(silent)}`, timeoutMs: 600_000 }, stop.signal);
		stop.abort();
		expect((await outcome)?.status).toBe("critical");
	});
});

describe("the agent's own TLS", () => {
	it("is shown, and its authority trusted, by HTTPS and HTTP/2 checks", async () => {
		const own = probesWithOwnTls(() => ({ ca: [cert.toString()], cert: cert.toString(), key: key.toString() }));
		const strict = { serverName: "checked.test", skipVerify: false };
		const options = { key, cert, ca: [cert], requestCert: true, rejectUnauthorized: true };
		const https = createHttpsServer(options, (_, response) => response.end("seen")).listen(0, host);
		const h2 = createSecureServer(options).listen(0, host);
		await Promise.all([once(https, "listening"), once(h2, "listening")]);
		const ask = (table: typeof own, kind: string, change: Partial<ProbePlan>) =>
			table[kind]?.(probePlan({ kind, ...change }), new AbortController().signal);
		const http = {
			...{ url: `https://${host}:${portOf(https)}/`, method: "", header: {}, body: "", disableRedirects: false },
			...{ tlsServerName: "checked.test", tlsSkipVerify: false },
		};
		expect(await ask(own, "http", { http })).toMatchObject({ status: "passing" });
		expect(await ask(probes, "http", { http })).toMatchObject({ status: "critical" });
		const target = `${host}:${portOf(h2)}`;
		expect(await ask(own, "h2ping", { target, tls: strict })).toMatchObject({ status: "passing" });
		expect(await ask(probes, "h2ping", { target, tls: strict })).toMatchObject({ status: "critical" });
		https.close();
		h2.close();
	});
});

describe("operating system's service", () => {
	it("tells with the manager's words that a service does not run, and takes no options for names", async () => {
		const gone = await run("os_service", { target: "disco-no-such-service" });
		expect(gone).toMatchObject({
			status: "critical",
			output: expect.stringMatching(/^service disco-no-such-service: ./),
		});
		expect((await run("os_service", { target: "--help" }))?.output).toBe('"--help" is not the name of a service');
	});
});
