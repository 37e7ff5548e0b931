import { describe, expect, it } from "vitest";
import type { AgentReachability } from "../../client/index.ts";
import { program, startAgent, temporaryFolder } from "../agent/support.ts";
import { eventually, outcome } from "../support/programs.ts";
import { hasSerf, startOwn, startSerf } from "./pool.ts";

describe.skipIf(!hasSerf)("disco reachability", () => {
	it("is acknowledged by real serf members; a member that datagrams do not reach is named, with what that means", async () => {
		// Not -dev: there a probe ends before a stream could answer.
		const agent = await startAgent("127.57.16.9", { folder: temporaryFolder() });
		const serf = await startSerf("s1", "127.57.16.1");
		let isDeaf = false;
		const deaf = await startOwn("deaf", "127.57.16.2", { join: serf.host, drops: () => isDeaf });
		const reachability = (...args: readonly string[]) =>
			outcome(process.execPath, [program, "reachability", `-http-addr=${agent.httpAddress}`, ...args]);
		try {
			await agent.client.agent.join(`${serf.host}:7946`);
			// A question may be lost on a loaded machine; that all answer one is what counts.
			await eventually("everybody acknowledges", async () => {
				const { exitCode, stdout } = await reachability("-verbose", "-timeout=2s");
				expect(stdout).toMatch(/ {2}s1 {2}127\.57\.16\.1:7946 {2}[\d.]+ ms\n/);
				expect(stdout).toMatch(/ms\n3 of 3 living members acknowledged\.\n$/);
				expect(exitCode).toBe(0);
				return true;
			});

			// Streams still reach it, so that it stays alive.
			isDeaf = true;
			await eventually("the deaf one is named", async () => {
				const { exitCode, stdout } = await reachability("-timeout=2s");
				expect(stdout).toMatch(/^2 of 3 living members acknowledged\.\n/);
				expect(stdout).toMatch(
					/No acknowledgement from:\n {2}deaf {2}127\.57\.16\.2:7946\n[\s\S]* lets TCP through and not UDP/,
				);
				expect(exitCode).toBe(2);
				const told = await reachability("-timeout=2s", "-format=json");
				const { Members, Unknown } = JSON.parse(told.stdout) as AgentReachability;
				expect(Members.map(({ Name, Status, AckMs }) => [Name, Status, AckMs])).toEqual([
					["deaf", 1, null],
					["n1", 1, expect.any(Number)],
					["s1", 1, expect.any(Number)],
				]);
				expect([told.exitCode, Unknown]).toEqual([2, []]);
				return true;
			});

			const late = await reachability("-timeout=6m");
			expect([late.exitCode, late.stderr]).toEqual([1, expect.stringContaining("at most 5m")]);
			const wan = await reachability("-wan", "-timeout=1s", "-verbose");
			expect(wan.stdout).toMatch(/n1\.dc1 {2}127\.57\.16\.9:8302 {2}[\d.]+ ms\n1 of 1 living/);
		} finally {
			await deaf.serf.close();
			await serf.stop();
			await agent.kill("SIGKILL");
		}
	});
});
