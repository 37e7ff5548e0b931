import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { afterEach, describe, expect, it } from "vitest";
import { createClient } from "../../client/index.ts";
import { temporaryFolder } from "../agent/support.ts";
import { consulProgram } from "../support/dev-agents.ts";
import { background, eventually, outcome } from "../support/programs.ts";
import { ClusterAgent } from "./cluster.ts";

// Each other's server: an agent of ours in a datacenter of the real Consul, and one of Consul's in ours. What the one asks of the
// other goes over Consul's own RPC, and has to be answered as it was recorded between agents of Consul.

const recorded = "test/conformance/http";
const isLong = process.env["DISCO_LONG"] !== undefined;
const telemetry = 'telemetry { prometheus_retention_time = "60s" }';
/**
 * Every endpoint that asks a server; a commit's run leaves out those that take long. Blocking queries were recorded beside nobody
 * else's writes.
 */
const leftOut = isLong ? /^blocking\.json$/ : /^(?:acl|agent|agent-health|blocking|errors|session)\.json$/;
const domains = readdirSync(`${recorded}/scenarios`).filter((file) => !leftOut.test(file));
const consul = consulProgram();
if (consul === undefined && process.env["CI"] !== undefined)
	throw new Error("the real consul is missing: scripts/test-tools.sh");

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

function folder(): string {
	const made = temporaryFolder();
	ends.push(() => rm(made, { recursive: true, force: true }));
	return made;
}

function startConsulAgent(host: string, args: readonly string[]): void {
	const hcl = `enable_script_checks = true ${telemetry}`;
	const base = ["agent", "-node", `n${host}`.replaceAll(".", "-"), "-bind", host, "-client", host, "-log-level=warn"];
	const agent = background(consul ?? "", [...base, "-data-dir", folder(), "-hcl", hcl, ...args]);
	ends.push(() => agent.stop("SIGKILL"));
}

function startOurs(name: string, host: string, args: readonly string[]): void {
	const common = ["-compat", "-enable-script-checks", "-hcl", telemetry, `-data-dir=${folder()}`];
	const agent = new ClusterAgent(name, host, [...common, ...args]);
	agent.start();
	ends.push(async () => {
		agent.client.close();
		await agent.end("SIGKILL");
	});
}

/** Resolves when the agent has a server and its node is in the catalog. */
async function isReady(host: string, nodes: number): Promise<void> {
	const client = createClient({ address: `${host}:8500` });
	await eventually(
		`${nodes} nodes in the catalog at ${host}`,
		async () => (await client.catalog.nodes()).value.length === nodes,
	);
	client.close();
}

async function replay(
	host: string,
	files: readonly string[],
	more: readonly string[] = ["--jobs", "3"],
): Promise<{ readonly passed: number; readonly output: string }> {
	const args = [`${recorded}/replay.mjs`, "--base", `http://${host}:8500`, "--role", "client", "--no-slow", ...more];
	const scenarios = files.map((file) => `${recorded}/scenarios/${file}`);
	const { stdout, stderr } = await outcome(process.execPath, [...args, "--target-host", host, ...scenarios], {
		timeoutMs: 300_000,
	});
	const [, passed = "0", failed = ""] = /(\d+) passed, (\d+) failed\s*$/.exec(stdout) ?? [];
	expect(failed, stdout + stderr).toBe("0");
	return { passed: Number(passed), output: stdout };
}

describe.skipIf(consul === undefined)("with the real Consul", () => {
	it("a client of ours in its datacenter", async () => {
		const [server, client] = ["127.78.1.1", "127.78.1.2"];
		startConsulAgent(server, ["-server", "-bootstrap-expect=1", "-hcl", "performance { raft_multiplier = 1 }"]);
		startOurs("ours", client, [`-retry-join=${server}`, "-retry-interval=500ms"]);
		await isReady(client, 2);
		expect((await replay(client, domains)).passed).toBeGreaterThanOrEqual(isLong ? 850 : 500);
	}, 320_000);

	it("a client of its own in our datacenter", async () => {
		const [server, client] = ["127.78.2.1", "127.78.2.2"];
		startOurs("ours", server, ["-server", "-bootstrap-expect=1"]);
		// With its own defaults, so that it follows the health of services by gRPC.
		startConsulAgent(client, [`-retry-join=${server}`, "-retry-interval=500ms"]);
		await isReady(client, 2);
		expect((await replay(client, domains)).passed).toBeGreaterThanOrEqual(isLong ? 850 : 500);
		const blocking = isLong ? [] : ["--only", "block-service"];
		expect((await replay(client, ["blocking.json"], blocking)).passed).toBeGreaterThanOrEqual(isLong ? 141 : 18);
	}, 320_000);
});
