import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Client, createClient } from "../../client/index.ts";
import { eventually } from "../support/programs.ts";

/** Every test of this folder stays on addresses of its own, so that the usual ports never clash with others. */
export const program = resolve("dist/disco.js");

export function temporaryFolder(): string {
	return mkdtempSync(join(tmpdir(), "disco-agent-test-"));
}

/** A port that is free for TCP at this moment. */
export async function freePort(host: string): Promise<number> {
	const server = createServer().listen(0, host);
	await once(server, "listening");
	const address = server.address();
	server.close();
	await once(server, "close");
	if (address === null || typeof address === "string") throw new Error("no port");
	return address.port;
}

export interface TestProgram {
	readonly child: ChildProcess;
	/** Both streams so far. */
	output(): string;
	/** Resolves with the exit code, or the signal's name. */
	readonly ended: Promise<number | string>;
}

/** `inside`: words that start a program elsewhere and become it (`nsenter`). `build`: another than this work tree's. */
export function start(
	args: readonly string[],
	options: { readonly cwd?: string; readonly inside?: readonly string[]; readonly build?: string } = {},
): TestProgram {
	const words = [...(options.inside ?? []), process.execPath, options.build ?? program, ...args];
	const [command = "", ...rest] = words;
	const child = spawn(command, rest, {
		stdio: ["ignore", "pipe", "pipe"],
		...(options.cwd === undefined ? {} : { cwd: options.cwd }),
	});
	let text = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
	const ended = new Promise<number | string>((done) => {
		child.on("close", (code, signal) => done(signal ?? code ?? -1));
	});
	return { child, output: () => text, ended };
}

export interface TestAgent extends TestProgram {
	readonly client: Client;
	readonly httpAddress: string;
	readonly host: string;
	readonly dnsPort: number;
	kill(signal: NodeJS.Signals): Promise<void>;
}

/** An agent that answers; with `folder` a durable server, else in memory. */
export async function startAgent(
	host: string,
	options: { readonly folder?: string; readonly httpPort?: number; readonly args?: readonly string[] } = {},
): Promise<TestAgent> {
	const httpPort = options.httpPort ?? (await freePort(host));
	const dnsPort = await freePort(host);
	const mode = options.folder === undefined ? ["-dev"] : ["-server", "-bootstrap", "-data-dir", options.folder];
	const started = start([
		"agent",
		...mode,
		`-bind=${host}`,
		`-client=${host}`,
		`-http-port=${httpPort}`,
		`-dns-port=${dnsPort}`,
		"-node=n1",
		"-log-level=warn",
		...(options.args ?? []),
	]);
	const httpAddress = `${host}:${httpPort}`;
	const client = createClient({ address: httpAddress });
	await eventually(
		`the agent at ${httpAddress}: ${started.output()}`,
		async () => (await client.status.leader()) !== "",
	);
	return {
		...started,
		client,
		httpAddress,
		host,
		dnsPort,
		async kill(signal) {
			client.close();
			started.child.kill(signal);
			await started.ended;
		},
	};
}
