import { afterAll, beforeAll, expect, it } from "vitest";
import { startCluster, type TestCluster } from "./cluster.ts";
import { PatientWriters } from "./patient-writers.ts";

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startCluster("127.77.3");
});
afterAll(async () => {
	await cluster.close();
});

it("restarting one server after the other fails no write through a client agent", async () => {
	const { client } = cluster.clientAgent;
	const writers = new PatientWriters("rolling/", client, 4);
	for (const server of cluster.servers) {
		await server.end("SIGTERM");
		server.start();
		await cluster.isBack(server);
	}
	await writers.stop();
	const { value } = await client.kv.keys("rolling/", { consistency: "consistent" });
	expect(value).toHaveLength(writers.count);
	process.stdout.write(`during a rolling restart ${writers}\n`);
});
