import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectPlain, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { Connection } from "../../lib/env/index.ts";
import { errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log/index.ts";
import { silentLogger } from "../../lib/log/index.ts";
import { nodeClock, nodeNetwork } from "../../lib/node/index.ts";
import { type TestPair, testAuthority } from "../../lib/x509/testing.ts";
import { loadAgentConfig } from "../config/index.ts";
import { listenOnServerPort, methods } from "../rpc/forward/index.ts";
import { served } from "../rpc/wire/rpc.ts";
import { RpcClient } from "../rpc/wire/rpc-client.ts";
import { createRpcTls, type RpcTls } from "./rpc-tls.ts";

const folder = mkdtempSync(join(tmpdir(), "disco-rpc-tls-"));
afterAll(() => rmSync(folder, { recursive: true }));
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

const ours = testAuthority("ours");
const others = testAuthority("others");
const serverPair = ours.issue(["server.dc1.consul", "localhost"]);
const clientPair = ours.issue(["client.dc1.consul", "localhost"]);

let fileCount = 0;
function file(text: string): string {
	const path = join(folder, `${++fileCount}.pem`);
	writeFileSync(path, text, { mode: 0o600 });
	return path;
}

const verifyAll = "verify_incoming = true verify_outgoing = true verify_server_hostname = true";

function configOf(pair: TestPair | undefined, more: string, authority = ours.cert) {
	const files = pair === undefined ? "" : `cert_file = "${file(pair.cert)}" key_file = "${file(pair.key)}"`;
	const hcl = `tls { internal_rpc { ca_file = "${file(authority)}" ${files} ${more} } }`;
	return configOfHcl(hcl);
}

function configOfHcl(hcl: string) {
	const config = loadAgentConfig(["-dev", "-hcl", hcl], { hostName: "n1", env: {}, addresses: ["10.0.0.1"] });
	if (config === undefined) throw new Error("help");
	return config;
}

/** Keeps what is warned of. */
function listening(): { readonly logger: Logger; readonly lines: string[] } {
	const lines: string[] = [];
	const logger = {
		...silentLogger,
		warn: (text: string, fields = {}) => lines.push(`${text} ${JSON.stringify(fields)}`),
	};
	return { logger: { ...logger, named: () => logger } as unknown as Logger, lines };
}

interface TestServer {
	readonly port: number;
	readonly tls: RpcTls;
	readonly lines: string[];
	/** What came on Raft's connections. */
	readonly raft: string[];
}

async function startServer(
	config: ReturnType<typeof configOf>,
	port: { readonly handshakeTimeoutMs?: number } = {},
): Promise<TestServer> {
	const { logger, lines } = listening();
	const tls = createRpcTls(config, logger);
	const raft: string[] = [];
	const table = [served(methods.ping, async () => ({})), served(methods.leader, async () => "x".repeat(3_000_000))];
	const listener = await listenOnServerPort({
		network: nodeNetwork,
		clock: nodeClock,
		host: "127.0.0.1",
		port: 0,
		methods: new Map(table.map((method) => [method.name, method])),
		onRaft: async (connection) => {
			for await (const chunk of connection.incoming) {
				raft.push(Buffer.from(chunk).toString());
				await connection.write(chunk);
			}
		},
		onSnapshot: echoAtEnd,
		...port,
		...tls,
	});
	ends.push(() => listener.close());
	return { port: listener.local.port, tls, lines, raft };
}

/** As a restore: the answer comes when the peer has ended its direction. */
async function echoAtEnd(connection: Connection): Promise<void> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of connection.incoming) chunks.push(chunk);
	await connection.write(Buffer.concat(chunks));
}

