import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createGate } from "../support/gate.ts";
import { eventually } from "../support/programs.ts";
import { freePort, start, startAgent, type TestAgent, type TestProgram } from "./support.ts";

/** `disco connect` before real TCP servers, with an agent of ours. */
const host = "127.60.0.4";
let agent: TestAgent;
const programs: TestProgram[] = [];
const servers: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];
const registered: string[] = [];

beforeAll(async () => {
	agent = await startAgent(host);
});
afterAll(() => agent?.kill("SIGKILL"));
afterEach(async () => {
	for (const { child, ended } of programs.splice(0)) {
		child.kill("SIGKILL");
		await ended;
	}
	for (const { server, sockets } of servers.splice(0)) {
		for (const socket of sockets) socket.destroy();
		server.close();
	}
	for (const id of registered.splice(0)) await agent.client.agent.deregisterService(id);
});

/** A server that says its name to whoever comes, then returns what it gets; ends when the client has ended. */
async function echo(name: string): Promise<{ readonly port: number; readonly server: Server; cut(): void }> {
	const sockets = new Set<Socket>();
	const server = createServer({ allowHalfOpen: true }, (socket) => {
		sockets.add(socket);
		socket.on("error", () => {}).on("close", () => sockets.delete(socket));
		socket.write(`${name}\n`);
		socket.pipe(socket);
	}).listen(0, host);
	await once(server, "listening");
	servers.push({ server, sockets });
	const cut = () => {
		for (const socket of sockets) socket.destroy();
	};
	return { port: (server.address() as { port: number }).port, server, cut };
}

async function register(name: string, id: string, port: number): Promise<void> {
	registered.push(id);
	await agent.client.agent.registerService({
		Name: name,
		ID: id,
		Address: host,
		Port: port,
		Check: { TTL: "1h", Status: "passing", CheckID: id },
	});
}

async function proxy(...args: string[]): Promise<TestProgram> {
	const address = args.includes("-http-addr") ? [] : ["-http-addr", agent.httpAddress];
	const program = start(["connect", ...address, ...args]);
	programs.push(program);
	const wanted = args.filter((word) => word === "-service").length;
	await eventually(`listening: ${program.output()}`, () => program.output().split(" -> ").length === wanted + 1);
	return program;
}

interface Connection {
	readonly socket: Socket;
	/** What has come so far. */
	text(): string;
}

function open(port: number): Connection {
	const socket = connect({ host, port, allowHalfOpen: true });
	let text = "";
	socket.on("error", () => {}).on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
	return { socket, text: () => text };
}

/** The name of the server that a new connection gets to, closed again; empty when it is refused. */
async function whoAnswers(port: number): Promise<string> {
	const { socket, text } = open(port);
	socket.on("data", () => socket.end());
	await closed(socket);
	return text().trim();
}

/** Whether by an end or by an error. */
function closed(socket: Socket): Promise<void> {
	return new Promise((resolve) => void socket.once("close", () => resolve()));
}

async function said(connection: Connection, text: string): Promise<void> {
	await eventually(text, () => connection.text().endsWith(text));
}

test("spreads connections, follows changes, cuts nothing, and sends nobody new to who drains", async () => {
	const [a, b] = [await echo("a"), await echo("b")];
	const port = await freePort(host);
	await register("redis", "a", a.port);
	const program = await proxy("-listen", `${host}:${port}`, "-service", "redis");
	const first = open(port);
	await said(first, "a\n");
	await register("redis", "b", b.port);
	// The one with the least connections gets the next.
	await eventually("the new instance", async () => (await whoAnswers(port)) === "b");
	await agent.client.call({ method: "PUT", path: "/v1/agent/service/drain/a", query: { for: "1h" } });
	await eventually("nobody new at a", async () => {
		const held = [open(port), open(port), open(port)];
		await Promise.all(held.map((each) => eventually("a name", () => each.text() !== "")));
		for (const { socket } of held) socket.destroy();
		return held.every((each) => each.text() === "b\n");
	});
	first.socket.write("still here\n");
	await said(first, "still here\n");
	await agent.client.agent.deregisterService(registered.shift() ?? "");
	await agent.client.agent.failCheck("b");
	await eventually("no instance", async () => (await whoAnswers(port)) === "");
	first.socket.write("and still\n");
	await said(first, "and still\n");
	await eventually("the reason", () =>
		/redis: a connection was refused: no instance is healthy/.test(program.output()),
	);
	await agent.client.agent.passCheck("b");
	await eventually("it is back", async () => (await whoAnswers(port)) === "b");
	first.socket.end();
	await closed(first.socket);
});

