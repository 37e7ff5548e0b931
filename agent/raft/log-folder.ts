import type { Disk } from "../../lib/env/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { unknownFormat } from "./segment-scan.ts";

/**
 * Names in the log's folder:
 *
 * - `raft.db`: one line, the name and version of the whole layout. The reference keeps its log in a database of this name: started on
 *   our folder it refuses the file instead of beginning an empty state beside ours, and we refuse a database of its
 * - `peers.info`: what an operator may do about lost servers
 * - `log-NUMBER`: a segment; the number (20 digits, so that names sort) is the index of its first entry
 * - `snapshot-NUMBER`: the state after entry NUMBER
 * - `upgraded-NUMBER`: a snapshot that takes the place of everything when Raft takes over the log of a single server (`upgrade-local.ts`)
 * - `*.tmp`: left behind by a crash, removed at the next start
 */
export const localFormat = "disco-log 1";
export const raftFormat = "disco-raft 1";
const layoutFile = "raft.db";
export const stagedPrefix = "upgraded-";
/** The layout's name until November 2026. */
const formerLayoutFile = "format";
/** More than any layout's name. */
const layoutBytesMax = 64;

const peersInfo = `Servers of this datacenter were lost for good, and no leader can be elected? Stop all that are left, put the same file
peers.json beside this one on each, and start them again:

[
  { "id": "the server's node id", "address": "10.0.0.1:8300", "non_voter": false }
]

It lists every server that is left, replaces the list of servers once and is removed then. What the last server had not been told is
lost.
`;

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

export function stagedSnapshotPath(folder: string, index: number): string {
	return `${folder}/${stagedPrefix}${digits(index)}`;
}

/** The folder is Raft's from now on. */
export async function markRaft(disk: Disk, folder: string): Promise<void> {
	await disk.writeAtomic(`${folder}/${layoutFile}`, new TextEncoder().encode(`${raftFormat}\n`));
}

/**
 * Makes the folder when there is none, clears what a crash left, and tells what is there. `upgrade`: makes Raft's folder of one of
 * before. Fails with `LOG_FORMAT_UNKNOWN` when it is of another version or engine.
 */
export async function openLogFolder(
	disk: Disk,
	folder: string,
	knownFormat = localFormat,
	upgrade?: () => Promise<void>,
): Promise<LogFiles> {
	await disk.makeFolder(folder);
	const layout = await layoutOf(disk, folder);
	const names = await disk.list(folder);
	const isFormer = layout === localFormat || names.some((name) => numberOf(name, stagedPrefix) !== undefined);
	if (upgrade !== undefined && isFormer) {
		await upgrade();
		return openLogFolder(disk, folder, knownFormat);
	}
	for (const name of names) if (name.endsWith(".tmp")) await disk.remove(`${folder}/${name}`);
	const files = { segments: numbersOf(names, "log-"), snapshots: numbersOf(names, "snapshot-") };
	const path = `${folder}/${layoutFile}`;
	if (layout === undefined && files.segments.length + files.snapshots.length > 0)
		throw unknownFormat(path, "(missing)", JSON.stringify(knownFormat));
	if (layout !== undefined && layout !== knownFormat)
		throw unknownFormat(path, JSON.stringify(layout), JSON.stringify(knownFormat));
	if (layout === undefined || !names.includes(layoutFile)) {
		await disk.writeAtomic(path, new TextEncoder().encode(`${knownFormat}\n`));
		if (names.includes(formerLayoutFile)) await disk.remove(`${folder}/${formerLayoutFile}`);
	}
	if (!names.includes("peers.info"))
		await disk.writeAtomic(`${folder}/peers.info`, new TextEncoder().encode(peersInfo));
	return files;
}

/**
 * The layout that a log's folder was begun with ("disco-log 1", "disco-raft 1"), undefined when there is none yet. Fails with
 * `LOG_FORMAT_UNKNOWN` when another program's state is there.
 */
export async function layoutOf(disk: Disk, folder: string): Promise<string | undefined> {
	const path = `${folder}/${layoutFile}`;
	const found = (await disk.read(path)) ?? (await disk.read(`${folder}/${formerLayoutFile}`));
	if (found === undefined) return undefined;
	const line = new TextDecoder().decode(found.subarray(0, layoutBytesMax));
	if (found.length <= layoutBytesMax && /^disco-[a-z]+ \d+\n$/.test(line)) return line.trim();
	throw new DiscoError(
		"LOG_FORMAT_UNKNOWN",
		`${path} is not disco's (Consul's database, or damaged). Start with an empty data folder; Consul's state comes over with ` +
			"`consul snapshot save` there and `disco snapshot restore` here",
	);
}

function numbersOf(names: readonly string[], prefix: string): number[] {
	return names.map((name) => numberOf(name, prefix)).filter((number) => number !== undefined);
}

/** The number in a file's name; undefined when it is not of this kind. */
export function numberOf(name: string, prefix: string): number | undefined {
	const number = name.startsWith(prefix) ? name.slice(prefix.length) : "";
	return /^\d{20}$/.test(number) ? Number(number) : undefined;
}

function digits(index: number): string {
	return String(index).padStart(20, "0");
}
