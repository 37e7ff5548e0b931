import type { Disk, Random } from "../../lib/env/index.ts";
import type { Peer } from "./core/index.ts";
import { writeHardState } from "./hard-state.ts";
import {
	layoutOf,
	localFormat,
	markRaft,
	numberOf,
	snapshotPath,
	stagedPrefix,
	stagedSnapshotPath,
} from "./log-folder.ts";
import { writeStoredSnapshot } from "./raft-store.ts";
import { recover } from "./recover.ts";
import type { StateMachine } from "./replicated-log.ts";

export interface UpgradeOptions<Result> {
	readonly disk: Disk;
	readonly folder: string;
	readonly random: Random;
	readonly self: Peer;
	readonly machine: StateMachine<Result>;
}

/**
 * Until November 2026 a single server had a log of its own (`disco-log 1`), which nobody else could take part in. It becomes Raft's, of
 * which this server is the only voter: everything that it holds goes into one snapshot. An upgrade that was begun is finished.
 *
 * A crash leaves the one or the other: the snapshot waits under a name that neither reads until the layout's file says which it is.
 * From then on only the snapshot counts, and what is left of the former log is removed.
 *
 * Fails with `LOG_CORRUPT`, `LOG_FORMAT_UNKNOWN`.
 */
export async function upgradeLocalLog<Result>(options: UpgradeOptions<Result>): Promise<void> {
	const { disk, folder } = options;
	if ((await layoutOf(disk, folder)) === localFormat) await convert(options);
	await finish(disk, folder);
}

async function convert<Result>(options: UpgradeOptions<Result>): Promise<void> {
	const { disk, folder, self, machine } = options;
	for (const name of await disk.list(folder))
		if (numberOf(name, stagedPrefix) !== undefined) await disk.remove(`${folder}/${name}`);
	const { writer, lastIndex, lastTerm } = await recover(options);
	await writer.closeSegment();
	const configuration = { servers: [{ ...self, voter: true }] };
	const head = { index: lastIndex, term: lastTerm, configuration, configurationIndex: lastIndex, indexOffset: 0 };
	if (lastIndex > 0) await writeStoredSnapshot(disk, stagedSnapshotPath(folder, lastIndex), head, machine.snapshot());
	await writeHardState(disk, folder, { term: lastTerm, votedFor: undefined });
	await markRaft(disk, folder);
}

async function finish(disk: Disk, folder: string): Promise<void> {
	const names = await disk.list(folder);
	const index = names.map((name) => numberOf(name, stagedPrefix)).find((number) => number !== undefined);
	if (index === undefined) return;
	for (const name of names) {
		if (numberOf(name, "log-") === undefined && numberOf(name, "snapshot-") === undefined) continue;
		await disk.remove(`${folder}/${name}`);
	}
	await disk.rename(stagedSnapshotPath(folder, index), snapshotPath(folder, index));
}
