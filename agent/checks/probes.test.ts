import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProbePlan } from "./plan.ts";
import { probes } from "./probes.ts";
import { createTailBuffer } from "./tail-buffer.ts";
import { splitHostPort } from "./target.ts";
import { probePlan } from "./testing.ts";

const never = new AbortController().signal;
const run = (kind: string, change: Partial<ProbePlan>) => probes[kind]?.(probePlan({ kind, ...change }), never);

describe("HTTP check", () => {
	let server: Server;
	let base = "";
	beforeAll(async () => {
		server = createServer((request, response) => {
			const path = request.url ?? "/";
			if (path.startsWith("/status/")) response.writeHead(Number(path.slice(8))).end("body");
			else if (path === "/away") response.writeHead(302, { Location: "/status/204" }).end();
			else if (path === "/again") response.writeHead(307, { Location: "/echo" }).end();
			else if (path === "/round") response.writeHead(302, { Location: "/round" }).end();
			else if (path === "/long") response.end("x".repeat(10_000));
			else if (path === "/endless") {
				const more = () => {
					while (!response.destroyed && response.write("x".repeat(65_536)));
				};
				response.on("drain", more);
				more();
			} else if (path === "/echo") {
				const { "user-agent": agent, "x-probe": probe } = request.headers;
				let body = "";
				request.on("data", (chunk: Buffer) => {
					body += chunk.toString();
				});
				request.on("end", () => response.end(`${request.method} ${agent} ${probe} ${body}`));
			}
		});
		server.listen(0, "127.13.0.1");
		await once(server, "listening");
		base = `http://127.13.0.1:${(server.address() as AddressInfo).port}`;
	});
	afterAll(() => void server.closeAllConnections());

	const http = (path: string, change: Partial<NonNullable<ProbePlan["http"]>> = {}) => ({
		http: {
			url: base + path,
			method: "GET",
			header: {},
			body: "",
			disableRedirects: false,
			tlsServerName: "",
			tlsSkipVerify: false,
			...change,
		},
	});

	it.each([
		["/status/200", "passing", "200 OK"],
		["/status/299", "passing", "299 unknown"],
		["/status/429", "warning", "429 Too Many Requests"],
		["/status/404", "critical", "404 Not Found"],
		["/status/500", "critical", "500 Internal Server Error"],
	])("%s is %s", async (path, status, line) => {
		expect(await run("http", http(path))).toEqual({ status, output: `HTTP GET ${base}${path}: ${line} Output: body` });
	});

	it("follows redirects unless told not to, keeps method and body where HTTP says so, and does not go round for ever", async () => {
		expect((await run("http", http("/away")))?.output).toBe(`HTTP GET ${base}/away: 204 No Content Output: `);
		expect((await run("http", http("/away", { disableRedirects: true })))?.status).toBe("critical");
		const again = await run("http", http("/again", { method: "PUT", body: "hi", header: { "X-Probe": ["p"] } }));
		expect(again?.output).toContain("PUT Consul Health Check p hi");
		expect((await run("http", http("/round")))?.output).toContain("stopped after 10 redirects");
	});

	it("keeps the end of a long answer", async () => {
		const outcome = await run("http", { ...http("/long"), outputSizeBytesMax: 100 });
		expect(outcome?.output).toBe(`HTTP GET ${base}/long: 200 OK Output: ${"x".repeat(100)}`);
	});

	it("does not read an endless answer to its end", async () => {
		const outcome = await run("http", { ...http("/endless"), timeoutMs: 60_000 });
		expect(outcome?.status).toBe("passing");
	});

	it("ends in time however often garbage is collected", async () => {
		setFlagsFromString("--expose-gc");
		const collect = runInNewContext("gc") as () => void;
		const outcomes = Array.from({ length: 20 }, () => run("http", { ...http("/silent"), timeoutMs: 300 }));
		const collecting = setInterval(collect, 20);
		const statuses = (await Promise.all(outcomes)).map((outcome) => outcome?.status);
		clearInterval(collecting);
		expect(new Set(statuses)).toEqual(new Set(["critical"]));
	});

	it("is critical when nobody answers in time or at all", async () => {
		expect((await run("http", { ...http("/silent"), timeoutMs: 100 }))?.output).toContain("context deadline exceeded");
		const closed = await run("http", http("", { url: "http://127.13.0.1:1/" }));
		expect(closed).toMatchObject({
			status: "critical",
			output: 'Get "http://127.13.0.1:1/": dial tcp 127.13.0.1:1: connect: connection refused',
		});
		expect((await run("http", http("", { url: "nonsense" })))?.status).toBe("critical");
	});
});

