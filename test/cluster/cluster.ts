import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Client, createClient } from "../../client/index.ts";
import { program, start, type TestProgram, temporaryFolder } from "../agent/support.ts";
import { eventually } from "../support/programs.ts";

/** An agent of the cluster, which may be running or not. */
export class ClusterAgent {
	readonly name: string;
	readonly host: string;
	/** `disco.js` of the build that `start` runs; this work tree's unless set. */
	build = program;
	readonly #args: readonly string[];
	readonly #inside: readonly string[];
	#program: TestProgram | undefined;
	readonly client: Client;

	/** `inside`: what its command begins with, to run on another machine. */
	constructor(name: string, host: string, args: readonly string[], inside: readonly string[] = []) {
		this.name = name;
		this.host = host;
		this.#args = args;
		this.#inside = inside;
		this.client = createClient({ address: `${host}:8500` });
	}

	get serverAddress(): string {
		return `${this.host}:8300`;
	}

	output(): string {
		return this.#program?.output() ?? "";
	}

	start(): void {
		const own = [`-node=${this.name}`, `-bind=${this.host}`, `-client=${this.host}`];
		this.#program = start(["agent", ...own, ...this.#args], { build: this.build, inside: this.#inside });
	}

	/** Resolves with the exit code or the signal when it has ended. */
	async end(signal: NodeJS.Signals): Promise<number | string | undefined> {
		const ending = this.#program;
		this.#program = undefined;
		ending?.child.kill(signal);
		return ending?.ended;
	}
}

export interface TestCluster {
	readonly servers: readonly ClusterAgent[];
	/** An agent that is no server. */
	readonly clientAgent: ClusterAgent;
	/** The server that leads, once one does; `among` are those that may be asked. */
	leader(among?: readonly ClusterAgent[]): Promise<ClusterAgent>;
	/** Resolves when the server answers and has caught up with the others. */
	isBack(server: ClusterAgent): Promise<void>;
	close(): Promise<void>;
}

export interface ClusterOptions {
	readonly multiplier?: number;
	readonly args?: readonly string[];
	/** `disco.js` of another build. */
	readonly build?: string;
	/** Where the agents' data folders are, or come to be, by name; removed when it is closed. */
	readonly folder?: string;
	/** What the command of the agent at `PREFIX.number` begins with. */
	readonly inside?: (number: number) => readonly string[];
}

/** Three servers at `PREFIX.1` to `.3` and a client agent at `PREFIX.4`, all on their usual ports; resolves when all can be asked. */
export async function startCluster(prefix: string, options: ClusterOptions = {}): Promise<TestCluster> {
	const { multiplier = 1, args = [], build = program, folder = temporaryFolder(), inside = () => [] } = options;
	const agent = (name: string, number: number, role: readonly string[]) => {
		const words = [
			...role,
			`-data-dir=${join(folder, name)}`,
			...[1, 2, 3].map((each) => `-retry-join=${prefix}.${each}`),
			"-retry-interval=500ms",
			"-log-level=info",
			"-hcl",
			`performance { raft_multiplier = ${multiplier} leave_drain_time = "1s" }`,
			...args,
		];
		const made = new ClusterAgent(name, `${prefix}.${number}`, words, inside(number));
		made.build = build;
		return made;
	};
	const servers = [1, 2, 3].map((number) => agent(`s${number}`, number, ["-server", "-bootstrap-expect=3"]));
	const clientAgent = agent("c1", 4, []);
	const agents = [...servers, clientAgent];

	async function leader(among: readonly ClusterAgent[] = servers): Promise<ClusterAgent> {
		let found: ClusterAgent | undefined;
		const seen = eventually("a leader", async () => {
			for (const server of among) {
				const address = await server.client.status.leader().catch(() => "");
				found = servers.find((each) => each.serverAddress === address);
				if (found !== undefined && among.includes(found)) return true;
			}
			return false;
		});
		await seen.catch((error: unknown) => {
			throw new Error(agents.map((each) => each.output()).join("\n"), { cause: error });
		});
		return found as ClusterAgent;
	}

	const cluster: TestCluster = {
		servers,
		clientAgent,
		leader,
		isBack: async (server) => {
			const healthy = async () => {
				if ((await server.client.status.leader()) === "") return false;
				const health = await server.client.operator.autopilotHealth();
				// One that was taken out meanwhile has its vote again after server_stabilization_time.
				const voters = health.Servers.filter(({ Voter }) => Voter);
				return health.Healthy && voters.length === servers.length;
			};
			const seen = eventually(`${server.name} is back`, healthy, 60_000);
			await seen.catch((error: unknown) => {
				throw new Error(server.output(), { cause: error });
			});
		},
		async close() {
			for (const each of agents) each.client.close();
			await Promise.all(agents.map((each) => each.end("SIGKILL")));
			await rm(folder, { recursive: true, force: true });
		},
	};
	for (const each of agents) each.start();
	try {
		await leader();
		await eventually("all agents answer", async () => {
			await Promise.all(agents.map(({ client }) => client.kv.keys("")));
			return true;
		});
	} catch (error) {
		await cluster.close();
		throw error;
	}
	return cluster;
}
