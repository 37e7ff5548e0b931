import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createClient } from "../../client/index.ts";
import { FakeClock, fakeRandom } from "../../lib/env/fake.ts";
import { followInstances } from "./catalog.ts";

const entry = {
	Node: { Node: "n", ID: "", Address: "10.0.0.1", TaggedAddresses: null, Meta: null },
	Service: {
		ID: "s",
		Service: "api",
		Tags: [],
		Address: "",
		Port: 80,
		Meta: null,
		Weights: { Passing: 1, Warning: 1 },
	},
	Checks: [],
};

const open: (() => unknown)[] = [];
afterEach(async () => {
	for (const close of open.splice(0).reverse()) await close();
});

/** Follows an agent that gives these answers, one after the other, and then none; "error" is a 500. */
async function followed(
	answers: readonly ("error" | { readonly index: number; readonly count: number })[],
	hadServers = false,
) {
	const left = [...answers];
	let asked = 0;
	const server: Server = createServer((_request, response) => {
		asked++;
		const next = left.shift();
		if (next === undefined) return;
		if (next === "error") response.writeHead(500).end("No cluster leader");
		else {
			response.writeHead(200, { "x-consul-index": String(next.index), "content-type": "application/json" });
			response.end(JSON.stringify(Array.from({ length: next.count }, () => entry)));
		}
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const client = createClient({ address: `127.0.0.1:${(server.address() as AddressInfo).port}` });
	const clock = new FakeClock();
	const abort = new AbortController();
	const told: string[] = [];
	const following = followInstances({
		...{
			client,
			clock,
			random: fakeRandom(1),
			waitMs: 60_000,
			service: "api",
			emptyHoldMs: 60_000,
			signal: abort.signal,
			hadServers,
		},
		onInstances: (records) => told.push(`${records.length} instances`),
		onError: (message) => message !== undefined && told.push("error"),
		onHeld: () => told.push("held"),
	});
	open.push(
		() => new Promise((resolve) => server.close(resolve)),
		() => server.closeAllConnections(),
		async () => {
			abort.abort();
			client.close();
			await following;
		},
	);
	// The last question is the one that nobody answers.
	while (asked <= answers.length) {
		await new Promise((resolve) => setTimeout(resolve, 1));
		clock.advance(100);
	}
	return { told, clock };
}

describe("a service that is followed", () => {
	it("gives each answer, also that nothing is left", async () => {
		const { told } = await followed([
			{ index: 5, count: 2 },
			{ index: 7, count: 0 },
		]);
		expect(told).toEqual(["2 instances", "0 instances"]);
	});

	it("keeps what is known through errors", async () => {
		const { told } = await followed([{ index: 5, count: 2 }, "error", "error", { index: 6, count: 1 }]);
		expect(told).toEqual(["2 instances", "error", "error", "1 instances"]);
	});

	it("does not believe the empty answer of an agent that has lost its data, until it stays empty", async () => {
		const { told, clock } = await followed([
			{ index: 50, count: 2 },
			{ index: 3, count: 0 },
			{ index: 3, count: 0 },
		]);
		expect(told).toEqual(["2 instances", "held"]);
		clock.advance(60_000);
		expect(told).toEqual(["2 instances", "held", "0 instances"]);
	});

	it("does not believe a first answer that is empty where HAProxy has servers", async () => {
		const answers = [{ index: 9, count: 0 }];
		expect((await followed(answers)).told).toEqual(["0 instances"]);
		expect((await followed(answers, true)).told).toEqual(["held"]);
		expect((await followed([...answers, { index: 10, count: 1 }], true)).told).toEqual(["held", "1 instances"]);
	});

	it("takes the instances that come back after that", async () => {
		const { told, clock } = await followed([
			{ index: 50, count: 2 },
			{ index: 3, count: 0 },
			{ index: 3, count: 0 },
			{ index: 4, count: 1 },
		]);
		clock.advance(60_000);
		expect(told).toEqual(["2 instances", "held", "1 instances"]);
	});
});
