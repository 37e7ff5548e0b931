import { decode } from "dns-packet";
import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock, fakeRandom } from "../../lib/env/fake.ts";
import { DiscoError } from "../../lib/errors.ts";
import { silentLogger } from "../../lib/log/index.ts";
import { defaultDnsOptions } from "./options.ts";
import { createResponder } from "./responder.ts";
import { withStaleAnswers } from "./stale-answers.ts";
import { createTestCatalog, type TestCatalog } from "./testing.ts";

const hourMs = 3_600_000;
const noServer = new DiscoError("NO_LEADER", "no server can be reached", { retryable: true });

describe("stale_if_error", () => {
	let catalog: TestCatalog;
	let clock: FakeClock;
	beforeEach(() => {
		catalog = createTestCatalog();
		clock = new FakeClock();
		catalog.node("n1", "10.0.0.1");
		catalog.service("n1", { service: "web", port: 80 });
	});

	function asking(staleIfErrorMs: number) {
		const stale = withStaleAnswers(catalog.endpoints, { clock, staleIfErrorMs: () => staleIfErrorMs });
		const options = { ...defaultDnsOptions, staleIfErrorMs, serviceTtlMs: { web: 60_000 }, nodeTtlMs: 60_000 };
		const respond = createResponder({
			endpoints: stale.endpoints,
			options: () => options,
			datacenter: "dc1",
			clock,
			random: fakeRandom(1),
			logger: silentLogger,
		});
		const ask = async (name: string) => {
			const labels = name.split(".").flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
			const header = Buffer.from([0, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
			const opt = Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]);
			const reply = await respond(Buffer.concat([header, ...labels, Buffer.from([0, 0, 1, 0, 1]), opt]), "udp");
			const { answers = [], additionals = [], ...rest } = decode(reply ?? Buffer.alloc(0));
			const edns = additionals.find(({ type }) => type === "OPT");
			const errors = (edns?.type === "OPT" ? edns.options : []).map(({ code }) => code);
			return { code: (rest as unknown as { rcode: string }).rcode, errors, answers };
		};
		return { stale, ask };
	}

	it("answers on when lookups fail, marked and with a lower TTL, and takes a new answer at once", async () => {
		const { stale, ask } = asking(hourMs);
		for (const name of ["web.service.consul", "n1.node.consul"]) {
			expect((await ask(name)).answers).toMatchObject([{ ttl: 60, data: "10.0.0.1" }]);
		}
		catalog.failWith(noServer);
		for (const name of ["web.service.consul", "n1.node.consul"]) {
			expect(await ask(name)).toMatchObject({ code: "NOERROR", errors: [15], answers: [{ ttl: 1, data: "10.0.0.1" }] });
		}
		expect(stale.count()).toBe(2);
		catalog.failWith(undefined);
		catalog.node("n1", "10.0.0.2");
		expect(await ask("web.service.consul")).toMatchObject({ errors: [], answers: [{ ttl: 60, data: "10.0.0.2" }] });
	});

	it("does not wait for servers that are silent longer than who asks, and asks them once for all meanwhile", async () => {
		let calls = 0;
		let answer: (() => void) | undefined;
		const { health } = catalog.endpoints;
		const silent = {
			...catalog.endpoints,
			health: {
				...health,
				service: (...asked: Parameters<typeof health.service>) => {
					calls++;
					if (calls === 1) return health.service(...asked);
					return new Promise<void>((resolve) => {
						answer = resolve;
					}).then(() => health.service(...asked));
				},
			},
		};
		const { endpoints } = withStaleAnswers(silent, { clock, staleIfErrorMs: () => hourMs });
		const read = { datacenter: "", token: "", consistency: "stale", minIndex: 0, maxWaitMs: 0 } as const;
		const ask = () => endpoints.health.service("web", read);
		expect((await ask()).knownLeader).toBe(true);
		const first = ask();
		await clock.advanceAsync(1_799);
		expect(await Promise.race([first, Promise.resolve("waits")])).toBe("waits");
		await clock.advanceAsync(1);
		expect((await first).knownLeader).toBe(false);
		const others = [ask(), ask()];
		await clock.advanceAsync(100);
		expect((await Promise.all(others)).map(({ knownLeader }) => knownLeader)).toEqual([false, false]);
		// The first question's, and one for the two others.
		expect(calls).toBe(3);
		const back = ask();
		answer?.();
		expect((await back).knownLeader).toBe(true);
		expect(calls).toBe(3);
	});

	it("ends when the answer is too old, was never found, or the failure is an answer", async () => {
		const { ask } = asking(hourMs);
		await ask("web.service.consul");
		catalog.failWith(noServer);
		expect(await ask("other.service.consul")).toMatchObject({ code: "SERVFAIL" });
		await clock.advance(hourMs + 1);
		expect(await ask("web.service.consul")).toMatchObject({ code: "SERVFAIL" });
		catalog.failWith(undefined);
		await ask("web.service.consul");
		catalog.failWith(new DiscoError("PERMISSION_DENIED", "no permission"));
		expect(await ask("web.service.consul")).toMatchObject({ code: "NXDOMAIN" });
	});

	it("is off unless asked for", async () => {
		const { ask } = asking(0);
		await ask("web.service.consul");
		catalog.failWith(noServer);
		expect(await ask("web.service.consul")).toMatchObject({ code: "SERVFAIL" });
	});
});
