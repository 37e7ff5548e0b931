import { Resolver } from "node:dns/promises";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Client, createClient } from "../../client/index.ts";
import { program, temporaryFolder } from "../agent/support.ts";
import { type Background, background, eventually, succeed } from "../support/programs.ts";

/** An agent as a process, at an address of its own with the usual ports. */
export class DatacenterAgent {
	readonly name: string;
	readonly host: string;
	readonly #words: readonly [string, ...string[]];
	readonly client: Client;
	#process: Background | undefined;
	/** As they were given to `datacenter`, for other datacenters, too. */
	readonly #elsewhere = new Map<string, Client>();

	constructor(name: string, host: string, words: readonly [string, ...string[]]) {
		this.name = name;
		this.host = host;
		this.#words = words;
		this.client = createClient({ address: `${host}:8500` });
	}

	/** Asks this agent about another datacenter. */
	about(datacenter: string): Client {
		let client = this.#elsewhere.get(datacenter);
		if (client === undefined) {
			client = createClient({ address: `${this.host}:8500`, datacenter });
			this.#elsewhere.set(datacenter, client);
		}
		return client;
	}

	/** What its DNS says. */
	get dns(): Resolver {
		const resolver = new Resolver({ timeout: 10_000, tries: 2 });
		resolver.setServers([`${this.host}:8600`]);
		return resolver;
	}

	output(): string {
		return this.#process?.output() ?? "";
	}

	/** Standard output of our command line, asking this agent. */
	command(...words: string[]): Promise<string> {
		return succeed(process.execPath, [program, ...words], { env: { CONSUL_HTTP_ADDR: `${this.host}:8500` } });
	}

	start(): void {
		const [command, ...args] = this.#words;
		this.#process = background(command, args);
	}

	async end(): Promise<void> {
		const ending = this.#process;
		this.#process = undefined;
		await ending?.stop("SIGKILL");
	}

	closeClients(): void {
		for (const client of [this.client, ...this.#elsewhere.values()]) client.close();
	}
}

export interface TestDatacenter {
	readonly name: string;
	readonly servers: readonly [DatacenterAgent, ...DatacenterAgent[]];
	/** No server. */
	readonly clientAgent: DatacenterAgent;
	close(): Promise<void>;
}

/** Of every pool. */
export const gossipKey = Buffer.alloc(32, 7).toString("base64");
/** Between datacenters gossip takes its time; here everything is close by. */
const gossip = '{ gossip_interval = "100ms" probe_interval = "300ms" probe_timeout = "200ms" suspicion_mult = 2 }';

/** Servers at `PREFIX.1` and on, a client agent at `PREFIX.9`; resolves when they can be asked. */
export async function startDatacenter(
	name: string,
	prefix: string,
	{
		servers: count,
		wan,
		consul,
	}: {
		readonly servers: number;
		/** Server of another datacenter that the first one joins. */
		readonly wan?: string;
		/** The real one; else ours. */
		readonly consul?: string;
	},
): Promise<TestDatacenter> {
	const folder = temporaryFolder();
	const agent = (node: string, number: number, role: readonly string[]) => {
		const host = `${prefix}.${number}`;
		const words: readonly [string, ...string[]] = consul === undefined ? [process.execPath, program] : [consul];
		return new DatacenterAgent(node, host, [
			...words,
			"agent",
			`-datacenter=${name}`,
			`-node=${node}`,
			`-bind=${host}`,
			`-client=${host}`,
			`-data-dir=${join(folder, node)}`,
			`-encrypt=${gossipKey}`,
			`-retry-join=${prefix}.1`,
			"-retry-interval=300ms",
			"-hcl",
			`performance { raft_multiplier = 1 } gossip_wan ${gossip}`,
			...role,
		]);
	};
	const servers = Array.from({ length: count }, (_, at) =>
		agent(`${name}-s${at + 1}`, at + 1, [
			"-server",
			`-bootstrap-expect=${count}`,
			...(wan === undefined || at > 0 ? [] : [`-retry-join-wan=${wan}`, "-retry-interval-wan=300ms"]),
		]),
	);
	const clientAgent = agent(`${name}-c`, 9, []);
	const all = [...servers, clientAgent];
	const close = async () => {
		for (const each of all) each.closeClients();
		await Promise.all(all.map((each) => each.end()));
		await rm(folder, { recursive: true, force: true });
	};
	for (const each of all) each.start();
	try {
		await eventually(`all agents of ${name} answer`, async () => {
			for (const { client } of all) if ((await client.catalog.nodes()).value.length < all.length) return false;
			return true;
		});
	} catch (error) {
		const outputs = all.map((each) => each.output()).join("\n");
		await close();
		throw new Error(outputs, { cause: error });
	}
	return { name, servers: servers as unknown as TestDatacenter["servers"], clientAgent, close };
}
