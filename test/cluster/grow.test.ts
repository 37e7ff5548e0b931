import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../agent/support.ts";
import { consulProgram } from "../support/dev-agents.ts";
import { background, eventually } from "../support/programs.ts";
import { ClusterAgent } from "./cluster.ts";
import { Load } from "./load.ts";

// A server that was started alone is joined by others, and is alone again in the end.

const hcl =
	'performance { raft_multiplier = 1 leave_drain_time = "1s" } autopilot { server_stabilization_time = "1s" }';
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

function folder(): string {
	const made = temporaryFolder();
	ends.push(() => rm(made, { recursive: true, force: true }));
	return made;
}

/** Started; it knows the first server's address and, the first one apart, joins it. */
function server(name: string, host: string, args: readonly string[]): ClusterAgent {
	const common = ["-server", `-data-dir=${join(folder(), "data")}`, "-retry-interval=500ms", "-log-level=info"];
	const agent = new ClusterAgent(name, host, [...common, "-hcl", hcl, ...args]);
	ends.push(async () => {
		agent.client.close();
		await agent.end("SIGKILL");
	});
	agent.start();
	return agent;
}

/** As `eventually`; a failure shows what the agent has said. */
async function soon(agent: ClusterAgent, what: string, check: () => Promise<boolean>): Promise<void> {
	await eventually(`${agent.name}: ${what}`, check).catch((error: unknown) => {
		throw new Error(agent.output(), { cause: error });
	});
}

async function leads(agent: ClusterAgent): Promise<void> {
	await soon(agent, "it leads", async () => {
		return (await agent.client.status.leader().catch(() => "")) === agent.serverAddress;
	});
}

/** Resolves when these and nobody else have a vote, as `agent` is told. */
async function votersAre(agent: ClusterAgent, voters: readonly ClusterAgent[]): Promise<void> {
	const wanted = voters.map(({ name }) => name).sort();
	await soon(agent, `the voters are ${wanted.join(" ")}`, async () => {
		const { Servers } = await agent.client.operator.raftConfiguration();
		const found = Servers.map(({ Node, Voter }) => (Voter ? Node : `${Node} without a vote`)).sort();
		return found.join(" ") === wanted.join(" ");
	});
}

describe("one server", () => {
	it("grows to three under load, loses the first and gets it back, and shrinks to one: no acknowledged write is lost", async () => {
		const first = server("s1", "127.146.20.1", ["-bootstrap", "-retry-join=127.146.20.2"]);
		await leads(first);
		await votersAre(first, [first]);
		const session = await first.client.session.create({ TTL: "600s" });
		expect(await first.client.kv.put("lock", "held", { acquire: session })).toBe(true);
		const { index } = await first.client.kv.get("awaited");
		const woken = first.client.kv.raw("awaited", { index, waitMs: 120_000 });

		const load = new Load("written", [first], 2);
		await load.acknowledgedBy([first], 100);
		const join = ["-retry-join=127.146.20.1"];
		const second = server("s2", "127.146.20.2", join);
		const third = server("s3", "127.146.20.3", ["-bootstrap-expect=3", ...join]);
		const servers = [first, second, third];
		await votersAre(first, servers);
		await load.acknowledgedBy([first], 10);
		// A question from before there were others is still waiting.
		await second.client.kv.put("awaited", "here");
		expect((await woken).value?.toString()).toBe("here");
		await load.stop();

		const rest = new Load("rest", [second, third], 1);
		await rest.acknowledgedBy([second, third], 10);
		await first.end("SIGKILL");
		await rest.acknowledgedBy([second], 10);
		for (const each of [second, third]) expect(await load.missingAt(each, "consistent"), each.name).toEqual([]);
		expect((await second.client.kv.get("lock")).value?.Session).toBe(session);
		first.start();
		await votersAre(second, servers);
		await soon(first, "it is back", async () => (await rest.missingAt(first, "stale")).length === 0);
		await rest.stop();

		await third.client.agent.leave();
		await votersAre(first, [first, second]);
		await second.client.agent.leave();
		await votersAre(first, [first]);
		await leads(first);
		await first.client.kv.put("alone", "again");
		for (const each of [load, rest]) expect(await each.missingAt(first, "consistent")).toEqual([]);
	}, 120_000);

	it("does not take in one with a state of its own, nor do the two become one", async () => {
		const ours = server("s1", "127.146.20.11", ["-bootstrap"]);
		await leads(ours);
		await ours.client.kv.put("whose", "ours");
		const other = server("s2", "127.146.20.12", ["-bootstrap", "-retry-join=127.146.20.11"]);
		await leads(other);
		await other.client.kv.put("whose", "theirs");
		for (const each of [ours, other])
			await soon(each, "it says so", async () =>
				/not taken into the cluster: server=s[12].*state of its own/.test(each.output()),
			);
		await votersAre(ours, [ours]);
		await votersAre(other, [other]);
		expect((await ours.client.kv.raw("whose")).value?.toString()).toBe("ours");
		expect((await other.client.kv.raw("whose")).value?.toString()).toBe("theirs");
	}, 60_000);
});

const consul = consulProgram();
if (consul === undefined && process.env["CI"] !== undefined)
	throw new Error("the real consul is missing: scripts/test-tools.sh");

describe.skipIf(consul === undefined)("servers of the real Consul", () => {
	function startConsul(name: string, host: string, args: readonly string[]): void {
		const base = ["agent", "-server", "-node", name, "-bind", host, "-client", host, "-data-dir", folder()];
		const agent = background(consul ?? "", [...base, "-hcl", "performance { raft_multiplier = 1 }", ...args]);
		ends.push(() => agent.stop("SIGKILL"));
	}

	it("are not taken in, and nothing is taken from their leader", async () => {
		const ours = server("s1", "127.146.20.21", ["-bootstrap"]);
		await leads(ours);
		startConsul("c1", "127.146.20.22", ["-retry-join=127.146.20.21", "-retry-interval=500ms"]);
		startConsul("c2", "127.146.20.23", ["-bootstrap", "-node-meta=alone:yes"]);
		const joiner = server("s2", "127.146.20.24", ["-retry-join=127.146.20.23"]);
		for (const each of [ours, joiner])
			await soon(each, "it says so", async () =>
				/a server of Consul is in the pool: .*: server=c[12]/.test(each.output()),
			);
		const theirs = new ClusterAgent("c2", "127.146.20.23", []);
		ends.push(async () => theirs.client.close());
		await eventually("Consul's leader takes ours for one of its servers", async () => {
			const { Servers } = await theirs.client.operator.raftConfiguration();
			return Servers.some(({ Node, Voter }) => Node === "s2" && !Voter);
		});
		await soon(joiner, "it refuses", async () =>
			/calls of another server are not answered: .*its log is not disco/.test(joiner.output()),
		);
		expect((await joiner.client.agent.self()).Stats?.["raft"]?.["last_log_index"]).toBe("0");
		await votersAre(ours, [ours]);
		await ours.client.kv.put("still", "there");
	}, 60_000);
});
