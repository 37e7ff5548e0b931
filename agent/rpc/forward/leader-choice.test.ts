import { expect, it } from "vitest";
import { fakeRandom } from "../../../lib/env/fake.ts";
import type { Endpoints } from "../endpoints.ts";
import { bytes, read, write } from "../testing.ts";
import { clientOf, serve, startPair } from "./testing.ts";

const hosts = ["10.0.0.3", "10.0.0.4", "10.0.0.5"];
const stale = { ...read, consistency: "stale" } as const;

/** Three servers that write down who is asked what, and a client that has shuffled them with `seed`. */
async function world(seed: number) {
	const { clock, network, endpoints, clientNetwork, during } = await startPair();
	const asked: string[] = [];
	const view = { leader: "10.0.0.4:8300" };
	for (const host of hosts) {
		const noting: Endpoints = {
			...endpoints,
			status: { ...endpoints.status, leader: async () => view.leader },
			kv: {
				...endpoints.kv,
				get: (key, options) => {
					asked.push(`${host} ${options.consistency}`);
					return endpoints.kv.get(key, options);
				},
				write: (written, options) => {
					asked.push(`${host} write`);
					return endpoints.kv.write(written, options);
				},
			},
		};
		await serve(noting, { network: network.host(host), clock, host, port: 8300 });
	}
	const servers = hosts.map((host) => `${host}:8300`);
	const client = clientOf({ network: clientNetwork, clock, random: fakeRandom(seed), servers });
	/** Whom the call went to. */
	async function asks(call: () => Promise<unknown>): Promise<string[]> {
		asked.length = 0;
		await during(call());
		return [...asked];
	}
	return { client, clock, network, view, asks };
}

const set = { operation: "set", key: "a", value: bytes("1"), flags: 0n } as const;

it.each([1, 2, 3, 4, 5, 6])(
	"a client asks the leader what only that answers, and any server the rest (seed %i)",
	async (seed) => {
		const { client, clock, network, view, asks } = await world(seed);
		const [inFront] = (await asks(() => client.kv.get("a", stale))).map((each) => each.split(" ")[0]);
		await asks(() => client.kv.get("a", read));
		await clock.advanceAsync(10);
		expect(await asks(() => client.kv.get("a", read))).toEqual(["10.0.0.4 default"]);
		expect(await asks(() => client.kv.get("a", { ...read, consistency: "consistent" }))).toEqual([
			"10.0.0.4 consistent",
		]);
		expect(await asks(() => client.kv.write(set, write))).toEqual(["10.0.0.4 write"]);
		expect(await asks(() => client.kv.get("a", stale))).toEqual([`${inFront} stale`]);

		// Another leads; the former one answers (passes on) until the client hears of it.
		view.leader = "10.0.0.5:8300";
		expect(await asks(() => client.kv.get("a", read))).toEqual(["10.0.0.4 default"]);
		await clock.advanceAsync(5_000);
		await asks(() => client.kv.get("a", read));
		await clock.advanceAsync(10);
		expect(await asks(() => client.kv.get("a", read))).toEqual(["10.0.0.5 default"]);

		// It is gone: the next call goes to another server at once, not after a pause.
		network.crash("10.0.0.5");
		await clock.advanceAsync(1);
		const beforeMs = clock.monotonicMs();
		const [first = ""] = await asks(() => client.kv.write(set, write));
		expect(first).toMatch(/10\.0\.0\.[34] write/);
		expect(clock.monotonicMs() - beforeMs).toBeLessThan(20);
	},
);

it("a leader that cannot be reached from here, or is none of the known servers, is not waited for", async () => {
	const { client, clock, network, view, asks } = await world(1);
	for (const leader of ["10.0.0.5:8300", "10.0.0.99:8300", ""]) {
		view.leader = leader;
		network.crash("10.0.0.5");
		await asks(() => client.kv.get("a", read));
		await clock.advanceAsync(6_000);
		await asks(() => client.kv.get("a", read));
		await clock.advanceAsync(10);
		const beforeMs = clock.monotonicMs();
		expect((await asks(() => client.kv.write(set, write))).join()).toMatch(/^10\.0\.0\.[34] write$/);
		expect(clock.monotonicMs() - beforeMs).toBeLessThan(20);
	}
});
