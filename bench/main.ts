/**
 * Side by side with the real Consul, both durable servers on this machine, in the same run and in turns (disco, consul, disco, ...),
 * so that a machine whose speed drifts is as unfair to one as to the other. Prints each figure as median (least-greatest) and the
 * ratio, pair by pair. Never a test: nothing here fails because of a time.
 *
 *   npm run bench                  all
 *   npm run bench -- kv-get dns-a  some;  BENCH_ROUNDS=9 BENCH_SECONDS=5 change the length
 *   npm run bench -- wake-5000     5,000 blocking queries woken by one PUT
 *   npm run bench -- memory        resident memory at start, with 100,000 keys, with 10,000 services
 *   npm run bench -- scaling       disco alone, beside 1,000,000 keys and 100,000 instances
 *   npm run bench -- dns           DNS in full: beside an empty UDP echo, 5,000 instances, TCP, under HTTP load
 *   npm run bench -- docker-path   docker start -> replaced haproxy.cfg, step by step (needs root and dockerd)
 */
import { startAgent, toolsFolder } from "./agents.ts";
import { dns } from "./dns.ts";
import { dockerPath } from "./docker-path.ts";
import { instancePut, putAll } from "./fill.ts";
import { getsPerSecond, putsPerSecond, questionsPerSecond } from "./load.ts";
import { memory } from "./memory.ts";
import { cpuMs } from "./process-figures.ts";
import { scaling } from "./scaling.ts";
import { formatSpread, spread } from "./statistics.ts";
import { wake } from "./wake.ts";

process.env["PATH"] = `${toolsFolder}:${process.env["PATH"] ?? ""}`;
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 3);

/** name -> what is measured per second on the agent at `host`. */
const measurements: Readonly<Record<string, (host: string) => Promise<number>>> = {
	"kv-get": (host) => getsPerSecond(host, "/v1/kv/bench-1k", seconds),
	"kv-put-1": (host) => putsPerSecond(host, 1, seconds),
	"kv-put-64": (host) => putsPerSecond(host, 64, seconds),
	"health-10": (host) => getsPerSecond(host, "/v1/health/service/ten?passing", seconds),
	"health-100": (host) => getsPerSecond(host, "/v1/health/service/hundred?passing", seconds),
	"catalog-1000": (host) => getsPerSecond(host, "/v1/catalog/services", seconds),
	"dns-a": (host) => questionsPerSecond(host, "one.service.consul A", seconds),
	"dns-srv": (host) => questionsPerSecond(host, "one.service.consul SRV", seconds),
	"dns-srv-10": (host) => questionsPerSecond(host, "ten.service.consul SRV", seconds),
};

/** Nodes with services `one`, `ten` and `hundred`, and a key of 1 KB; with 1,000 further services for who asks for all. */
async function fill(host: string, names: readonly string[]): Promise<void> {
	await putAll(host, 1, () => ({ path: "/v1/kv/bench-1k", body: "x".repeat(1024) }));
	for (const [service, count] of [
		["one", 1],
		["ten", 10],
		["hundred", 100],
	] as const)
		await putAll(host, count, (node) => instancePut({ node, service, id: `${service}-${node}`, port: 8000 + node }));
	if (!names.includes("catalog-1000")) return;
	await putAll(host, 1_000, (number) =>
		instancePut({ node: number % 100, service: `svc-${number}`, id: `svc-${number}`, port: 9000 }),
	);
}