test("several ports; what is sent after an end arrives whole, and an instance that is gone is replaced at once", async () => {
	const [web, db] = [await echo("web"), await echo("db")];
	const ports = [await freePort(host), await freePort(host)] as const;
	await register("web", "w", web.port);
	await register("db", "d1", db.port);
	await register("db", "d2", await freePort(host));
	await proxy("-listen", `${host}:${ports[0]}`, "-service", "web", "-listen", `${host}:${ports[1]}`, "-service", "db");
	expect(await whoAnswers(ports[0])).toBe("web");
	for (let count = 0; count < 10; count++) expect(await whoAnswers(ports[1])).toBe("db");
	const { socket, text } = open(ports[0]);
	const sent = Buffer.alloc(8 * 1024 * 1024, "0123456789abcdef\n");
	// The other side has everything back only after this side has ended.
	socket.end(sent);
	await once(socket, "end");
	expect(Buffer.from(text(), "latin1").subarray(4).equals(sent)).toBe(true);
});

test("a server that cuts, cuts the client", async () => {
	const server = await echo("x");
	const port = await freePort(host);
	await register("cut", "x", server.port);
	await proxy("-listen", `${host}:${port}`, "-service", "cut");
	const connection = open(port);
	await said(connection, "x\n");
	const gone = closed(connection.socket);
	connection.socket.on("end", () => connection.socket.end());
	server.cut();
	await gone;
});

test("at most so many connections; a reader that does not read stops the sender", async () => {
	const server = createServer((socket) => {
		socket.on("error", () => {});
		socket.pause();
	}).listen(0, host);
	await once(server, "listening");
	servers.push({ server, sockets: new Set() });
	const port = await freePort(host);
	await register("slow", "s", (server.address() as { port: number }).port);
	const program = await proxy("-listen", `${host}:${port}`, "-service", "slow", "-max-connections", "2");
	const [one, two] = [open(port), open(port)];
	const chunk = Buffer.alloc(1024 * 1024);
	let stuck = false;
	// The system's own buffers are some megabytes per socket; without a limit all of this would be in the proxy's memory.
	for (let megabytes = 0; megabytes < 256 && !stuck; megabytes++) {
		const taken = new Promise<boolean>((resolve) => void one.socket.write(chunk, () => resolve(true)));
		const patience = new Promise<boolean>((resolve) => void setTimeout(() => resolve(false), 2_000));
		stuck = !(await Promise.race([taken, patience]));
	}
	expect(stuck).toBe(true);
	expect(await whoAnswers(port)).toBe("");
	await eventually("the reason", () => /there are 2 connections already/.test(program.output()));
	for (const { socket } of [one, two]) socket.destroy();
});

test("an agent that goes away leaves the last instances in use; when it is back, changes count again", async () => {
	const [a, b] = [await echo("a"), await echo("b")];
	const port = await freePort(host);
	await register("far", "fa", a.port);
	const gate = createGate(agent.httpAddress);
	await gate.up();
	try {
		const program = await proxy("-http-addr", gate.address, "-listen", `${host}:${port}`, "-service", "far");
		const connection = open(port);
		await said(connection, "a\n");
		await gate.down();
		await eventually("it is told", () => /far: .*; asked again in/.test(program.output()));
		expect(await whoAnswers(port)).toBe("a");
		connection.socket.write("still here\n");
		await said(connection, "still here\n");
		await register("far", "fb", b.port);
		await agent.client.agent.failCheck("fa");
		await gate.up();
		await eventually("the other one", async () => (await whoAnswers(port)) === "b");
		connection.socket.write("and still\n");
		await said(connection, "and still\n");
	} finally {
		await gate.down();
	}
});

