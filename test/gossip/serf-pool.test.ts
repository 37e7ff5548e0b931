import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/programs.ts";
import { hasSerf, type OwnMember, type SerfAgent, startOwn, startSerf } from "./pool.ts";

const text = (payload: Uint8Array) => new TextDecoder().decode(payload);
const bytes = (content: string) => new TextEncoder().encode(content);
const count = (where: string, what: RegExp) => [...where.matchAll(what)].length;

/** serf.io's own agents, three of them, and one of ours. */
describe.skipIf(!hasSerf)("a pool of real serf agents", () => {
	let serfs: SerfAgent[];
	let own: OwnMember;

	beforeAll(async () => {
		const first = await startSerf("s1", "127.57.10.1");
		serfs = [first, await startSerf("s2", "127.57.10.2", { join: first.host })];
		serfs.push(await startSerf("s3", "127.57.10.3", { join: first.host }));
		own = await startOwn("disco", "127.57.10.9", { join: first.host });
		await everybodySees("disco", "alive");
		for (const { name } of serfs) await eventually(`we see ${name}`, () => own.statusOf(name) === "alive");
	});

	afterAll(async () => {
		await own?.serf.close();
		for (const agent of serfs ?? []) await agent.stop();
	});

	async function everybodySees(member: string, status: string): Promise<void> {
		for (const agent of serfs.filter(({ name }) => name !== member))
			await eventually(
				`${agent.name} sees ${member} ${status}`,
				async () => (await agent.statusOf(member)) === status,
				60_000,
			);
	}

	it("shows tags both ways, and their changes", async () => {
		const [first] = serfs as [SerfAgent];
		expect(own.serf.member("s2")?.tags).toEqual(new Map([["of", "s2"]]));
		expect(await first.command("members", "-tag", "of=disco")).toContain("disco");
		await first.command("tags", "-set", "colour=red");
		await eventually("its new tag", () => own.serf.member("s1")?.tags.get("colour") === "red");
		own.serf.setTags(new Map([["of", "changed"]]));
		await eventually("our new tag", async () =>
			(await first.command("members", "-tag", "of=changed")).includes("disco"),
		);
	});

	it("carries bursts of 100 events both ways, each one once", async () => {
		const [first, second] = serfs as [SerfAgent, SerfAgent];
		const names = Array.from({ length: 100 }, (_, at) => `burst-${at}`);
		const fire = (name: string) => first.command("event", "-coalesce=false", name, "payload");
		for (let at = 0; at < names.length; at += 10) await Promise.all(names.slice(at, at + 10).map(fire));
		await eventually("100 events here", () => new Set(own.heard().filter((name) => names.includes(name))).size === 100);
		expect(own.heard().filter((name) => names.includes(name))).toHaveLength(100);
		for (let at = 0; at < 100; at++) own.serf.fire(`ours-${at}`, bytes("x"));
		await eventually("100 events there", () => count(second.monitor(), /Name: "ours-\d+"/g) >= 100);
		expect(count(second.monitor(), /Name: "ours-\d+"/g)).toBe(100);
	});

	it("asks and answers queries: acks, responses, filters, relays", async () => {
		const [first] = serfs as [SerfAgent];
		const all = await own.serf.query("uptime", bytes(""), { ack: true, relayFactor: 2 });
		expect([...all.acks].sort()).toEqual(["disco", "s1", "s2", "s3"]);
		const answers = new Map(all.responses.map(({ from, payload }) => [from, text(payload).trim()]));
		expect(answers).toEqual(
			new Map([
				["disco", "up here"],
				["s1", "up"],
				["s2", "up"],
				["s3", "up"],
			]),
		);
		const some = await own.serf.query("uptime", bytes(""), { ack: true, nodes: ["s2", "disco"] });
		expect([...some.acks].sort()).toEqual(["disco", "s2"]);
		const tagged = await own.serf.query("uptime", bytes(""), { ack: true, tags: new Map([["of", "^s[13]$"]]) });
		expect([...tagged.acks].sort()).toEqual(["s1", "s3"]);
		const asked = await first.command("query", "-timeout=3s", "-relay-factor=2", "-node=disco", "uptime");
		expect(asked).toContain("Response from 'disco': up here");
		expect(asked).toContain("Total Acks: 1");
		expect(await first.command("reachability")).toContain("Successfully contacted all live nodes");
	});

	it("who comes with a name that is taken hears from the others whose it is; who has it stays", async () => {
		const [first] = serfs as [SerfAgent];
		const second = await startOwn("disco", "127.57.10.8", { join: first.host });
		try {
			await eventually("it is told to end", () => second.hasToEnd(), 60_000);
			expect(own.hasToEnd()).toBe(false);
			expect(await first.command("members", "-name=disco")).toContain("127.57.10.9");
		} finally {
			await second.serf.close();
		}
	});

	it("a killed serf agent is seen as failed, not before its suspicion ends, and is alive again when it comes back", async () => {
		const third = serfs.pop() as SerfAgent;
		await third.stop("SIGKILL");
		const killedMs = performance.now();
		await eventually("we see it fail", () => own.statusOf("s3") === "failed", 60_000);
		// Four members: at least the shortest suspicion of 4 s less what passed since the last probe; the longest is
		// a round of probes, one interval and six times the shortest.
		const tookMs = performance.now() - killedMs;
		expect(tookMs).toBeGreaterThan(3_900);
		expect(tookMs).toBeLessThan(3_000 + 1_000 + 24_000 + 5_000);
		await everybodySees("s3", "failed");
		serfs.push(await startSerf("s3", "127.57.10.3", { join: "127.57.10.9" }));
		await eventually("we see it again", () => own.statusOf("s3") === "alive");
		await everybodySees("s3", "alive");
	});

	it("we leave and are seen as left; force-leave from our side makes a failed one left", async () => {
		// A minute in which nobody failed but who was killed, and nobody had to refute.
		await eventually("60 probes", () => own.serf.swim.prober.probes >= 60, 60_000);
		const failed = own.events.flatMap((event) => (event.kind === "failed" ? [event.member.name] : []));
		expect([failed, own.serf.swim.members.refutations]).toEqual([["s3"], 0]);
		const third = serfs.pop() as SerfAgent;
		await third.stop("SIGKILL");
		await eventually("we see it fail", () => own.statusOf("s3") === "failed", 60_000);
		await own.serf.forceLeave("s3", false);
		expect(own.statusOf("s3")).toBe("left");
		await everybodySees("s3", "left");
		await serfs[0]?.command("force-leave", "-prune", "s3");
		await eventually("their force-leave reaches us", () => own.statusOf("s3") === undefined);
		const [first, second] = serfs as [SerfAgent, SerfAgent];
		await second.command("leave");
		await eventually("we see it leave", () => own.statusOf("s2") === "left");
		expect(own.events.some((event) => event.kind === "failed" && event.member.name === "s2")).toBe(false);
		await second.stop();
		serfs = [first];
		expect(own.serf.swim.members.refutations).toBe(0);
		expect(first.log()).not.toContain("Refuting");
		expect(first.log()).not.toMatch(/Suspect disco/);
		await own.serf.leave();
		await own.serf.close();
		await everybodySees("disco", "left");
		own = await startOwn("disco", "127.57.10.9", { join: first.host });
		await everybodySees("disco", "alive");
	});
});