function clientOf(config: ReturnType<typeof configOf>, { port }: TestServer, datacenter = "dc1") {
	const { logger, lines } = listening();
	const tls = createRpcTls(config, logger);
	const network = tls.networkTo(datacenter);
	const to = { host: "127.0.0.1", port };
	const rpc = new RpcClient({ network, clock: nodeClock, to });
	ends.push(() => rpc.close());
	return { rpc, tls, network, to, lines, ping: () => rpc.call(methods.ping, {}, { timeoutMs: 20_000 }) };
}

async function textOf(connection: Connection): Promise<string> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of connection.incoming) chunks.push(chunk);
	return Buffer.concat(chunks).toString();
}

/** Resolves when the server has closed it, with what it sent. */
async function untilClosed(socket: Socket): Promise<string> {
	let text = "";
	socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
	socket.on("error", () => undefined);
	if (!socket.closed) await once(socket, "close");
	return text;
}

async function plainSocket(port: number): Promise<Socket> {
	const socket = connectPlain(port, "127.0.0.1");
	await once(socket, "connect");
	return socket;
}

describe("TLS between agents", () => {
	it("carries calls, Raft and snapshots, with everything verified", async () => {
		const server = await startServer(configOf(serverPair, verifyAll));
		const client = clientOf(configOf(clientPair, verifyAll), server);
		const query = { ...methods.leader.argument.zero, Datacenter: "dc1" };
		const many = Array.from({ length: 5 }, () => client.rpc.call(methods.leader, query, { timeoutMs: 20_000 }));
		for (const text of await Promise.all(many)) expect(text).toHaveLength(3_000_000);
		const other = clientOf(configOf(serverPair, verifyAll), server);
		const raft = await other.network.connect(other.to, { timeoutMs: 5_000 });
		await raft.write(Buffer.from("\u0001hello"));
		expect((await raft.incoming[Symbol.asyncIterator]().next()).value.toString()).toBe("hello");
		await raft.close();
		const archive = "a".repeat(2_000_000);
		const snapshot = await client.network.connect(client.to, { timeoutMs: 5_000, halfOpen: true });
		await snapshot.write(Buffer.from("\u0005"));
		await snapshot.write(Buffer.from(archive));
		await snapshot.endWrite?.();
		expect(await textOf(snapshot)).toBe(archive);
		await snapshot.close();
		expect([...server.lines, ...client.lines, ...other.lines]).toEqual([]);
	});

	it.each([
		["consul/rpc-multi", ""],
		["consul/raft", "hello"],
	])("is spoken natively as %s", async (protocol, text) => {
		const server = await startServer(configOf(serverPair, verifyAll));
		const socket = connectTls({
			host: "127.0.0.1",
			port: server.port,
			ca: [ours.cert],
			...serverPair,
			servername: "server.dc1.consul",
			ALPNProtocols: [protocol],
		});
		await once(socket, "secureConnect");
		if (text === "") {
			// A yamux ping is answered.
			socket.write(Buffer.from("000200010000000000000007", "hex"));
			const [answer] = await once(socket, "data");
			expect(answer.toString("hex")).toBe("000200020000000000000007");
		} else {
			socket.write(text);
			expect((await once(socket, "data")).toString()).toBe(text);
		}
		socket.destroy();
	});

	it("is used by who wants to and not by others, unless verify_incoming is set", async () => {
		const server = await startServer(configOf(serverPair, ""));
		expect(await clientOf(configOfHcl(""), server).ping()).toEqual({});
		expect(await clientOf(configOf(undefined, "verify_outgoing = true"), server).ping()).toEqual({});
		expect(server.lines).toEqual([]);
	});

	const refusals: readonly (readonly [
		string,
		{ readonly server?: TestPair; readonly client?: TestPair; readonly ca?: string; readonly options?: string },
		{ readonly server?: RegExp; readonly client?: RegExp },
	])[] = [
		["without TLS", { options: "" }, { server: /does not use TLS.*verify_outgoing = true/ }],
		[
			"without a certificate",
			{ client: undefined as never, options: "verify_outgoing = true" },
			{ server: /shown no certificate/ },
		],
		[
			"of another authority",
			{ client: others.issue(["client.dc1.consul"]) },
			{ server: /not of an authority in ca_file/ },
		],
		["past its time", { client: ours.issue(["client.dc1.consul"], { agedDays: 9 }) }, { server: /past its time/ }],
		[
			"for servers only",
			{ client: ours.issue(["client.dc1.consul"], { usages: ["server"] }) },
			{ server: /for the other role/ },
		],
		["(server) of another authority", { ca: others.cert }, { client: /not of an authority in ca_file/ }],
		[
			"(server) past its time",
			{ server: ours.issue(["server.dc1.consul"], { agedDays: 9 }) },
			{ client: /past its time/ },
		],
		["(server) that is a client's", { server: clientPair }, { client: /another name.*server\.dc1\.consul/ }],
		[
			"(server) of another datacenter",
			{ server: ours.issue(["server.dc2.consul"]) },
			{ client: /another name.*server\.dc1\.consul/ },
		],
		[
			"(server) for clients only",
			{ server: ours.issue(["server.dc1.consul"], { usages: ["client"] }) },
			{ client: /for the other role/ },
		],
	];
	it.each(refusals)("a peer %s is refused, and the log says why", async (_, wrong, said) => {
		const server = await startServer(configOf(wrong.server ?? serverPair, verifyAll));
		const pair = "client" in wrong ? wrong.client : clientPair;
		const config = configOf(pair, wrong.options ?? verifyAll, wrong.ca);
		const client = clientOf(config, server);
		await expect(client.ping()).rejects.toMatchObject({
			code: expect.stringMatching(/^(?:CONNECTION_REFUSED|CONNECTION_LOST)$/),
		});
		if (said.server !== undefined) expect(server.lines.join("\n")).toMatch(said.server);
		if (said.client !== undefined) expect(client.lines.join("\n")).toMatch(said.client);
		const all = [...server.lines, ...client.lines].join("\n");
		expect(all).not.toMatch(/PRIVATE|BEGIN/);
	});

	it("checks names by the datacenter that is connected to", async () => {
		const server = await startServer(configOf(ours.issue(["server.dc2.consul"]), verifyAll));
		const config = configOf(clientPair, verifyAll);
		expect(await clientOf(config, server, "dc2").ping()).toEqual({});
		await expect(clientOf(config, server, "dc1").ping()).rejects.toThrow(/another name/);
	});

	it("a client's certificate does not speak Raft", async () => {
		const server = await startServer(configOf(serverPair, verifyAll));
		const client = clientOf(configOf(clientPair, verifyAll), server);
		const raft = await client.network.connect(client.to, { timeoutMs: 5_000 });
		await raft.write(Buffer.from("\u0001hello"));
		await expect(textOf(raft)).rejects.toMatchObject({ code: "CONNECTION_LOST" });
		expect(server.raft).toEqual([]);
		expect(server.lines.join("\n")).toMatch(/does not name server\.dc1\.consul/);
		expect(await client.ping()).toEqual({});
	});

	it("a server without TLS is not spoken to by who wants TLS", async () => {
		const server = await startServer(configOfHcl(""));
		const client = clientOf(configOf(clientPair, verifyAll), server);
		await expect(client.ping()).rejects.toMatchObject({ code: "CONNECTION_REFUSED" });
		expect(client.lines.join("\n")).toMatch(/or does not speak TLS/);
		expect(server.lines.join("\n")).toMatch(/give cert_file and key_file/);
	});

	it("takes new files for new connections; those that are there go on", async () => {
		const server = await startServer(configOf(serverPair, verifyAll));
		const client = clientOf(configOf(clientPair, verifyAll), server);
		expect(await client.ping()).toEqual({});
		server.tls.prepare(configOf(others.issue(["server.dc1.consul"]), verifyAll, others.cert))();
		expect(await client.ping()).toEqual({});
		await expect(clientOf(configOf(clientPair, verifyAll), server).ping()).rejects.toThrow(/not of an authority/);
		const renewed = configOf(others.issue(["client.dc1.consul"]), verifyAll, others.cert);
		expect(await clientOf(renewed, server).ping()).toEqual({});
		client.tls.prepare(renewed)();
		const again = new RpcClient({ network: client.network, clock: nodeClock, to: client.to });
		ends.push(() => again.close());
		expect(await again.call(methods.ping, {}, { timeoutMs: 20_000 })).toEqual({});
	});

	it("a file that cannot be used leaves what is in force", async () => {
		const server = await startServer(configOf(serverPair, verifyAll));
		const broken = configOf({ ...serverPair, key: clientPair.key }, verifyAll);
		expect(() => server.tls.prepare(broken)).toThrow(/do not go together/);
		expect(await clientOf(configOf(clientPair, verifyAll), server).ping()).toEqual({});
	});
});

