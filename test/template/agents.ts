import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { type Client, createClient } from "../../client/index.ts";
import { background, eventually } from "../support/programs.ts";

/** An agent in development mode, ours or the real Consul. */
export interface Agent {
	readonly address: string;
	readonly client: Client;
	stop(): Promise<void>;
}

/** How to start each; undefined where the program is missing. Both get loopback addresses of their own. */
export const agentKinds: readonly (readonly [name: string, start: (() => Promise<Agent>) | undefined])[] = [
	["Consul", starter(consulProgram(), [], "127.16.1.1")],
	["disco", starter(process.execPath, ["dist/disco.js"], "127.16.1.2")],
];

/** Whether a program is on PATH (or in /usr/sbin). */
export const installed = (program: string) =>
	[...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"].some((folder) => existsSync(join(folder, program)));

/** Consul at an address of a test file's own, since they run side by side; undefined where it is not installed. */
export function consulAt(host: string): (() => Promise<Agent>) | undefined {
	return starter(consulProgram(), [], host);
}

function consulProgram(): string | undefined {
	const tools = join(process.env["DISCO_TOOLS"] ?? join(homedir(), ".cache/disco-tools"), "bin");
	return [...(process.env["PATH"] ?? "").split(delimiter), tools]
		.map((folder) => join(folder, "consul"))
		.find((file) => existsSync(file));
}

function starter(program: string | undefined, words: readonly string[], host: string) {
	if (program === undefined) return undefined;
	return async (): Promise<Agent> => {
		const args = [...words, "agent", "-dev", "-bind", host, "-client", host, "-log-level=warn"];
		const agent = background(program, args);
		const client = createClient({ address: `${host}:8500` });
		await eventually("a leader", async () => {
			// Something else on that address would answer in its place.
			if (agent.child.exitCode !== null) throw new Error(`the agent ended: ${agent.output()}`);
			return (await client.status.leader()) !== "";
		});
		return {
			address: `${host}:8500`,
			client,
			async stop() {
				client.close();
				await agent.stop("SIGKILL");
			},
		};
	};
}
