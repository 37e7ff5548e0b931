import type { Disk } from "../../lib/env/index.ts";
import { unknownFormat } from "./segment-scan.ts";

/**
 * Names in the log's folder:
 *
 * - `format`: one line, the name and version of the whole layout
 * - `log-NUMBER`: a segment; the number (20 digits, so that names sort) is the index of its first entry
 * - `snapshot-NUMBER`: the state after entry NUMBER
 * - `*.tmp`: left behind by a crash, removed at the next start
 */
const localFormat = "disco-log 1";

export interface LogFiles {
	/** Ascending. */
	readonly segments: readonly number[];
	/** Ascending. */
	readonly snapshots: readonly number[];
}

export function segmentPath(folder: string, firstIndex: number): string {
	return `${folder}/log-${digits(firstIndex)}`;
}

export function snapshotPath(folder: string, index: number): string {
	return `${folder}/snapshot-${digits(index)}`;
}

/**
 * Makes the folder when there is none, clears what a crash left, and tells what is there. Fails with `LOG_FORMAT_UNKNOWN` when
 * it is of another version or engine.
 */
export async function openLogFolder(disk: Disk, folder: string, knownFormat = localFormat): Promise<LogFiles> {
	await disk.makeFolder(folder);
	const format = await disk.read(`${folder}/format`);
	const names = await disk.list(folder);
	for (const name of names) if (name.endsWith(".tmp")) await disk.remove(`${folder}/${name}`);
	const files = { segments: numbersOf(names, "log-"), snapshots: numbersOf(names, "snapshot-") };
	if (format === undefined) {
		if (files.segments.length + files.snapshots.length > 0)
			throw unknownFormat(`${folder}/format`, "(missing)", JSON.stringify(knownFormat));
		await disk.writeAtomic(`${folder}/format`, new TextEncoder().encode(`${knownFormat}\n`));
	} else {
		const line = new TextDecoder().decode(format);
		if (line !== `${knownFormat}\n`)
			throw unknownFormat(`${folder}/format`, JSON.stringify(line.trim()), JSON.stringify(knownFormat));
	}
	return files;
}

function numbersOf(names: readonly string[], prefix: string): number[] {
	return names
		.filter((name) => name.startsWith(prefix) && /^\d{20}$/.test(name.slice(prefix.length)))
		.map((name) => Number(name.slice(prefix.length)));
}

function digits(index: number): string {
	return String(index).padStart(20, "0");
}
