import { copyFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, createClient } from "../../client/index.ts";
import { program, temporaryFolder } from "../agent/support.ts";
import { consulProgram } from "../support/dev-agents.ts";
import { background, eventually, succeed } from "../support/programs.ts";
import { ClusterAgent } from "./cluster.ts";

// Agents that verify everything of each other, with certificates of disco's own commands.

const prefix = "127.148.1";
const folder = temporaryFolder();
const consul = consulProgram();
if (consul === undefined && process.env["CI"] !== undefined)
	throw new Error("the real consul is missing: scripts/test-tools.sh");

const ends: (() => Promise<unknown>)[] = [];
afterAll(async () => {
	await Promise.all(ends.map((end) => end()));
	await rm(folder, { recursive: true, force: true });
});

const joinFirst = `-retry-join=${prefix}.1`;
const disco = (...args: readonly string[]) => succeed(process.execPath, [program, ...args], { cwd: folder });
const verifyAll = "verify_incoming = true verify_outgoing = true";

/** As of `tls cert create`: `dc1-server-consul-0`. */
function tlsOf(pair: string, verify = verifyAll): string {
	const path = (name: string) => `"${join(folder, name)}"`;
	const files = `ca_file = ${path("consul-agent-ca.pem")} cert_file = ${path(`${pair}.pem`)} key_file = ${path(`${pair}-key.pem`)}`;
	return `tls { internal_rpc { ${files} ${verify} verify_server_hostname = ${verify !== ""} } }`;
}

const common = (name: string, hcl: string) => [
	`-data-dir=${join(folder, name)}`,
	"-retry-interval=500ms",
	"-hcl",
	`${hcl} performance { raft_multiplier = 1 rpc_hold_timeout = "1s" }`,
];

function ours(name: string, number: number, hcl: string, role: readonly string[] = []): ClusterAgent {
	const agent = new ClusterAgent(name, `${prefix}.${number}`, ["-log-level=info", ...common(name, hcl), ...role]);
	ends.push(async () => {
		agent.client.close();
		await agent.end("SIGKILL");
	});
	agent.start();
	return agent;
}

function startConsul(name: string, number: number, hcl: string, role: readonly string[] = []): Client {
	const host = `${prefix}.${number}`;
	const args = ["agent", `-node=${name}`, `-bind=${host}`, `-client=${host}`, ...common(name, hcl), ...role];
	const agent = background(consul ?? "", args);
	const client = createClient({ address: `${host}:8500` });
	ends.push(async () => {
		client.close();
		await agent.stop("SIGKILL");
	});
	return client;
}

/** What is written through the one is read through the other, and a question that waits hears of a service. */
async function serves(one: Client, other: Client, name: string): Promise<void> {
	await eventually(`${name} has a server`, async () => (await one.status.leader()) !== "");
	await eventually(`${name} is written`, () => one.kv.put(`of/${name}`, name));
	await eventually("the other has a server", async () => (await other.status.leader()) !== "");
	expect((await other.kv.raw(`of/${name}`, { consistency: "consistent" })).value?.toString()).toBe(name);
	const seen = untilThere(one, name);
	await other.catalog.register({ Node: `node-${name}`, Address: "10.1.1.1", Service: { Service: name, Port: 1 } });
	expect(await seen).toEqual([name]);
	expect((await one.catalog.services()).value).toHaveProperty(name);
}

/** The services of that name, asked for by questions that wait; other changes of the catalog end a wait, too. */
async function untilThere(client: Client, name: string): Promise<string[]> {
	for (let index = 0; ; ) {
		const answer = await client.health.service(name, index === 0 ? {} : { index, waitMs: 60_000 });
		if (answer.value.length > 0) return answer.value.map(({ Service }) => Service.Service);
		index = answer.index;
	}
}

beforeAll(async () => {
	await disco("tls", "ca", "create");
	for (let count = 0; count < 3; count++) await disco("tls", "cert", "create", "-server");
	await disco("tls", "cert", "create", "-client");
	// What an agent uses, to be exchanged later.
	for (const end of [".pem", "-key.pem"])
		copyFileSync(join(folder, `dc1-server-consul-0${end}`), join(folder, `s3${end}`));
});

