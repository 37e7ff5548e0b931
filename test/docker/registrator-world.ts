import { existsSync } from "node:fs";
import type { ServiceRegistration } from "../../registrator/registration.ts";
import { type Background, background, eventually, outcome, succeed } from "../support/programs.ts";

const label = "disco-registrator-test";

/** A registry that can be started. */
export interface Agent {
	readonly name: string;
	readonly address: string;
	readonly command: readonly string[];
	readonly available: boolean;
}

const development = (address: string) => ["agent", "-dev", "-bind", address, "-client", address, "-log-level=warn"];
const consulIsThere = (await outcome("sh", ["-c", "command -v consul"])).exitCode === 0;
/** The real Consul and disco, each at an address of its own. */
export const agents: readonly Agent[] = [
	{
		name: "consul",
		address: "127.18.0.1",
		command: ["consul", ...development("127.18.0.1")],
		// With CI set a missing tool is a failure (decision 17): then the tests run and fail.
		available: consulIsThere || Boolean(process.env["CI"]),
	},
	{
		name: "disco",
		address: "127.18.0.2",
		command: [process.execPath, "dist/disco.js", ...development("127.18.0.2")],
		available: existsSync("dist/disco.js"),
	},
];

/** For tests of backends alone. */
export const plainService: ServiceRegistration = {
	id: "host:web:80",
	name: "api",
	tags: [],
	meta: {},
	address: "2001:db8::1",
	port: 80,
	drainMs: 0,
	innerPort: 80,
	containerHostName: "inner",
};

/** A service as `/v1/agent/services` shows it. */
export interface Service {
	readonly ID: string;
	readonly Service: string;
	readonly Address: string;
	readonly Port: number;
	readonly Tags: readonly string[];
	readonly Meta: Readonly<Record<string, string>>;
}

/** The body of an answer; anything but success is an error. */
export const curl = (...args: string[]) => succeed("curl", ["-sSf", "--max-time", "5", ...args]);

/** Services of these tests, whoever registered them. */
async function services(address: string): Promise<Service[]> {
	const answer = JSON.parse(await curl(`http://${address}:8500/v1/agent/services`)) as Record<string, Service>;
	return Object.values(answer).filter((service) => service.Service.startsWith("rt-"));
}

/** Waits until the agent holds `count` of our services. */
export const countOf = (address: string, count: number) =>
	eventually(
		`${count} services at ${address}`,
		async () => {
			const found = await services(address);
			if (found.length === count) return found;
			throw new Error(`${found.length} services: ${found.map(({ ID }) => ID).join(" ")}`);
		},
		20_000,
	);

/** Starts an agent and waits for its leader. */
export async function start(agent: Agent): Promise<Background> {
	const started = background(agent.command[0] ?? "", agent.command.slice(1));
	await eventually(
		`a leader at ${agent.address}`,
		async () => (await curl(`http://${agent.address}:8500/v1/status/leader`)).length > 4,
	);
	return started;
}

/** Runs a container that sleeps, as a service `rt-api`. */
export const run = (name: string, ...options: string[]) =>
	succeed("docker", [
		"run",
		"-d",
		"--label",
		label,
		"--name",
		name,
		"-e",
		"SERVICE_NAME=rt-api",
		...options,
		"busybox:static",
		"sleep",
		"1000",
	]);

/** Starts `count` containers, a few at a time. */
export async function runMany(count: number): Promise<string[]> {
	const names = Array.from({ length: count }, (_, index) => `rt-${index}`);
	for (let first = 0; first < count; first += 5) {
		await Promise.all(names.slice(first, first + 5).map((name) => run(name, "--expose", "80")));
	}
	return names;
}

/** Removes every container that `run` made. */
export async function removeContainers(): Promise<void> {
	const left = (await succeed("docker", ["ps", "-aq", "--filter", `label=${label}`])).split("\n").filter(Boolean);
	if (left.length > 0) await succeed("docker", ["rm", "-f", ...left]);
}
