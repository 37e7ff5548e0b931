import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { type Client, createClient } from "../../client/index.ts";
import { background, eventually } from "./programs.ts";

/** An agent in development mode, ours or the real Consul. */
export interface DevAgent {
	/** `host:port` of its HTTP API. */
	readonly address: string;
	readonly client: Client;
	stop(): Promise<void>;
}

const searchPath = (process.env["PATH"] ?? "").split(delimiter);

/** Whether a program is on PATH (or in /usr/sbin). */
export const installed = (program: string) =>
	[...searchPath, "/usr/sbin"].some((folder) => existsSync(join(folder, program)));

/** The real Consul in PATH or where scripts/test-tools.sh puts it; undefined where it is missing. */
export function consulProgram(): string | undefined {
	const tools = join(process.env["DISCO_TOOLS"] ?? join(homedir(), ".cache/disco-tools"), "bin");
	return [...searchPath, tools].map((folder) => join(folder, "consul")).find((file) => existsSync(file));
}

/** Starts `words` (a program, or ours with its arguments) as an agent on loopback address `host`; resolves when it has a leader. */
export async function startDevAgent(
	words: readonly [string, ...string[]],
	host: string,
	args: readonly string[] = [],
): Promise<DevAgent> {
	const [program, ...before] = words;
	const line = [...before, "agent", "-dev", "-bind", host, "-client", host, "-log-level=warn", ...args];
	const agent = background(program, line);
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
}

/** Consul at an address of a test file's own, since they run side by side; undefined where it is not installed. */
export function consulAt(host: string): (() => Promise<DevAgent>) | undefined {
	const program = consulProgram();
	return program === undefined ? undefined : () => startDevAgent([program], host);
}

/** Ours, as built. */
export const discoWords = [process.execPath, "dist/disco.js"] as const;