describe("hostile peers", () => {
	it("TLS within TLS is refused", async () => {
		const server = await startServer(configOf(serverPair, verifyAll));
		const client = clientOf(configOf(clientPair, verifyAll), server);
		const connection = await client.network.connect(client.to, { timeoutMs: 5_000 });
		await connection.write(Buffer.from("\u0003\u0016\u0003\u0001"));
		await expect(textOf(connection)).rejects.toMatchObject({ code: "CONNECTION_LOST" });
		expect(server.lines.join("\n")).toMatch(/within TLS/);
	});

	it.each([
		"\u0003garbage, garbage, garbage",
		"\u0003\u0016\u0003\u0001\u0000\u0005hello",
		"\u0016\u0003\u0001zz",
		"\u0003",
	])("what is no handshake is closed (%j)", async (text) => {
		const server = await startServer(configOf(serverPair, verifyAll));
		const socket = await plainSocket(server.port);
		socket.end(text, "latin1");
		await untilClosed(socket);
		expect(await clientOf(configOf(clientPair, verifyAll), server).ping()).toEqual({});
	});

	it("a handshake that is never finished is ended", async () => {
		const server = await startServer(configOf(serverPair, verifyAll));
		const sockets = await Promise.all(Array.from({ length: 99 }, () => plainSocket(server.port)));
		const closed = Promise.all(sockets.map(untilClosed));
		for (const socket of sockets) socket.write(Buffer.of(3, 0x16, 3, 1));
		// Others come through meanwhile.
		expect(await clientOf(configOf(clientPair, verifyAll), server).ping()).toEqual({});
		await closed;
		expect(server.lines.join("\n")).toMatch(/not finished in time/);
	}, 60_000);

	it("is ended by the port's own time, too", async () => {
		const server = await startServer(configOf(serverPair, verifyAll), { handshakeTimeoutMs: 300 });
		for (const text of ["", "\u0003", "\u0003\u0016\u0003\u0001", "\u0016\u0003\u0001"]) {
			const socket = await plainSocket(server.port);
			socket.write(text, "latin1");
			await untilClosed(socket);
		}
	});

	it("handshakes count among the 100 connections of an address", async () => {
		const server = await startServer(configOf(serverPair, ""));
		const sockets = await Promise.all(Array.from({ length: 100 }, () => plainSocket(server.port)));
		await Promise.all(
			sockets.map((socket) => {
				// A yamux ping; from its answer on there is no limit of time.
				socket.write(Buffer.from("04000200010000000000000007", "hex"));
				return once(socket, "data");
			}),
		);
		const client = clientOf(configOf(clientPair, "verify_outgoing = true"), server);
		await expect(client.ping()).rejects.toMatchObject({ code: "CONNECTION_REFUSED" });
		for (const socket of sockets) socket.destroy();
		await Promise.all(sockets.map(untilClosed));
		await expect.poll(() => client.ping().catch(errorMessage), { timeout: 20_000 }).toEqual({});
	});
});