describe("TCP and UDP checks", () => {
	it("tells an open port from a closed one", async () => {
		const server = createTcpServer().listen(0, "127.13.0.1");
		await once(server, "listening");
		const target = `127.13.0.1:${(server.address() as AddressInfo).port}`;
		expect(await run("tcp", { target })).toEqual({ status: "passing", output: `TCP connect ${target}: Success` });
		server.close();
		await once(server, "close");
		expect(await run("tcp", { target })).toMatchObject({ status: "critical" });
		expect((await run("tcp", { target: "no-port" }))?.output).toBe(
			"dial tcp: address no-port: missing port in address",
		);
	});

	it("takes UDP silence for health and a refusal for none", async () => {
		const socket = createSocket("udp4").bind(0, "127.13.0.1");
		await once(socket, "listening");
		const target = `127.13.0.1:${socket.address().port}`;
		expect((await run("udp", { target, timeoutMs: 50 }))?.status).toBe("passing");
		socket.close();
		await once(socket, "close");
		expect((await run("udp", { target, timeoutMs: 30_000 }))?.status).toBe("critical");
	});

	it.each([
		["10.0.0.1:80", { host: "10.0.0.1", port: 80 }],
		["[::1]:80", { host: "::1", port: 80 }],
		["db:5432", { host: "db", port: 5432 }],
		["::1:80", undefined],
		["db", undefined],
		["db:99999", undefined],
	])("splits %s", (text, parts) => {
		expect(splitHostPort(text)).toEqual(parts);
	});
});

describe("script check", () => {
	it.each([
		["exit 0", "passing"],
		["exit 1", "warning"],
		["exit 2", "critical"],
		["kill -9 $$", "critical"],
	])("%s is %s", async (script, status) => {
		expect(await run("script", { args: ["sh", "-c", `echo said; ${script}`] })).toEqual({ status, output: "said\n" });
	});

	it("kills what it started when the time is over", async () => {
		const args = ["sh", "-c", "sleep 60 & echo $!; wait"];
		const outcome = await run("script", { args, timeoutMs: 300 });
		expect(outcome).toMatchObject({ status: "critical", output: expect.stringContaining("Timed out (300ms)") });
		const pid = /(\d+)\s*$/.exec(outcome?.output ?? "")?.[1] ?? "";
		// Gone, or a zombie that its new parent has not collected yet.
		await expect.poll(() => processState(pid)).toMatch(/^[ZX]?$/);
	});

	it("shows the end of a long output and how much there was", async () => {
		const args = ["sh", "-c", "head -c 9000 /dev/zero | tr '\\0' x"];
		const outcome = await run("script", { args, outputSizeBytesMax: 10 });
		expect(outcome?.output).toBe(`Captured 10 of 9000 bytes\n...\n${"x".repeat(10)}`);
	});

	it("reads what floods slowly, and ends it in time", async () => {
		const before = process.memoryUsage.rss();
		const outcome = await run("script", { args: ["sh", "-c", "yes"], timeoutMs: 400 });
		expect(outcome?.output).toContain("Timed out (400ms)");
		expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024);
	});

	it("is critical when the command does not exist", async () => {
		const outcome = await run("script", { args: ["/nonexistent"] });
		expect(outcome).toEqual({ status: "critical", output: "fork/exec /nonexistent: no such file or directory" });
	});
});

it("a tail buffer keeps the end, whatever the pieces", () => {
	const buffer = createTailBuffer(4);
	for (const piece of ["ab", "c", "defghi", "j"]) buffer.write(Buffer.from(piece));
	expect([buffer.text(), buffer.writtenBytes]).toEqual(["ghij", 10]);
});

function processState(pid: string): string {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[0] ?? "";
	} catch {
		return "";
	}
}
