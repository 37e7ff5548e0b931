import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { decode, encode } from "dns-packet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, outcome } from "../support/programs.ts";
import { program, start, startAgent, type TestAgent, temporaryFolder } from "./support.ts";

const host = "127.13.0.31";

async function doctor(address: string, args: readonly string[] = []) {
	const { exitCode, stdout, stderr } = await outcome(process.execPath, [
		program,
		"doctor",
		"-format=json",
		"-http-addr",
		address,
		...args,
	]);
	if (stdout === "") throw new Error(stderr);
	const codes = (JSON.parse(stdout) as readonly { readonly Code: string }[]).map(({ Code }) => Code);
	return { exitCode, codes };
}

/** Something that answers HTTP in the agent's place. */
async function instead(listener: RequestListener): Promise<string> {
	const server = createServer(listener).listen(0, host);
	await once(server, "listening");
	server.unref();
	return `${host}:${(server.address() as AddressInfo).port}`;
}

/** A DNS server that knows no name. */
async function emptyResolver(): Promise<string> {
	const socket = createSocket("udp4");
	socket.on("message", (message, { port, address }) => {
		const { id, questions } = decode(message);
		// 3 is NXDOMAIN.
		socket.send(encode({ type: "response", id: id ?? 0, flags: 3, questions: questions ?? [] }), port, address);
	});
	socket.bind(0, host);
	await once(socket, "listening");
	socket.unref();
	return `${host}:${socket.address().port}`;
}

function certificate(name: string, days: number): string {
	const folder = temporaryFolder();
	const file = join(folder, `${name}.pem`);
	execFileSync(
		"openssl",
		["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", String(days)].concat([
			"-subj",
			"/CN=doctor.test",
			"-keyout",
			join(folder, "key.pem"),
			"-out",
			file,
		]),
		{ stdio: "ignore" },
	);
	return file;
}

