import { describe, expect, it } from "vitest";
import type { AppendFile, Disk } from "../../../lib/env/index.ts";
import { raftRules } from "../../raft/index.ts";
import { runCluster } from "./run.ts";
import type { Sabotage } from "./world.ts";

/** Well-known mistakes in Raft implementations, one at a time; a simulator that does not find them proves nothing. */
const bugs: readonly { readonly name: string; readonly sabotage: Sabotage; readonly found: RegExp }[] = [
	{
		name: "a vote is given to a candidate with an older log (§5.4.1)",
		sabotage: { rules: { ...raftRules, upToDate: () => true } },
		found: /committed entries are never removed|state machine safety|linearizability|log matching/,
	},
	{
		name: "term and vote are not stored (figure 2, persistent state)",
		sabotage: { disk: (disk) => ({ ...forwarded(disk), writeAtomic: forgetful(disk) }) },
		found: /election safety|no entry of a later term/,
	},
	{
		name: "entries are acknowledged before they are synced",
		sabotage: {
			disk: (disk) => ({ ...forwarded(disk), openAppend: async (path) => unsynced(await disk.openAppend(path)) }),
		},
		found: /state machine safety|linearizability|log matching|does not start/,
	},
	{
		name: "a leader answers reads without asking whether it still leads (§8)",
		sabotage: { unverifiedReads: true, leaderLeaseTimeoutMs: 60_000 },
		found: /linearizability/,
	},
];

const seedsMax = 60;

describe("the simulator finds", () => {
	it.each(bugs)("$name", { timeout: 600_000 }, async ({ name, sabotage, found }) => {
		for (let seed = 1; seed <= seedsMax; seed++) {
			const { breach } = await runCluster({ seed, sabotage });
			if (breach === undefined) continue;
			process.stdout.write(`planted: ${name}: seed ${seed}: ${breach}\n`);
			expect(breach).toMatch(found);
			return;
		}
		expect.fail(`not found in ${seedsMax} seeds`);
	});
});

function forwarded(disk: Disk): Disk {
	return {
		read: (path) => disk.read(path),
		writeAtomic: (path, content) => disk.writeAtomic(path, content),
		rename: (from, to) => disk.rename(from, to),
		openAppend: (path) => disk.openAppend(path),
		list: (folder) => disk.list(folder),
		makeFolder: (folder) => disk.makeFolder(folder),
		remove: (path) => disk.remove(path),
	};
}

/** Keeps the file's first content only (without a vote file a server does not start). */
function forgetful(disk: Disk): Disk["writeAtomic"] {
	return async (path, content) => {
		if (!path.endsWith("/vote") || (await disk.read(path)) === undefined) await disk.writeAtomic(path, content);
	};
}

/** The disk says "done" and keeps it in its cache. */
function unsynced(file: AppendFile): AppendFile {
	return {
		get sizeBytes() {
			return file.sizeBytes;
		},
		append: (pieces) => file.append(pieces),
		sync: async () => undefined,
		appendSynced: (pieces) => file.append(pieces),
		truncate: (sizeBytes) => file.truncate(sizeBytes),
		close: () => file.close(),
	};
}
