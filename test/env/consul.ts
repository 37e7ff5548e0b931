import { existsSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { type Client, createClient } from "../../client/index.ts";
import { type Background, background, eventually } from "../support/programs.ts";

/** The real Consul in PATH or where scripts/test-tools.sh puts it; undefined where it is missing. */
export function consulProgram(): string | undefined {
	const folders = [
		...(process.env["PATH"] ?? "").split(delimiter),
		join(process.env["DISCO_TOOLS"] ?? join(homedir(), ".cache/disco-tools"), "bin"),
	];
	return folders.map((folder) => join(folder, "consul")).find((file) => existsSync(file));
}

export interface RealConsul {
	readonly address: string;
	readonly client: Client;
	stop(): Promise<void>;
}

/** A development agent of the real Consul on loopback address `host`, with a leader; `args` are added to its command line. */
export async function startConsul(program: string, host: string, args: readonly string[] = []): Promise<RealConsul> {
	const line = ["agent", "-dev", "-bind", host, "-client", host, "-log-level=warn", ...args];
	const agent: Background = background(program, line);
	const client = createClient({ address: `${host}:8500` });
	await eventually("a leader", async () => {
		// Something else on that address would answer in its place.
		if (agent.child.exitCode !== null) throw new Error(`consul ended: ${agent.output()}`);
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

/** A port before an agent that can go away and come back, as the agent itself would. */
export interface Gate {
	readonly address: string;
	up(): Promise<void>;
	down(): Promise<void>;
}

/** A closed gate before `address`; its port is fixed when it first goes up. */
export function createGate(address: string): Gate {
	const [host = "", targetPort = ""] = address.split(":");
	const sockets = new Set<Socket>();
	let server: Server | undefined;
	let port = 20_000 + (process.pid % 10_000);
	return {
		get address() {
			return `${host}:${port}`;
		},
		async up() {
			server = createServer((incoming) => {
				const outgoing = connect(Number(targetPort), host);
				for (const socket of [incoming, outgoing]) {
					sockets.add(socket);
					socket.on("error", () => {}).on("close", () => sockets.delete(socket));
				}
				incoming.pipe(outgoing).pipe(incoming);
			});
			await new Promise<void>((resolve, reject) => {
				server?.once("error", reject).listen(port, host, resolve);
			});
			port = (server.address() as { port: number }).port;
		},
		async down() {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
			server = undefined;
		},
	};
}