describe("disco doctor finds", () => {
	let agent: TestAgent;
	beforeAll(async () => {
		agent = await startAgent(host);
	});
	afterAll(() => agent.kill("SIGKILL"));

	/** Makes a fault, looks for its code, and takes it back: then nothing is wrong. */
	async function found(code: string, fault: () => Promise<() => Promise<unknown>>) {
		const repair = await fault();
		const seen = await eventually(code, async () => {
			const each = await doctor(agent.httpAddress);
			return each.codes.length > 0 ? each : undefined;
		});
		await repair();
		expect(seen).toEqual({ exitCode: 1, codes: [code] });
	}

	/** A node of the catalog with one service. */
	async function node(name: string, address: string, services: readonly object[], meta: Record<string, string> = {}) {
		for (const Service of services) {
			await agent.client.catalog.register({ Node: name, Address: address, NodeMeta: meta, Service } as never);
		}
		return () => agent.client.catalog.deregister({ Node: name });
	}

	it("nothing on an agent that is well", async () => {
		const service = createTcpServer().listen(0, host);
		await once(service, "listening");
		const { port } = service.address() as AddressInfo;
		await agent.client.agent.registerService({
			Name: "well",
			Port: port,
			Check: { TCP: `${host}:${port}`, Interval: "1s" },
		});
		await node("outside", "10.9.9.9", [{ ID: "db", Service: "db", Port: 5432 }], { "external-node": "true" });
		expect(await doctor(agent.httpAddress, ["-certificate", certificate("long", 300)])).toEqual({
			exitCode: 0,
			codes: [],
		});
		const text = await outcome(process.execPath, [program, "doctor", "-http-addr", agent.httpAddress]);
		expect(text).toMatchObject({ exitCode: 0, stdout: "Nothing is wrong.\n" });
		await agent.client.agent.deregisterService("well");
		await agent.client.catalog.deregister({ Node: "outside" });
		service.close();
	});

	it.each([
		["AGENT_UNREACHABLE", async () => `${host}:1`],
		["NOT_AN_AGENT", () => instead((_, response) => response.writeHead(404).end("<html>"))],
		["TOKEN_REFUSED", () => instead((_, response) => response.writeHead(403).end("Permission denied"))],
	])("%s", async (code, address) => {
		expect(await doctor(await address())).toEqual({ exitCode: 1, codes: [code] });
	});

	it("CLOCK_DIFFERS", async () => {
		const passedOn = await instead((request, response) => {
			fetch(`http://${agent.httpAddress}${request.url}`).then(async (answer) => {
				const body = Buffer.from(await answer.arrayBuffer());
				const late = new Date(Date.now() - 60_000).toUTCString();
				response.writeHead(answer.status, { "Content-Type": "application/json", Date: late }).end(body);
			}, response.destroy);
		});
		expect((await doctor(passedOn)).codes).toEqual(["CLOCK_DIFFERS"]);
	});

	it("NO_LEADER", async () => {
		const alone = start([
			...["agent", "-data-dir", temporaryFolder(), "-bind=127.13.0.32", "-client=127.13.0.32", "-node=n2"],
			...["-http-port=18500", "-dns-port=-1", "-log-level=warn"],
		]);
		try {
			const seen = await eventually("the agent", async () => {
				const each = await doctor("127.13.0.32:18500");
				return each.codes.includes("AGENT_UNREACHABLE") ? undefined : each;
			});
			expect(seen.codes).toEqual(["NO_LEADER"]);
		} finally {
			alone.child.kill("SIGKILL");
			await alone.ended;
		}
	});

	it("DNS_NOT_FORWARDED", async () => {
		const resolver = await emptyResolver();
		expect((await doctor(agent.httpAddress, ["-resolver", resolver])).codes).toEqual(["DNS_NOT_FORWARDED"]);
		const forwarding = `${agent.host}:${agent.dnsPort}`;
		expect((await doctor(agent.httpAddress, ["-resolver", forwarding])).codes).toEqual([]);
	});

	it("TTL_EXPIRED", () =>
		found("TTL_EXPIRED", async () => {
			await agent.client.agent.registerCheck({ Name: "beat", TTL: "100ms", Status: "passing" });
			return () => agent.client.agent.deregisterCheck("beat");
		}));

	it("PORT_CLOSED", () =>
		found("PORT_CLOSED", async () => {
			await agent.client.agent.registerService({ Name: "closed", Address: host, Port: 1 });
			return () => agent.client.agent.deregisterService("closed");
		}));

	it("NAME_NOT_DNS", () =>
		found("NAME_NOT_DNS", async () => {
			await agent.client.agent.registerService({ Name: "my_service" });
			return () => agent.client.agent.deregisterService("my_service");
		}));

	it("SERVICE_ORPHANED", () =>
		found("SERVICE_ORPHANED", () =>
			node("n1", host, [{ ID: "left", Service: "left" }]).then(
				() => () => agent.client.catalog.deregister({ Node: "n1", ServiceID: "left" }),
			),
		));

	it("NODE_ORPHANED", () =>
		found("NODE_ORPHANED", () => node("gone", "10.9.9.1", [{ ID: "a", Service: "a", Port: 1 }])));

	it("NODE_ADDRESS_DOUBLE", () =>
		found("NODE_ADDRESS_DOUBLE", () => node("twin", host, [{ ID: "t", Service: "t" }], { "external-node": "true" })));

	it("INSTANCE_DOUBLE", () =>
		found("INSTANCE_DOUBLE", () =>
			node(
				"outside",
				"10.9.9.2",
				[
					{ ID: "w1", Service: "w", Port: 80 },
					{ ID: "w2", Service: "w", Port: 80 },
				],
				{ "external-node": "true" },
			),
		));

	it("SCRIPTS_OPEN and FOLDER_OPEN", async () => {
		const folder = temporaryFolder();
		writeFileSync(join(folder, "config.json"), '{"enable_script_checks": true}');
		const open = await startAgent("127.13.0.33", {
			folder,
			args: ["-client=0.0.0.0", `-config-file=${join(folder, "config.json")}`],
		});
		try {
			chmodSync(folder, 0o777);
			// A socket for every address answers from the machine's first one.
			const address = open.httpAddress.replace(open.host, "127.0.0.1");
			expect((await doctor(address)).codes).toEqual(["SCRIPTS_OPEN", "FOLDER_OPEN"]);
		} finally {
			await open.kill("SIGKILL");
		}
	});

	it("CERTIFICATE_EXPIRES", async () => {
		expect((await doctor(agent.httpAddress, ["-certificate", certificate("short", 2)])).codes).toEqual([
			"CERTIFICATE_EXPIRES",
		]);
	});
});
