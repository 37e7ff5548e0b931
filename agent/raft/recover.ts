import type { Disk, Random } from "../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { openLogFolder, segmentPath, snapshotPath } from "./log-folder.ts";
import type { StateMachine } from "./replicated-log.ts";
import type { LogEntry } from "./segment-format.ts";
import { corrupt, scanSegment } from "./segment-scan.ts";
import { SegmentWriter } from "./segment-writer.ts";
import { readSnapshot } from "./snapshot-file.ts";

export interface Recovered {
	readonly writer: SegmentWriter;
	readonly lastIndex: number;
	readonly lastTerm: number;
	readonly snapshotIndex: number;
	/** Entries that were applied after the snapshot. */
	readonly entryCount: number;
}

/** State = newest snapshot + the entries after it; cuts a torn end. */
export async function recover<Result>(options: {
	readonly disk: Disk;
	readonly folder: string;
	readonly random: Random;
	readonly machine: StateMachine<Result>;
}): Promise<Recovered> {
	const { disk, folder, machine } = options;
	const { segments, snapshots } = await openLogFolder(disk, folder);
	const snapshot = await restoreNewest(disk, folder, snapshots, machine);
	const writer = new SegmentWriter({ ...options, segments });
	await writer.removeThrough(snapshot.index);
	const kept = segments.filter((_, at) => (segments[at + 1] ?? Number.POSITIVE_INFINITY) > snapshot.index + 1);

	let { index: lastIndex, term: lastTerm } = snapshot;
	for (const [at, firstIndex] of kept.entries()) {
		const path = segmentPath(folder, firstIndex);
		const last = at === kept.length - 1;
		const expected = at === 0 ? Math.min(firstIndex, lastIndex + 1) : lastIndex + 1;
		if (firstIndex !== expected)
			throw corrupt(path, 0, `entries ${expected} to ${firstIndex - 1} are missing before it`);
		const bytes = (await disk.read(path)) ?? new Uint8Array();
		const { entries, wholeSizeBytes, salt } = scanSegment(bytes, { path, firstIndex, last });
		for (const entry of entries) applyEntry(machine, entry, snapshot.index);
		const newest = entries.at(-1);
		if (newest !== undefined && newest.index > lastIndex) ({ index: lastIndex, term: lastTerm } = newest);
		if (!last) continue;
		if (wholeSizeBytes === 0 || firstIndex + entries.length <= lastIndex) await writer.dropLast();
		else await writer.reopenLast(wholeSizeBytes, salt);
	}
	return { writer, lastIndex, lastTerm, snapshotIndex: snapshot.index, entryCount: lastIndex - snapshot.index };
}

async function restoreNewest<Result>(
	disk: Disk,
	folder: string,
	snapshots: readonly number[],
	machine: StateMachine<Result>,
): Promise<{ readonly index: number; readonly term: number }> {
	const newest = snapshots.at(-1);
	if (newest === undefined) return { index: 0, term: 0 };
	const path = snapshotPath(folder, newest);
	const snapshot = await readSnapshot(disk, path);
	if (snapshot === undefined || snapshot.head.index !== newest) throw corrupt(path, 12, "its index is not its name's");
	await machine.restore(snapshot.pieces);
	// A crash may have come between writing the new one and removing the old.
	for (const index of snapshots.slice(0, -1)) await disk.remove(snapshotPath(folder, index));
	return snapshot.head;
}

function applyEntry<Result>(machine: StateMachine<Result>, entry: LogEntry, snapshotIndex: number): void {
	if (entry.index <= snapshotIndex || entry.type !== "command") return;
	try {
		machine.apply(entry.index, entry.command);
	} catch (error) {
		throw new DiscoError("LOG_FAILED", `entry ${entry.index} cannot be applied: ${errorMessage(error)}`, {
			cause: error,
		});
	}
}
