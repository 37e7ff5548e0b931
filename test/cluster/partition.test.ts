import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/programs.ts";
import { type ClusterAgent, startCluster, type TestCluster } from "./cluster.ts";
import { Contenders } from "./contenders.ts";
import { Load } from "./load.ts";
import { Register } from "./register.ts";
import { canSeparate, SeparateNetworks } from "./separate-networks.ts";

// Three servers and a client agent on machines of their own (network namespaces), between which packets are dropped. This process
// goes on reaching all four, so that those who are cut off are asked, too.

if (process.env["CI"] !== undefined && !canSeparate)
	throw new Error("needs root, iproute2, nsenter and iptables: scripts/test-tools.sh");

/** The long suite goes through all of it several times, and stays longer in each. */
const isLong = process.env["DISCO_LONG"] !== undefined;
const [rounds, acknowledgedMin] = isLong ? [5, 100] : [1, 20];
const clientNumber = 4;
/** An answer of the agent; not one that this client gave up. */
const refusal = { code: "HTTP_STATUS", status: 500 };

interface Under {
	readonly load: Load;
	readonly leader: ClusterAgent;
	readonly followers: readonly ClusterAgent[];
	/** The number of its machine. */
	readonly number: (server: ClusterAgent) => number;
}

describe.skipIf(!canSeparate)("servers whose network falls apart", () => {
	let networks: SeparateNetworks;
	let cluster: TestCluster | undefined;
	let agents: readonly ClusterAgent[] = [];
	let scenarios = 0;

	beforeAll(async () => {
		networks = await SeparateNetworks.create(clientNumber);
		cluster = await startCluster(networks.prefix, {
			// A server that gossip lost for some seconds would be taken out and come back without a vote: the next scenario needs all three.
			args: ["-hcl", 'performance { rpc_hold_timeout = "1s" } autopilot { cleanup_dead_servers = false }'],
			inside: (number) => networks.inside(number),
		});
		agents = [...cluster.servers, cluster.clientAgent];
	});
	afterAll(async () => {
		await cluster?.close();
		await networks.close();
	});

	/** Runs `scenario` while all agents are written to and read from; then everything is healed, and everything must be right. */
	async function underLoad(scenario: (under: Under) => Promise<void>): Promise<void> {
		const { servers, leader } = cluster as TestCluster;
		const prefix = `scenario-${++scenarios}`;
		const load = new Load(`${prefix}/written`, agents, 1);
		const register = new Register(`${prefix}/register`, agents);
		const contenders = new Contenders(`${prefix}/lock`, agents);
		const begunMs = performance.now();
		try {
			await load.acknowledgedBy(agents, 10);
			const leading = await leader();
			const followers = servers.filter((server) => server !== leading);
			await scenario({ load, leader: leading, followers, number: (server) => servers.indexOf(server) + 1 });
			await networks.heal();
			await Promise.all(servers.map((server) => (cluster as TestCluster).isBack(server)));
			// Everybody is served again, and somebody gets the lock.
			await Promise.all(agents.map((agent) => load.acknowledgedBy([agent])));
			await eventually("somebody holds the lock", () => contenders.holds.length > 0);
		} catch (error) {
			throw new Error(agents.map((agent) => agent.output()).join("\n"), { cause: error });
		} finally {
			await networks.heal();
			await Promise.all([load.stop(), register.stop(), contenders.stop()]);
		}
		await eventually("one leader that all agree on", async () => {
			const selves = await Promise.all(servers.map(({ client }) => client.agent.self()));
			const seen = await Promise.all(servers.map(({ client }) => client.status.leader()));
			return (
				selves.filter(({ Stats }) => Stats?.["consul"]?.["leader"] === "true").length === 1 && new Set(seen).size === 1
			);
		});
		await eventually("the servers hold the same", async () => {
			const states = await Promise.all(
				servers.map(async ({ client }) => {
					const { value, index } = await client.kv.list(`${prefix}/`, { consistency: "stale" });
					return JSON.stringify({ value, index });
				}),
			);
			return new Set(states).size === 1;
		});
		for (const server of servers)
			expect(await load.missingAt(server, "stale"), `lost, as ${server.name} sees it`).toEqual([]);
		expect(register.stale).toEqual([]);
		expect(register.readsCount).toBeGreaterThan(0);
		expect(contenders.overlaps()).toEqual([]);
		process.stdout.write(
			`${expect.getState().currentTestName}: ${load.acknowledged.size} acknowledged writes, ${load.failedCount} failed, none lost; ${register.readsCount} consistent reads, ${contenders.holds.length} holds of the lock; ${Math.round(performance.now() - begunMs)} ms\n`,
		);
	}

	/** Others have gone on without it, so that what it knows is old: it has to say that it cannot tell. */
	async function isRefused({ client }: ClusterAgent): Promise<void> {
		const read = client.kv.get("written", { consistency: "consistent" });
		const written = client.kv.put("refused", "");
		await Promise.all([expect(read).rejects.toMatchObject(refusal), expect(written).rejects.toMatchObject(refusal)]);
	}

	describe.each(Array.from({ length: rounds }, (_, at) => at + 1))("round %i", () => {
		it("the leader is cut off from both followers and goes on seeing the client", async () => {
			await underLoad(async ({ load, leader, followers, number }) => {
				await networks.split([number(leader)], followers.map(number));
				await load.acknowledgedBy(followers, acknowledgedMin);
				await isRefused(leader);
				// Whichever server it was asking.
				await load.acknowledgedBy([(cluster as TestCluster).clientAgent]);
			});
		});

		it("a follower is cut off from everybody", async () => {
			await underLoad(async ({ load, leader, followers: [cut, other], number }) => {
				const rest = [leader, other as ClusterAgent];
				await networks.split([number(cut as ClusterAgent)], [...rest.map(number), clientNumber]);
				await load.acknowledgedBy([...rest, (cluster as TestCluster).clientAgent], acknowledgedMin);
				await isRefused(cut as ClusterAgent);
				// What it had, it goes on telling to those who take it as it is.
				const { client } = cut as ClusterAgent;
				expect((await client.kv.keys("", { consistency: "stale" })).value).not.toEqual([]);
			});
		});

		it("the followers do not hear the leader, which hears them", async () => {
			await underLoad(async ({ load, leader, followers, number }) => {
				for (const follower of followers) await networks.deafen(number(follower), [number(leader)]);
				await load.acknowledgedBy(followers, acknowledgedMin);
				await isRefused(leader);
			});
		});

		it.runIf(isLong)("the leader does not hear the followers, which hear it", async () => {
			await underLoad(async ({ load, leader, followers, number }) => {
				await networks.deafen(number(leader), followers.map(number));
				await load.acknowledgedBy(followers, acknowledgedMin);
				await isRefused(leader);
			});
		});

		it("no server sees another", async () => {
			await underLoad(async ({ load, leader, followers }) => {
				await networks.split([1], [2], [3]);
				let acknowledged = 0;
				load.acknowledgedBy(agents).then(
					() => acknowledged++,
					() => undefined,
				);
				await Promise.all([leader, ...followers].map(isRefused));
				await Promise.all(agents.map(isRefused));
				expect(acknowledged).toBe(0);
			});
		});

		it("every fifth packet is lost and all are late", async () => {
			await underLoad(async ({ load }) => {
				const isLate = await networks.disturb({ lossPercent: 20, delayMs: 50 });
				if (!isLate) process.stdout.write("no delay: this kernel has no netem\n");
				await load.acknowledgedBy(agents, acknowledgedMin);
			});
		});
	});
});
