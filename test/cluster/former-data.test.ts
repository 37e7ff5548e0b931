import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { start, temporaryFolder } from "../agent/support.ts";
import { eventually, succeed } from "../support/programs.ts";
import { startCluster, type TestCluster } from "./cluster.ts";
import { answersOf, formerAnswers, formerArchive, formerPrefix } from "./former-data.ts";

// What servers of the former build left on disk (record-former-data.ts), opened by this one.

const recorded = JSON.parse(readFileSync(formerAnswers, "utf8")) as unknown;

let folder = "";
let cluster: TestCluster | undefined;
afterEach(async () => {
	await cluster?.close();
	cluster = undefined;
	await rm(folder, { recursive: true, force: true });
});

async function unpack(): Promise<void> {
	folder = temporaryFolder();
	mkdirSync(folder, { recursive: true });
	await succeed("tar", ["-xzf", formerArchive, "-C", folder]);
}

it("the data of a former build's servers is all there, and they go on with it", async () => {
	await unpack();
	cluster = await startCluster(formerPrefix, { folder });
	for (const { client, name } of cluster.servers)
		await eventually(`${name} has applied it all`, async () => {
			const answers = await answersOf(client);
			expect(answers).toEqual(recorded);
			return true;
		});
	const { client } = cluster.clientAgent;
	expect(await client.kv.put("new", "of this build")).toBe(true);
	for (const server of cluster.servers) await cluster.isBack(server);
});

it.each([
	["a layout of tomorrow", "raft/raft.db", "disco-raft 2\n", /raft\.db.*disco-raft 2/],
	["Consul's database", "raft/raft.db", "\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000", /raft\.db/],
])("%s is refused and left as it is", async (_, name, content, text) => {
	await unpack();
	const file = join(folder, "s1", name);
	writeFileSync(file, content);
	const host = `${formerPrefix}.1`;
	const args = ["agent", "-server", "-bootstrap-expect=3", `-bind=${host}`, `-client=${host}`, "-node=s1"];
	const program = start([...args, `-data-dir=${join(folder, "s1")}`]);
	expect(await program.ended).toBe(1);
	expect(program.output()).toMatch(text);
	expect(readFileSync(file, "utf8")).toBe(content);
});
