/**
 * Records what a cluster of the former build leaves on disk, and what its servers answered:
 *
 *   node --import tsx test/cluster/record-former-data.ts
 */
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../agent/support.ts";
import { succeed } from "../support/programs.ts";
import { startCluster } from "./cluster.ts";
import { makeFormerBuild } from "./former-build.ts";
import { answersOf, fillCluster, formerAnswers, formerArchive, formerPrefix } from "./former-data.ts";

const folder = temporaryFolder();
const [build, data, kept] = [join(folder, "build"), join(folder, "data"), join(folder, "kept")];
mkdirSync(data);
const cluster = await startCluster(formerPrefix, {
	build: await makeFormerBuild(build),
	folder: data,
	args: ["-hcl", "raft_snapshot_threshold = 40 raft_trailing_logs = 10"],
});
const leader = await cluster.leader();
await fillCluster(cluster.clientAgent.client);
await leader.client.operator.transferLeadership();
await cluster.isBack(leader);
await cluster.clientAgent.client.kv.put("after", "a change of leaders", { flags: 1 });
const answers = await answersOf((await cluster.leader()).client);
for (const agent of [cluster.clientAgent, ...cluster.servers]) await agent.end("SIGTERM");
cpSync(data, kept, { recursive: true });
await cluster.close();
writeFileSync(formerAnswers, `${JSON.stringify(answers, undefined, "\t")}\n`);
await succeed("tar", ["-czf", formerArchive, "--owner=0", "--group=0", "-C", kept, ...readdirSync(kept)]);
rmSync(folder, { recursive: true, force: true });