test("a tag chooses among a service's instances, and only those", async () => {
	const [primary, replica] = [await echo("primary"), await echo("replica")];
	const ports = [await freePort(host), await freePort(host)] as const;
	for (const [id, port] of [
		["primary", primary.port],
		["replica", replica.port],
	] as const) {
		registered.push(id);
		await agent.client.agent.registerService({ Name: "pg", ID: id, Address: host, Port: port, Tags: [id] });
	}
	const listen = (port: number) => ["-listen", `${host}:${port}`, "-service"];
	await proxy(...listen(ports[0]), "primary.pg", ...listen(ports[1]), "replica.pg@dc1");
	for (let count = 0; count < 5; count++) {
		expect(await whoAnswers(ports[0])).toBe("primary");
		expect(await whoAnswers(ports[1])).toBe("replica");
	}
});

test("SIGTERM: no new connections, open ones have their time, exit 0", async () => {
	const server = await echo("z");
	const port = await freePort(host);
	await register("end", "z", server.port);
	const program = await proxy("-listen", `${host}:${port}`, "-service", "end", "-grace", "60s");
	const connection = open(port);
	await said(connection, "z\n");
	program.child.kill("SIGTERM");
	await eventually("nobody listens", async () => {
		const { socket } = open(port);
		const refused = await Promise.race([
			closed(socket).then(() => true),
			new Promise<boolean>((resolve) => void socket.once("connect", () => resolve(false))),
		]);
		socket.destroy();
		return refused;
	});
	connection.socket.write("last words\n");
	await said(connection, "last words\n");
	connection.socket.end();
	expect(await program.ended).toBe(0);
});

test("asked a second time to end, it cuts what is open", async () => {
	const server = await echo("z");
	const port = await freePort(host);
	await register("hurry", "z", server.port);
	const program = await proxy("-listen", `${host}:${port}`, "-service", "hurry", "-grace", "1h");
	const connection = open(port);
	await said(connection, "z\n");
	const gone = closed(connection.socket);
	connection.socket.on("end", () => connection.socket.end());
	program.child.kill("SIGINT");
	await eventually("nobody listens", async () => {
		const { socket } = open(port);
		const refused = await new Promise((resolve) => {
			socket.once("connect", () => resolve(false)).once("error", () => resolve(true));
		});
		socket.destroy();
		return refused === true;
	});
	program.child.kill("SIGINT");
	expect(await program.ended).toBe(0);
	await gone;
});

test.each<[string[], RegExp]>([
	[[], /give -listen ADDRESS:PORT and then -service NAME/],
	[["-listen", "127.0.0.1:x", "-service", "a"], /-listen: "127.0.0.1:x" is not ADDRESS:PORT/],
	[["-service", "a", "-listen", ":1"], /first -listen and then its -service/],
	[["-listen", ":1", "-service", "a b"], /-service: "a b" is not \[TAG.\]NAME/],
	[["-listen", ":1", "-service", "a", "-max-connections", "0"], /0 is below 1/],
])("%j is refused", async (args, message) => {
	const program = start(["connect", ...args]);
	expect(await program.ended).toBe(1);
	expect(program.output()).toMatch(message);
});

test("a port that is taken is named", async () => {
	const { port } = await echo("taken");
	await register("taken", "t", port);
	const args = ["-http-addr", agent.httpAddress, "-listen", `${host}:${port}`, "-service", "taken"];
	const program = start(["connect", ...args]);
	expect(await program.ended).toBe(1);
	expect(program.output()).toContain(`cannot listen on ${host}:${port}: something else listens there`);
});
