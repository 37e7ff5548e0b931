import { afterAll, beforeAll, expect, it } from "vitest";
import { startCluster, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;
beforeAll(async () => {
	cluster = await startCluster("127.77.3");
});
afterAll(async () => {
	await cluster.close();
});

it("restarting one server after the other fails no write through a client agent", async () => {
	const { client } = cluster.clientAgent;
	let over = false;
	let count = 0;
	let longestMs = 0;
	let again = 0;
	/** A write whose outcome is not known is made again, as anybody would: three times at most. */
	const put = async (key: string, attemptsLeft = 3): Promise<void> => {
		try {
			await client.kv.put(key, "v");
		} catch (error) {
			if (attemptsLeft === 0) throw error;
			again++;
			await put(key, attemptsLeft - 1);
		}
	};
	const writer = async (id: number) => {
		for (let each = 0; !over; each++) {
			const begunMs = performance.now();
			await put(`rolling/${id}/${each}`);
			longestMs = Math.max(longestMs, performance.now() - begunMs);
			count++;
		}
	};
	const writers = [1, 2, 3, 4].map(writer);
	for (const server of cluster.servers) {
		await server.end("SIGTERM");
		server.start();
		await cluster.isBack(server);
	}
	over = true;
	await Promise.all(writers);
	const { value } = await client.kv.keys("rolling/", { consistency: "consistent" });
	expect(value).toHaveLength(count);
	process.stdout.write(
		`${count} writes during a rolling restart, none failed, ${again} made again; the longest took ${Math.round(longestMs)} ms\n`,
	);
});
