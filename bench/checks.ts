/**
 * One agent with many HTTP checks, disco and the real Consul in turns: how late each probe comes (against its own check's interval),
 * how much processor time and memory that costs, and how many connections there are at once. A tenth of the checks ask a server
 * that never answers. Prints; never a test.
 *
 *   node --import tsx bench/checks.ts           BENCH_CHECKS=10000 BENCH_SECONDS=60 BENCH_ROUNDS=1 BENCH_HANGING=0.1
 *                                               BENCH_ONLY=disco
 */
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { type Agent, startAgent } from "./agents.ts";
import { cpuMs, residentMb } from "./process-figures.ts";

const checks = Number(process.env["BENCH_CHECKS"] ?? 10_000);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 60);
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 1);
const hangingShare = Number(process.env["BENCH_HANGING"] ?? 0.1);
const only = process.env["BENCH_ONLY"];
const intervalMs = 10_000;
const checksOfService = 5;
const targetHost = "127.0.55.1";

/** Arrivals of probes by path, and the most connections at once. */
const arrivals = new Map<string, number[]>();
let connections = 0;
let connectionsMost = 0;
const count = (socket: { on(event: "close", listener: () => void): unknown }) => {
	connectionsMost = Math.max(connectionsMost, ++connections);
	socket.on("close", () => connections--);
};

const target = createServer((request, response) => {
	const path = request.url ?? "";
	const times = arrivals.get(path) ?? [];
	if (times.length === 0) arrivals.set(path, times);
	times.push(performance.now());
	response.end("ok");
});
target.on("connection", count);
const silent = createTcpServer((socket) => {
	count(socket);
	socket.on("error", () => undefined);
	// Unread, it would never notice that the agent has closed it.
	socket.resume();
});

async function measure(name: Agent["name"], host: string): Promise<void> {
	arrivals.clear();
	connectionsMost = 0;
	const agent = await startAgent(name, host);
	try {
		const { port } = target.address() as { port: number };
		const { port: silentPort } = silent.address() as { port: number };
		const checkOf = (id: number) => ({
			HTTP: `http://${targetHost}:${id % 1_000 < hangingShare * 1_000 ? silentPort : port}/${id}`,
			Interval: `${intervalMs}ms`,
			Timeout: "5s",
		});
		const register = async (service: number) => {
			const Checks = Array.from({ length: checksOfService }, (_, offset) =>
				checkOf(service * checksOfService + offset),
			);
			const body = JSON.stringify({ Name: `service-${service}`, Checks });
			const answer = await fetch(`http://${host}:8500/v1/agent/service/register`, { method: "PUT", body });
			if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
		};
		const registeringMs = performance.now();
		const services = Math.ceil(checks / checksOfService);
		for (let each = 0; each < services; each += 10) {
			await Promise.all(Array.from({ length: Math.min(10, services - each) }, (_, offset) => register(each + offset)));
		}
		const registered = (performance.now() - registeringMs) / 1_000;
		// The first round comes at random moments and tells which hang.
		await pause(2 * intervalMs);
		for (const times of arrivals.values()) times.splice(0, times.length - 1);
		const beforeMs = cpuMs(agent.process.pid);
		await pause(seconds * 1_000);
		const usedMs = cpuMs(agent.process.pid) - beforeMs;
		const late = [...arrivals.values()]
			.flatMap((times) => times.map((time, index) => time - (times[index - 1] ?? Number.NaN) - intervalMs))
			.filter((value) => !Number.isNaN(value))
			.sort((a, b) => a - b);
		const at = (share: number) => (late[Math.floor(late.length * share)] ?? Number.NaN).toFixed(0);
		console.log(
			`${name.padEnd(7)} ${late.length} probes  late p50 ${at(0.5)} p99 ${at(0.99)} most ${at(0.99999)} ms` +
				`  processor ${(usedMs / seconds / 10).toFixed(1)} %` +
				`  memory ${residentMb(agent.process.pid).toFixed(0)} MB  connections ${connectionsMost}  registered in ${registered.toFixed(0)} s`,
		);
	} finally {
		await agent.close();
	}
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

await new Promise<void>((resolve) => target.listen(0, targetHost, 4096, resolve));
await new Promise<void>((resolve) => silent.listen(0, targetHost, 4096, resolve));
for (let round = 0; round < rounds; round++) {
	if (only !== "consul") await measure("disco", "127.0.55.2");
	if (only !== "disco") await measure("consul", "127.0.55.3");
}
process.exit(0);
