import { describe, expect, it } from "vitest";
import { cpuMs } from "../../bench/process-figures.ts";
import { startAgent, temporaryFolder } from "../agent/support.ts";
import { type Background, eventually } from "../support/programs.ts";
import { askForEver, changeForEver, fillWithLargeAnswers } from "./busy.ts";
import { hasSerf, startSerf } from "./pool.ts";

/** Probes of others that one look at the agent takes in. */
const probesPerLook = 12;
const answerBytesMin = 25_000_000;
/** Of one processor, that the agent gets while it is looked at. */
const shareMin = 0.6;
const looksMax = 6;

describe.skipIf(!hasSerf)("an agent whose HTTP server encodes answers of 31 MB all the time", () => {
	it("keeps gossip's schedule: its probes succeed, and nobody suspects it", async () => {
		const serf = await startSerf("s1", "127.57.17.1");
		const other = await startSerf("s2", "127.57.17.2", { join: serf.host });
		const agent = await startAgent("127.57.17.9", { folder: temporaryFolder(), args: ["-log-level=info"] });
		let clients: readonly Background[] = [];
		/** What went wrong since the start, by its own word and by the others'. */
		const state = async () => {
			const { Gauges } = await agent.client.agent.metrics();
			const of = (name: string) => Gauges.find(({ Name }) => Name.endsWith(`.memberlist.${name}`))?.Value ?? Number.NaN;
			const accusations = [
				...[serf, other].flatMap(({ log }) => log().match(/Suspect n1 .*/g) ?? []),
				...(agent.output().match(/suspect s\d has failed/g) ?? []),
			];
			return {
				probes: of("probes"),
				missed: of("probes_failed") + of("refutations") + accusations.length,
				answers: clients.map(
					({ output }) =>
						output()
							.split("\n")
							.filter((size) => Number(size) > 0).length,
				),
			};
		};
		try {
			const questions = await fillWithLargeAnswers(agent);
			await agent.client.agent.join(`${serf.host}:7946`);
			for (const one of [serf, other])
				await eventually(`${one.name} sees it`, async () => (await one.statusOf("n1")) === "alive");
			clients = [...askForEver(questions), changeForEver(agent)];
			await eventually("everybody is answered", async () =>
				(await state()).answers.slice(0, 4).every((count) => count > 0),
			);
			for (let look = 1; ; look++) {
				const before = await state();
				const [startMs, startCpuMs] = [performance.now(), cpuMs(agent.child.pid)];
				const after = await eventually(
					"its probes, and an answer to each client",
					async () => {
						const now = await state();
						const isAnswered = now.answers.slice(0, 4).every((count, at) => count > (before.answers[at] ?? 0));
						return isAnswered && now.probes >= before.probes + probesPerLook ? now : undefined;
					},
					90_000,
				);
				const share = (cpuMs(agent.child.pid) - startCpuMs) / (performance.now() - startMs);
				// A process from which others take the processor may be late without a fault of its own: then it is looked at again.
				const isStarved = share < shareMin && look < looksMax;
				if (after.missed > before.missed && isStarved) continue;
				expect(after.missed).toBe(before.missed);
				break;
			}
			expect(Math.max(...(clients[0]?.output() ?? "").split("\n").map(Number))).toBeGreaterThan(answerBytesMin);
			for (const one of [serf, other]) expect(one.monitor()).not.toContain("EventMemberFailed");
		} finally {
			for (const client of clients) await client.stop("SIGKILL");
			await agent.kill("SIGKILL");
			for (const one of [serf, other]) await one.stop();
		}
	}, 600_000);
});
