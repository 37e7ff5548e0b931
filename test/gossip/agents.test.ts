import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createClient } from "../../client/index.ts";
import { start, startAgent, temporaryFolder } from "../agent/support.ts";
import { eventually } from "../support/programs.ts";
import { hasSerf, startSerf } from "./pool.ts";

const key = () => randomBytes(32).toString("base64");
const status = { alive: 1, left: 3, failed: 4 } as const;

/** A client agent; it has no server it could ask, but it is a member. */
function startClient(host: string, folder: string, args: readonly string[]) {
	const program = start([
		"agent",
		`-bind=${host}`,
		`-client=${host}`,
		"-dns-port=-1",
		`-data-dir=${folder}`,
		"-retry-interval=1s",
		"-log-level=debug",
		...args,
	]);
	return { ...program, client: createClient({ address: `${host}:8500` }) };
}

describe("a pool of disco agents", () => {
	it("forms by -retry-join with keys, hears events, changes keys, sees who fails and who leaves; keys are secret", async () => {
		const [first, second] = [key(), key()];
		const host = "127.57.13.1";
		const server = await startAgent(host, {
			folder: temporaryFolder(),
			args: [`-encrypt=${first}`, "-log-level=debug"],
		});
		const folder = temporaryFolder();
		const args = ["-node=n2", `-retry-join=${host}`, `-encrypt=${first}`];
		let other = startClient("127.57.13.2", folder, args);
		try {
			const membersAt = async (client: typeof other.client) =>
				Object.fromEntries((await client.agent.members()).map(({ Name, Status }) => [Name, Status]));
			const both = { n1: status.alive, n2: status.alive };
			await eventually("both see both", async () => {
				for (const { client } of [server, other]) expect(await membersAt(client)).toEqual(both);
				return true;
			});
			const member = (await other.client.agent.members()).find(({ Name }) => Name === "n1");
			expect(member).toMatchObject({ Addr: host, Port: 8301, ProtocolCur: 2, DelegateCur: 4 });
			expect(member?.Tags).toMatchObject({ role: "consul", dc: "dc1", port: "8300", vsn: "2" });

			const request = (method: string, body?: string) =>
				fetch(`http://${server.httpAddress}/v1/operator/keyring`, { method, ...(body === undefined ? {} : { body }) });
			for (const [method, Key] of [
				["POST", second],
				["PUT", second],
				["DELETE", first],
			] as const)
				expect([method, (await request(method, JSON.stringify({ Key }))).status]).toEqual([method, 200]);
			expect(await (await request("GET")).json()).toMatchObject([
				// The other one, in dev mode, is not among the servers of all datacenters.
				{ WAN: true, Datacenter: "dc1", Keys: { [second]: 1 }, PrimaryKeys: { [second]: 1 }, NumNodes: 1 },
				{ WAN: false, Datacenter: "dc1", Keys: { [second]: 2 }, PrimaryKeys: { [second]: 2 }, NumNodes: 2 },
			]);
			const file = join(folder, "serf", "local.keyring");
			expect(JSON.parse(readFileSync(file, "utf8"))).toEqual([second]);
			expect(statSync(file).mode & 0o777).toBe(0o600);

			other.client.close();
			other.child.kill("SIGKILL");
			await other.ended;
			await eventually(
				"it is seen as failed",
				async () => (await membersAt(server.client))["n2"] === status.failed,
				60_000,
			);
			// By its snapshot and the kept key: neither is given any more.
			other = startClient("127.57.13.2", folder, ["-node=n2"]);
			await eventually(
				"it comes back by itself",
				async () => (await membersAt(server.client))["n2"] === status.alive,
				60_000,
			);
			await eventually("it is ready", () => other.output().includes("ready"));
			other.child.kill("SIGINT");
			expect(await other.ended).toBe(0);
			await eventually("it is seen as left", async () => (await membersAt(server.client))["n2"] === status.left);
			for (const { output } of [server, other])
				for (const secret of [first, second]) expect(output()).not.toContain(secret);
		} finally {
			await server.kill("SIGKILL");
			other.child.kill("SIGKILL");
		}
	}, 180_000);

	it("does not let in another datacenter's agents; -join that fails ends the agent", async () => {
		const server = await startAgent("127.57.14.1");
		const foreign = startClient("127.57.14.2", temporaryFolder(), [
			"-datacenter=dc2",
			"-node=far",
			"-retry-join=127.57.14.1",
			"-retry-max=1",
		]);
		const alone = startClient("127.57.14.3", temporaryFolder(), ["-node=alone", "-join=127.57.14.99"]);
		try {
			expect(await foreign.ended).toBe(1);
			expect(foreign.output()).toContain("part of wrong datacenter 'dc1'");
			expect(await alone.ended).toBe(1);
			expect((await server.client.agent.members()).map(({ Name }) => Name)).toEqual(["n1"]);
		} finally {
			await server.kill("SIGKILL");
			for (const { child } of [foreign, alone]) child.kill("SIGKILL");
		}
	});
});

describe.skipIf(!hasSerf)("a disco agent in a real serf pool", () => {
	it("joins it, is a member there, sends its events there and takes those of others as foreign", async () => {
		const serf = await startSerf("s1", "127.57.15.1");
		const agent = await startAgent("127.57.15.9", { folder: temporaryFolder() });
		try {
			await agent.client.agent.join("127.57.15.1:7946");
			await eventually("serf sees it", async () => (await serf.statusOf("n1")) === "alive");
			expect((await agent.client.agent.members()).map(({ Name }) => Name)).toEqual(["n1", "s1"]);
			await agent.client.event.fire("deploy", { payload: "v1" });
			await eventually("serf hears the event", () => serf.monitor().includes('Name: "consul:event:deploy"'));
			await serf.command("event", "-coalesce=false", "foreign", "x");
			expect(await serf.command("reachability")).toContain("Successfully contacted all live nodes");
			expect((await agent.client.event.list()).value.map(({ Name }) => Name)).toEqual(["deploy"]);
		} finally {
			await agent.kill("SIGKILL");
			await serf.stop();
		}
	});
});
