/**
 * Side by side with the real Consul, both durable servers on this machine, in the same run and in turns (disco, consul, disco, ...),
 * so that a machine whose speed drifts is as unfair to one as to the other. Prints each figure as median (least-greatest) and the
 * ratio, pair by pair. Never a test: nothing here fails because of a time.
 *
 *   npm run bench                  all
 *   npm run bench -- kv-get dns-a  some;  BENCH_ROUNDS=9 BENCH_SECONDS=5 change the length
 *   npm run bench -- docker-path   docker start -> replaced haproxy.cfg, step by step (needs root and dockerd)
 */
import { exchange, startAgent, toolsFolder } from "./agents.ts";
import { dockerPath } from "./docker-path.ts";
import { getsPerSecond, putsPerSecond, questionsPerSecond } from "./load.ts";
import { formatSpread, spread } from "./statistics.ts";

process.env["PATH"] = `${toolsFolder}:${process.env["PATH"] ?? ""}`;
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 3);

/** name -> what is measured per second on the agent at `host`. */
const measurements: Readonly<Record<string, (host: string) => Promise<number>>> = {
	"kv-get": (host) => getsPerSecond(host, "/v1/kv/bench-1k", seconds),
	"kv-put-1": (host) => putsPerSecond(host, 1, seconds * 1000),
	"kv-put-64": (host) => putsPerSecond(host, 64, seconds * 1000),
	"health-10": (host) => getsPerSecond(host, "/v1/health/service/ten?passing", seconds),
	"health-100": (host) => getsPerSecond(host, "/v1/health/service/hundred?passing", seconds),
	"dns-a": (host) => questionsPerSecond(host, "one.service.consul A", seconds),
	"dns-srv": (host) => questionsPerSecond(host, "one.service.consul SRV", seconds),
	"dns-srv-10": (host) => questionsPerSecond(host, "ten.service.consul SRV", seconds),
};

/** Nodes with services `one`, `ten` and `hundred`, and a key of 1 KB. */
async function fill(host: string): Promise<void> {
	const put = async (path: string, body: string) => {
		const answer = await exchange(host, "PUT", path, body);
		if (answer.status !== 200) throw new Error(`${host}${path}: ${answer.status} ${answer.text}`);
	};
	await put("/v1/kv/bench-1k", "x".repeat(1024));
	for (const [service, count] of [
		["one", 1],
		["ten", 10],
		["hundred", 100],
	] as const) {
		for (let number = 0; number < count; number++) {
			const registration = {
				Node: `bench-node-${number}`,
				Address: `10.1.0.${number + 1}`,
				Service: { ID: `${service}-${number}`, Service: service, Port: 8000 + number, Tags: ["a", "b"] },
				Check: {
					CheckID: `service:${service}-${number}`,
					Name: "bench",
					Status: "passing",
					ServiceID: `${service}-${number}`,
				},
			};
			await put("/v1/catalog/register", JSON.stringify(registration));
		}
	}
}

async function sideBySide(names: readonly string[]): Promise<void> {
	const agents = [await startAgent("disco", "127.31.0.1"), await startAgent("consul", "127.31.0.2")];
	try {
		for (const { host } of agents) await fill(host);
		console.log(
			`node ${process.version}, ${rounds} rounds of ${seconds} s each, per second: median (least-greatest)\n`,
		);
		console.log(`${"".padEnd(12)}${"disco".padEnd(30)}${"consul".padEnd(30)}ratio`);
		for (const name of names) {
			const measure = measurements[name];
			if (measure === undefined) continue;
			const figures: [number[], number[]] = [[], []];
			for (let round = 0; round < rounds; round++) {
				for (const [side, { host }] of agents.entries()) figures[side as 0 | 1].push(await measure(host));
			}
			const [ours, theirs] = figures;
			const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
			console.log(
				`${name.padEnd(12)}${formatSpread(spread(ours)).padEnd(30)}${formatSpread(spread(theirs)).padEnd(30)}${formatSpread(spread(ratios), "x")}`,
			);
		}
	} finally {
		for (const agent of agents) await agent.close();
	}
}

const wanted = process.argv.slice(2);
const known = [...Object.keys(measurements), "docker-path"];
const unknown = wanted.find((name) => !known.includes(name));
if (unknown !== undefined) {
	console.error(`bench: no measurement "${unknown}"; there are ${known.join(", ")}`);
	process.exit(2);
}
const chosen = wanted.length === 0 ? known : wanted;
const compared = chosen.filter((name) => name !== "docker-path");
if (compared.length > 0) await sideBySide(compared);
if (chosen.includes("docker-path")) await dockerPath(rounds);
