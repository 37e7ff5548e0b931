import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { background, eventually } from "../support/programs.ts";
import type { DnsAddress } from "./exchange.ts";
import type { FuzzWorld } from "./fuzz-catalog.ts";

export interface FuzzAgent {
	readonly dns: DnsAddress;
	stop(): Promise<void>;
}

/** A development agent with the world's configuration and catalog. */
export async function startFuzzAgent(command: readonly string[], host: string, world: FuzzWorld): Promise<FuzzAgent> {
	const folder = mkdtempSync(join(tmpdir(), "disco-dns-"));
	const file = join(folder, "config.json");
	const ports = { dns: 8600, http: 8500, grpc: -1, grpc_tls: -1 };
	const fixed = { node_name: "agent-node", bind_addr: host, client_addr: host, ports };
	writeFileSync(file, JSON.stringify({ ...world.config, ...fixed, log_level: "error" }));
	const [program = "", ...args] = command;
	const agent = background(program, [...args, "agent", "-dev", "-config-file", file]);
	const call = (method: string, path: string, body?: unknown) =>
		fetch(`http://${host}:8500${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
	await eventually("the agent's own node is in its catalog", async () => {
		if (agent.child.exitCode !== null) throw new Error(`${program} ended: ${agent.output()}`);
		const answer = await call("GET", "/v1/health/service/consul?passing");
		return answer.ok && (await answer.text()).length > 10;
	});
	for (const { method, path, body } of world.calls) {
		const answer = await call(method, path, body);
		if (!answer.ok)
			throw new Error(`${program} ${path} ${JSON.stringify(body)}: ${answer.status} ${await answer.text()}`);
		await answer.text();
	}
	return {
		dns: { host, port: 8600 },
		async stop() {
			await agent.stop("SIGKILL");
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