async function sideBySide(names: readonly string[]): Promise<void> {
	const agents = [await startAgent("disco", "127.31.0.1"), await startAgent("consul", "127.31.0.2")];
	try {
		for (const { host } of agents) await fill(host, names);
		console.log(
			`node ${process.version}, ${rounds} rounds of ${seconds} s each, per second: median (least-greatest)\n`,
		);
		console.log(`${"".padEnd(14)}${"disco".padEnd(30)}${"consul".padEnd(30)}disco / consul`);
		const processorTimes: string[] = [];
		for (const name of names) {
			const measure = measurements[name];
			if (measure === undefined) continue;
			const figures: [number[], number[]] = [[], []];
			const processorUs: [number[], number[]] = [[], []];
			for (let round = 0; round < rounds; round++) {
				for (const [side, { host, process }] of agents.entries()) {
					const beforeMs = cpuMs(process.pid);
					const perSecond = await measure(host);
					figures[side as 0 | 1].push(perSecond);
					processorUs[side as 0 | 1].push(((cpuMs(process.pid) - beforeMs) * 1_000) / (perSecond * seconds));
				}
			}
			const [ours, theirs] = figures;
			console.log(row(name, ours, theirs, (mine, other) => mine / other));
			processorTimes.push(row(name, ...processorUs, (mine, other) => other / mine));
		}
		console.log("\nserver's processor time per answer, us; it says more on a machine with other work\n");
		console.log(`${"".padEnd(14)}${"disco".padEnd(30)}${"consul".padEnd(30)}consul / disco`);
		for (const line of processorTimes) console.log(line);
	} finally {
		for (const agent of agents) await agent.close();
	}
}

function row(
	label: string,
	ours: readonly number[],
	theirs: readonly number[],
	ratioOf: (ours: number, theirs: number) => number,
): string {
	const ratios = ours.map((value, round) => ratioOf(value, theirs[round] ?? Number.NaN));
	return `${label.padEnd(14)}${formatSpread(spread(ours)).padEnd(30)}${formatSpread(spread(theirs)).padEnd(30)}${formatSpread(spread(ratios), "x")}`;
}

/** 5,000 blocking queries on one key; the first waves warm both up, and count. */
async function wakeSideBySide(): Promise<void> {
	const agents = [await startAgent("disco", "127.31.0.1"), await startAgent("consul", "127.31.0.2")] as const;
	const figures: { [Figure in keyof Awaited<ReturnType<typeof wake>>]: [number[], number[]] } = {
		putAnsweredMs: [[], []],
		firstMs: [[], []],
		lastMs: [[], []],
		cpuMs: [[], []],
	};
	try {
		for (let round = 0; round < rounds; round++) {
			for (const [side, agent] of agents.entries()) {
				const woken = await wake(agent, 5_000);
				for (const [name, values] of Object.entries(figures))
					values[side as 0 | 1].push(woken[name as keyof typeof woken]);
			}
		}
	} finally {
		for (const agent of agents) await agent.close();
	}
	console.log(
		`\n5,000 blocking queries woken by one PUT, ${rounds} rounds, ms from the PUT: median (least-greatest)\n`,
	);
	console.log(`${"".padEnd(24)}${"disco".padEnd(26)}${"consul".padEnd(26)}consul / disco`);
	for (const [label, [ours, theirs]] of [
		["PUT answered", figures.putAnsweredMs],
		["first woken", figures.firstMs],
		["last woken", figures.lastMs],
		["server's processor time", figures.cpuMs],
	] as const) {
		const ratios = ours.map((value, round) => (theirs[round] ?? Number.NaN) / value);
		console.log(
			`${label.padEnd(24)}${formatSpread(spread(ours)).padEnd(26)}${formatSpread(spread(theirs)).padEnd(26)}${formatSpread(spread(ratios), "x")}`,
		);
	}
}

/** Measurements with a table of their own. */
const apart: Readonly<Record<string, () => Promise<void>>> = {
	"wake-5000": wakeSideBySide,
	memory: () => memory(Math.min(rounds, 3)),
	scaling: () => scaling(Math.min(rounds, 3), seconds),
	dns: () => dns(Math.min(rounds, 3), seconds),
	"docker-path": () => dockerPath(rounds),
};

const wanted = process.argv.slice(2);
const known = [...Object.keys(measurements), ...Object.keys(apart)];
const unknown = wanted.find((name) => !known.includes(name));
if (unknown !== undefined) {
	console.error(`bench: no measurement "${unknown}"; there are ${known.join(", ")}`);
	process.exit(2);
}
const chosen = wanted.length === 0 ? known : wanted;
const compared = chosen.filter((name) => Object.hasOwn(measurements, name));
if (compared.length > 0) await sideBySide(compared);
for (const [name, measure] of Object.entries(apart)) if (chosen.includes(name)) await measure();
