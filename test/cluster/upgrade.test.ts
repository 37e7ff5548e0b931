import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { program, temporaryFolder } from "../agent/support.ts";
import { eventually } from "../support/programs.ts";
import { type ClusterAgent, startCluster, type TestCluster } from "./cluster.ts";
import { formerCommit, hasFormerBuild, makeFormerBuild } from "./former-build.ts";
import { PatientWriters } from "./patient-writers.ts";

// The former build comes out of the history: a shallow clone has none, and there this is skipped. What a former build left on disk
// is tested in every clone, in former-data.test.ts.

const isThere = await hasFormerBuild();
// A clone without history has nothing to build from, in CI either; the former build's data have a fixture (former-data.test.ts).
if (!isThere) process.stdout.write(`skipped: this clone does not have ${formerCommit}\n`);

describe.skipIf(!isThere)("a cluster of the former build", () => {
	const folder = temporaryFolder();
	let cluster: TestCluster | undefined;
	beforeAll(async () => {
		cluster = await startCluster("127.77.5", { build: await makeFormerBuild(folder) });
	});
	afterAll(async () => {
		await cluster?.close();
		await rm(folder, { recursive: true, force: true });
	});

	it("is upgraded one agent after the other, and no write fails", async () => {
		const { servers, clientAgent, isBack } = cluster as TestCluster;
		const [first] = servers as [ClusterAgent];
		const session = await eventually("the leader knows the client's node", () =>
			clientAgent.client.session.create({ Name: "kept" }),
		);
		expect(await clientAgent.client.kv.put("lock", "kept", { acquire: session })).toBe(true);
		await clientAgent.client.agent.registerService({ Name: "web", Port: 80, Check: { TTL: "1h", Status: "passing" } });

		async function upgrade(agent: ClusterAgent): Promise<void> {
			await agent.end("SIGTERM");
			agent.build = program;
			agent.start();
		}

		const throughFormer = new PatientWriters("servers/", clientAgent.client, 4);
		for (const server of servers) {
			await upgrade(server);
			await isBack(server);
		}
		await throughFormer.stop();
		const lock = await clientAgent.client.kv.get("lock", { consistency: "consistent" });
		expect(lock.value?.Session).toBe(session);

		const throughServer = new PatientWriters("client/", first.client, 4);
		await upgrade(clientAgent);
		await eventually("the client answers", () => clientAgent.client.kv.get("lock"));
		await throughServer.stop();

		for (const { client, name } of [...servers, clientAgent])
			await eventually(`${name} has it all`, async () => {
				const keys = (await client.kv.keys("", { consistency: "stale" })).value;
				return keys.length === throughFormer.count + throughServer.count + 1;
			});
		// An agent that is stopped leaves, and takes its services along until it is back.
		await eventually("the client's service is back", async () => {
			const { value } = await clientAgent.client.health.service("web", { passing: true });
			return value.length === 1;
		});
		process.stdout.write(`servers upgraded: ${throughFormer}\nclient upgraded: ${throughServer}\n`);
	});
});
