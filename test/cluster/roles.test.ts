import { readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { outcome } from "../support/programs.ts";
import { type ClusterAgent, startCluster, type TestCluster } from "./cluster.ts";

const recorded = "test/conformance/http";
const scenarios = readdirSync(`${recorded}/scenarios`).map((name) => `${recorded}/scenarios/${name}`);
/** A commit's run asks the client agent, whose questions go through a server to the leader; the long suite asks everybody. */
const roles = process.env["DISCO_LONG"] === undefined ? ["client"] : ["client", "follower", "leader"];
const passedMin = 1038;

let cluster: TestCluster;
beforeAll(async () => {
	const telemetry = 'telemetry { prometheus_retention_time = "60s" }';
	// As recorded: without a change of leaders when the machine has other work.
	cluster = await startCluster("127.77.2", {
		multiplier: 5,
		args: ["-compat", "-enable-script-checks", "-hcl", telemetry],
	});
});
afterAll(async () => {
	await cluster.close();
});

async function agentOf(role: string): Promise<ClusterAgent> {
	if (role === "client") return cluster.clientAgent;
	const leader = await cluster.leader();
	const follower = cluster.servers.find((server) => server !== leader) ?? leader;
	return role === "leader" ? leader : follower;
}

it.each(roles)(
	"a %s of three servers answers as recorded",
	async (role) => {
		const { host } = await agentOf(role);
		const args = [`${recorded}/replay.mjs`, "--base", `http://${host}:8500`, "--role", role];
		const options = ["--no-slow", "--jobs", "3", "--target-host", "127.77.2.9"];
		const { stdout, stderr } = await outcome(process.execPath, [...args, ...options, ...scenarios], {
			timeoutMs: 300_000,
		});
		const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(stdout) ?? [];
		expect(failed, stdout + stderr).toBe("0");
		expect(Number(passed)).toBeGreaterThanOrEqual(passedMin);
	},
	320_000,
);
