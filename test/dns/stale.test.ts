import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startCluster, type TestCluster } from "../cluster/cluster.ts";
import { eventually } from "../support/programs.ts";

const run = promisify(execFile);

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startCluster("127.77.4", {
		args: ["-hcl", 'dns_config { stale_if_error = "1h" service_ttl { "*" = "30s" } }'],
	});
});
afterAll(async () => {
	await cluster.close();
});

/** Addresses and TTLs of `web`, as dig's default patience finds them; `isStale` is RFC 8914's error 3. */
async function ask(): Promise<{ readonly isStale: boolean; readonly records: readonly string[] }> {
	const { stdout } = await run("dig", [`@${cluster.clientAgent.host}`, "-p", "8600", "web.service.consul", "+tries=1"]);
	const records = [...stdout.matchAll(/^web\.service\.consul\.\s+(\d+)\s+IN\s+A\s+(\S+)/gm)].map(
		([, ttl, address]) => `${address} ${ttl}`,
	);
	return { isStale: /EDE: 3/.test(stdout), records: records.sort() };
}

it("names go on resolving while all servers are down, marked, and new instances are seen when they are back", async () => {
	const { clientAgent, servers } = cluster;
	await clientAgent.client.agent.registerService({ Name: "web", ID: "web-1", Address: "10.1.0.1", Port: 80 });
	await eventually("the first instance", async () => (await ask()).records.join() === "10.1.0.1 30");
	await Promise.all(servers.map((server) => server.end("SIGKILL")));
	await eventually("a stale answer", async () => (await ask()).isStale);
	for (let count = 0; count < 3; count++) expect(await ask()).toEqual({ isStale: true, records: ["10.1.0.1 1"] });
	for (const server of servers) server.start();
	await cluster.leader();
	await clientAgent.client.agent.registerService({ Name: "web", ID: "web-2", Address: "10.1.0.2", Port: 80 });
	await eventually("both instances, fresh", async () => {
		const found = await ask();
		return !found.isStale && found.records.join() === "10.1.0.1 30,10.1.0.2 30";
	});
}, 120_000);