describe.skipIf(!hasSerf)("packets that do not arrive", () => {
	it("of one member: others ask for us; of all: streams do; nobody is taken for failed", async () => {
		const first = await startSerf("s1", "127.57.11.1");
		const second = await startSerf("s2", "127.57.11.2", { join: first.host });
		let drops: readonly string[] = [second.host];
		const own = await startOwn("disco", "127.57.11.9", {
			join: first.host,
			drops: ({ host }) => drops.includes(host),
			swim: { probeIntervalMs: 500, probeTimeoutMs: 200, suspicionMult: 2, suspicionMaxTimeoutMult: 1 },
		});
		try {
			const probesOf = (name: string) => own.serf.swim.members.list.get(name)?.status;
			await eventually("both are there", () => own.statusOf("s1") === "alive" && own.statusOf("s2") === "alive");
			// Its pings reach nobody directly: it would be failed after 500 ms of probing and 1 s of suspicion.
			await watch(own, 6_000);
			expect(probesOf("s2")).not.toBe("dead");
			drops = [first.host, second.host];
			await watch(own, 6_000);
			expect([probesOf("s1"), probesOf("s2")]).not.toContain("dead");
		} finally {
			await own.serf.close();
			await first.stop();
			await second.stop();
		}
	});
});

/** Nobody fails while the time passes. */
async function watch(own: OwnMember, ms: number): Promise<void> {
	const untilMs = performance.now() + ms;
	await eventually(
		"the time to pass",
		() => {
			expect(own.events.filter(({ kind }) => kind === "failed")).toEqual([]);
			return performance.now() > untilMs;
		},
		ms + 5_000,
	);
}
