import { expect, it } from "vitest";
import { eventually, outcome } from "../support/programs.ts";
import { freePort, program, startAgent } from "./support.ts";

it("lets nobody into the pool from outside serf_lan_allowed_cidrs", async () => {
	const port = await freePort("127.13.0.64");
	const agent = await startAgent("127.13.0.64", {
		args: [`-serf-lan-port=${port}`, "-serf-lan-allowed-cidrs=127.13.0.64/31"],
	});
	const near = await startAgent("127.13.0.65", { args: [`-serf-lan-port=${port}`, "-node=near"] });
	const far = await startAgent("127.13.0.66", { args: [`-serf-lan-port=${port}`, "-node=far"] });
	const join = (httpAddress: string) =>
		outcome(process.execPath, [program, "join", `-http-addr=${httpAddress}`, `127.13.0.64:${port}`]);
	const names = async () => (await agent.client.agent.members()).map(({ Name }) => Name).sort();
	try {
		// As in the reference, who is refused has the answer already and thinks that it has joined.
		await join(far.httpAddress);
		expect(await join(near.httpAddress)).toMatchObject({ exitCode: 0 });
		await eventually("the member that may come", async () => (await names()).join() === "n1,near");
		expect(agent.output()).toMatch(
			/'far' has address 127\.13\.0\.66, which is in no network of serf_lan_allowed_cidrs/,
		);
	} finally {
		await Promise.all([agent, near, far].map((each) => each.kill("SIGKILL")));
	}
});
