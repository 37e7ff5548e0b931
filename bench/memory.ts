import { type Agent, startAgent } from "./agents.ts";
import { instancePut, keyPut, putAll } from "./fill.ts";
import { residentMb } from "./process-figures.ts";
import { formatSpread, type Spread, spread } from "./statistics.ts";

/** Both give memory back some seconds after the work (V8 after 8 s of rest, Go within minutes, a part at once). */
const restMs = 30_000;

const fillings: readonly (readonly [string, (host: string) => Promise<void>])[] = [
	["at start", async () => {}],
	["100,000 keys of 100 B", (host) => putAll(host, 100_000, keyPut)],
	[
		"10,000 services on 100 nodes",
		(host) =>
			putAll(host, 10_000, (number) =>
				instancePut({
					node: number % 100,
					service: `svc-${number}`,
					id: `svc-${number}`,
					port: 8_000 + (number % 1_000),
				}),
			),
	],
];

/** Resident memory of fresh agents, MB: right after the filling and after half a minute of rest. */
export async function memory(rounds: number): Promise<void> {
	console.log(`\nresident memory, MB, ${rounds} rounds: median (least-greatest)\n`);
	console.log(`${"".padEnd(44)}${"disco".padEnd(26)}${"consul".padEnd(26)}disco / consul`);
	for (const [label, fill] of fillings) {
		const busy: [number[], number[]] = [[], []];
		const rest: [number[], number[]] = [[], []];
		for (let round = 0; round < rounds; round++) {
			const agents = [await startAgent("disco", "127.31.0.1"), await startAgent("consul", "127.31.0.2")];
			try {
				for (const [side, { host, process }] of agents.entries()) {
					await fill(host);
					busy[side as 0 | 1].push(residentMb(process.pid));
				}
				await new Promise((resolve) => setTimeout(resolve, restMs));
				for (const [side, { process }] of agents.entries()) rest[side as 0 | 1].push(residentMb(process.pid));
			} finally {
				await Promise.all(agents.map((agent: Agent) => agent.close()));
			}
		}
		print(`${label}, at once`, busy);
		print(`${label}, at rest`, rest);
	}
}

function print(label: string, [ours, theirs]: [number[], number[]]): void {
	const ratio: Spread = spread(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
	console.log(
		`${label.padEnd(44)}${formatSpread(spread(ours)).padEnd(26)}${formatSpread(spread(theirs)).padEnd(26)}${formatSpread(ratio, "x")}`,
	);
}