describe("agents that verify everything", () => {
	const role = ["-server", "-bootstrap-expect=3", joinFirst];
	let servers: readonly ClusterAgent[] = [];
	let client: ClusterAgent;

	beforeAll(async () => {
		servers = [1, 2].map((number) => ours(`s${number}`, number, tlsOf(`dc1-server-consul-${number}`), role));
		servers = [...servers, ours("s3", 3, tlsOf("s3"), role)];
		client = ours("c1", 4, tlsOf("dc1-client-consul-0"), [joinFirst]);
		const all = () => [...servers, client].map((each) => each.output()).join("\n");
		await eventually("a leader", async () => (await client.client.status.leader()) !== "").catch((error: unknown) => {
			throw new Error(all(), { cause: error });
		});
	});

	it("answer, save and restore", async () => {
		for (const server of servers) await serves(client.client, server.client, server.name);
		const archive = join(folder, "saved.snap");
		await disco("snapshot", "save", `-http-addr=${prefix}.4:8500`, archive);
		await client.client.kv.put("of/s1", "changed");
		await disco("snapshot", "restore", `-http-addr=${prefix}.4:8500`, archive);
		const { value } = await client.client.kv.raw("of/s1", { consistency: "consistent" });
		expect(value?.toString()).toBe("s1");
	});

	it("do not serve who has no TLS, and take no server with a client's certificate", async () => {
		const plain = ours("plain", 5, "", [joinFirst]);
		const rogue = ours("rogue", 6, tlsOf("dc1-client-consul-0"), ["-server", joinFirst]);
		const said = (agents: readonly ClusterAgent[], pattern: RegExp) =>
			eventually(`${pattern} in a log`, () => agents.some((each) => pattern.test(each.output()))).catch(
				(error: unknown) => {
					throw new Error([...agents, rogue].map((each) => each.output()).join("\n"), { cause: error });
				},
			);
		await said(servers, /\[WARN\] +agent\.tls: a connection to the server port is refused: .*does not use TLS/);
		await said(
			servers,
			/\[WARN\] +agent\.tls: a server cannot be reached by TLS: server=127\.148\.1\.6:8300 .*(?:another name|other role)/,
		);
		await expect(plain.client.kv.raw("of/s1")).rejects.toThrow();
		const peers = await client.client.operator.raftConfiguration();
		expect(
			peers.Servers.filter(({ Voter }) => Voter)
				.map(({ Node }) => Node)
				.sort(),
		).toEqual(["s1", "s2", "s3"]);
		await serves(client.client, (servers[0] as ClusterAgent).client, "still");
		await rogue.end("SIGKILL");
	});

	it("take new certificates at a reload, and go on", async () => {
		const third = servers[2] as ClusterAgent;
		await client.client.kv.put("held", "0");
		const { index } = await client.client.kv.raw("held");
		const held = client.client.kv.raw("held", { index, waitMs: 60_000 });
		for (const end of [".pem", "-key.pem"]) writeFileSync(join(folder, `s3${end}`), "");
		await expect(third.client.agent.reload()).rejects.toThrow(/s3\.pem has no certificate/);
		for (const end of [".pem", "-key.pem"])
			copyFileSync(join(folder, `dc1-server-consul-2${end}`), join(folder, `s3${end}`));
		await third.client.agent.reload();
		await eventually("written", () => client.client.kv.put("held", "1"));
		expect((await held).value?.toString()).toBe("1");
		await third.end("SIGKILL");
		third.start();
		await eventually(
			"the third is back",
			async () => (await third.client.kv.raw("held", { consistency: "stale" })).value !== undefined,
		);
	});

	it.skipIf(consul === undefined)("serve a client of the real Consul", async () => {
		const theirs = startConsul("k1", 7, tlsOf("dc1-client-consul-0"), [joinFirst]);
		await serves(theirs, (servers[1] as ClusterAgent).client, "k1");
	});
});

it.skipIf(consul === undefined)(
	"a client of ours in a datacenter of the real Consul that verifies everything",
	async () => {
		const joinTheirs = `-retry-join=${prefix}.8`;
		const server = startConsul("k8", 8, tlsOf("dc1-server-consul-0"), ["-server", "-bootstrap-expect=1"]);
		const client = ours("c9", 9, tlsOf("dc1-client-consul-0"), [joinTheirs]);
		await serves(client.client, server, "c9");
	},
);
