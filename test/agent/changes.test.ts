import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Client, createClient, kvText } from "../../client/index.ts";
import { consulProgram, startDevAgent } from "../support/dev-agents.ts";
import { createGate } from "../support/gate.ts";
import { eventually } from "../support/programs.ts";
import { startAgent } from "./support.ts";

/** What the typed client follows and holds, over streams of disco's agent and over blocking queries of the real Consul. */
const consul = consulProgram();
if (consul === undefined && process.env["CI"]) throw new Error("consul is missing: scripts/test-tools.sh installs it");

describe.each(["disco", "consul"])("%s", (name) => {
	let client: Client;
	let address: string;
	let stop: () => Promise<void>;
	beforeAll(async () => {
		if (name === "disco") {
			const agent = await startAgent("127.60.0.5");
			[client, address, stop] = [agent.client, agent.httpAddress, () => agent.kill("SIGKILL")];
		} else if (consul !== undefined) {
			const agent = await startDevAgent([consul], "127.60.0.6");
			[client, address, stop] = [agent.client, agent.address, () => agent.stop()];
		}
	});
	afterAll(() => stop?.());
	const here = test.skipIf(name === "consul" && consul === undefined);

	here("a service's instances: now, then each change, until the loop is left", async () => {
		const sizes: number[] = [];
		for await (const { value } of client.changes.service("web", { passing: true })) {
			if (sizes.at(-1) === value.length) continue;
			sizes.push(value.length);
			const id = `web-${sizes.length}`;
			if (sizes.length === 3) break;
			await client.agent.registerService({ Name: "web", ID: id, Port: 80 });
		}
		expect(sizes).toEqual([0, 1, 2]);
	});

	here("a key that comes, changes and goes; an agent that goes away and comes back; the signal ends it", async () => {
		const gate = createGate(address);
		await gate.up();
		const through = createClient({ address: gate.address });
		const ending = new AbortController();
		const seen: (string | undefined)[] = [];
		let failures = 0;
		const loop = (async () => {
			const options = { signal: ending.signal, backoff: { firstMs: 10, maxMs: 50 } };
			const onError = ({ error }: { readonly error: { readonly retryable: boolean } }) => {
				failures++;
				return error.retryable ? ("retry" as const) : ("stop" as const);
			};
			for await (const { value } of through.changes.key("app/a b", { ...options, onError })) {
				const text = value && kvText(value);
				if (seen.length === 0 || seen.at(-1) !== text) seen.push(text);
			}
		})();
		const until = (...expected: (string | undefined)[]) =>
			eventually(String(expected), () => seen.length === expected.length && String(seen) === String(expected));
		await until(undefined);
		await client.kv.put("app/a b", "1");
		await until(undefined, "1");
		await gate.down();
		await eventually("the loss", () => failures > 0);
		await client.kv.put("app/a b", "2");
		await gate.up();
		await until(undefined, "1", "2");
		await client.kv.delete("app/a b");
		await until(undefined, "1", "2", undefined);
		ending.abort();
		await loop;
		through.close();
		await gate.down();
	});

	here("an error that a retry cannot help ends it", async () => {
		const changes = client.changes.key("");
		await expect(changes.next()).rejects.toMatchObject({ code: "HTTP_STATUS", status: 400 });
	});

	here("a lock is held by one and given back at the end of its block; waiting can be given up", async () => {
		{
			await using held = await client.lock("jobs/backup");
			expect(held.lost.aborted).toBe(false);
			const signal = AbortSignal.timeout(500);
			await expect(client.lock("jobs/backup", { signal })).rejects.toMatchObject({ code: "REQUEST_ABORTED" });
		}
		await using again = await client.lock("jobs/backup");
		expect(again.lost.aborted).toBe(false);
	});

	here("a semaphore is held by as many as it says; who is thrown out hears of it", async () => {
		const [first, second] = [await client.semaphore("jobs/crawl", 2), await client.semaphore("jobs/crawl", 2)];
		let third = false;
		const waiting = client.semaphore("jobs/crawl", 2).then((held) => {
			third = true;
			return held;
		});
		await expect(client.semaphore("jobs/crawl", 3)).rejects.toMatchObject({ code: "LOCK_CONFLICT" });
		expect(third).toBe(false);
		await first.release();
		const held = await waiting;
		for (const { ID, Name } of (await client.session.list()).value) {
			if (Name === "disco client") await client.session.destroy(ID);
		}
		await eventually("both hear", () => second.lost.aborted && held.lost.aborted);
		await Promise.all([second.release(), held.release()]);
	});
});
