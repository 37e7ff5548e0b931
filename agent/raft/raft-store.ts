import type { Disk, Random } from "../../lib/env/index.ts";
import { assert } from "../../lib/errors.ts";
import type { Configuration, Entry, HardState, Restored, SnapshotMeta } from "./core/index.ts";
import { readHardState, writeHardState } from "./hard-state.ts";
import { type LogFiles, openLogFolder, raftFormat, segmentPath, snapshotPath } from "./log-folder.ts";
import type { LogEntry, EntryType as StoredType } from "./segment-format.ts";
import { corrupt, scanSegmentInParts } from "./segment-scan.ts";
import { SegmentWriter } from "./segment-writer.ts";
import { readSnapshot, writeSnapshot } from "./snapshot-file.ts";

const storedTypes = {
	command: "command",
	"no-op": "leader-began",
	barrier: "barrier",
	configuration: "configuration",
	restore: "restore",
} as const satisfies Readonly<Record<Entry["type"], StoredType>>;
const entryTypes = new Map(Object.entries(storedTypes).map(([type, stored]) => [stored, type as Entry["type"]]));

/** What a snapshot holds beside the state. */
export interface SnapshotHead extends SnapshotMeta {
	/** What the state machine's indexes are ahead of the log's: a snapshot from elsewhere may have brought higher ones. */
	readonly indexOffset: number;
}

export interface StoredSnapshot {
	readonly head: SnapshotHead;
	readonly pieces: readonly Uint8Array[];
}

export interface StoreOptions {
	readonly disk: Disk;
	readonly folder: string;
	readonly random: Random;
	/** Makes Raft's folder of a single server's of before. */
	readonly upgrade?: () => Promise<void>;
	/** Lets others have their turn while a long log is read. */
	readonly giveWay?: () => Promise<void>;
	/** How many entries have been read at the start. */
	readonly onRead?: (count: number) => void;
}

/**
 * Raft's log, vote and snapshot in one folder, in the local engine's segment and snapshot formats. Operations are called one
 * after the other; after one has failed nothing may be promised any more, and only a new start is right.
 */
export class RaftStore {
	readonly #options: StoreOptions;
	readonly #writer: SegmentWriter;
	#lastIndex: number;
	#snapshotIndex: number;
	#segmentWork: Promise<void> = Promise.resolve();

	private constructor(options: StoreOptions, files: LogFiles, lastIndex: number, snapshotIndex: number) {
		this.#options = options;
		this.#writer = new SegmentWriter({ ...options, segments: files.segments });
		this.#lastIndex = lastIndex;
		this.#snapshotIndex = snapshotIndex;
	}

	/**
	 * Reads what is there. A torn end of the last segment was never promised to anybody and is cut off; any other damage fails
	 * with `LOG_CORRUPT`, since cutting it off could lose what was promised. Fails with `LOG_FORMAT_UNKNOWN`.
	 */
	static async open(options: StoreOptions): Promise<{
		readonly store: RaftStore;
		readonly restored: Restored;
		readonly snapshot: StoredSnapshot | undefined;
	}> {
		const { disk, folder } = options;
		const files = await openLogFolder(disk, folder, raftFormat, options.upgrade);
		const snapshot = await newestSnapshot(options, files);
		const hardState = await readHardState(disk, folder);
		if (hardState === undefined && files.segments.length + files.snapshots.length > 0)
			throw corrupt(`${folder}/vote`, 0, "term and vote are missing");
		const store = new RaftStore(options, files, 0, snapshot?.head.index ?? 0);
		const entries = await store.#recoverEntries(snapshot?.head);
		const fresh: HardState = { term: 0, votedFor: undefined };
		if (hardState === undefined) await writeHardState(disk, folder, fresh);
		return { store, restored: { hardState: hardState ?? fresh, snapshot: snapshot?.head, entries }, snapshot };
	}

	async saveHardState(hardState: HardState): Promise<void> {
		await writeHardState(this.#options.disk, this.#options.folder, hardState);
	}

	/** They replace what is stored from the first of them on. Durable when it resolves. */
	append(entries: readonly Entry[]): Promise<void> {
		return this.#alone(() => this.#append(entries));
	}

	async #append(entries: readonly Entry[]): Promise<void> {
		const [first] = entries;
		assert(first !== undefined, "something is appended");
		if (first.index <= this.#lastIndex) await this.#truncateFrom(first.index);
		assert(first.index === this.#lastIndex + 1 || this.#writer.segments.length === 0, "entries are stored without gap");
		await this.#writer.append(entries.map(storedEntry));
		this.#lastIndex = first.index + entries.length - 1;
	}

	/** Writes a snapshot of this server's own state. The entries through `compactIndex` are removed afterwards. */
	async takeSnapshot(head: SnapshotHead, pieces: Iterable<Uint8Array>, compactIndex: () => number): Promise<void> {
		// The next entries go to a new segment, so that this one can be removed when it is compacted.
		this.#writer.finishSegment();
		await this.#writeSnapshot(head, pieces);
		await this.#alone(() => this.#writer.removeThrough(compactIndex()));
	}

	/** Writes a snapshot of everything that is stored, while nothing else goes on. */
	async recoverSnapshot(head: SnapshotHead, pieces: Iterable<Uint8Array>): Promise<void> {
		await this.#writeSnapshot(head, pieces);
	}

	/** Writes a snapshot that the leader sent; no entry that is stored counts any more. */
	async installSnapshot(head: SnapshotHead, pieces: readonly Uint8Array[]): Promise<void> {
		await this.#writeSnapshot(head, pieces);
		await this.#dropFrom(0);
		this.#lastIndex = head.index;
	}

	/** The stored snapshot, or undefined when it is not the one of `index` any more. Fails with `LOG_CORRUPT`. */
	async snapshot(index: number): Promise<StoredSnapshot | undefined> {
		return readStoredSnapshot(this.#options, index);
	}

	async close(): Promise<void> {
		await this.#writer.closeSegment();
	}

	/** A cut must not meet the removal of the segment that it cuts. */
	#alone(act: () => Promise<void>): Promise<void> {
		const done = this.#segmentWork.then(act);
		this.#segmentWork = done.catch(() => undefined);
		return done;
	}

	async #writeSnapshot(head: SnapshotHead, pieces: Iterable<Uint8Array>): Promise<void> {
		const { disk, folder } = this.#options;
		await writeStoredSnapshot(disk, snapshotPath(folder, head.index), head, pieces);
		const former = this.#snapshotIndex;
		this.#snapshotIndex = head.index;
		if (former > 0 && former !== head.index) await disk.remove(snapshotPath(folder, former));
	}

	/** Cuts the files at an entry. The cut is durable before anything is written behind it. */
	async #truncateFrom(index: number): Promise<void> {
		await this.#dropFrom(index);
		const last = this.#writer.segments.at(-1);
		this.#lastIndex = index - 1;
		if (last === undefined) return;
		const { disk, folder } = this.#options;
		await this.#writer.closeSegment();
		const path = segmentPath(folder, last);
		const bytes = (await disk.read(path)) ?? new Uint8Array();
		const segment = { path, firstIndex: last, last: true, throughIndex: index - 1 };
		const whole = await scanSegmentInParts(bytes, segment, this.#options.giveWay ?? noPause);
		assert(last + whole.entries.length === index, "the segment holds everything before the cut");
		await this.#writer.reopenLast(whole.wholeSizeBytes, whole.salt);
	}

	/** Removes the segments that begin at `index` or later, the last first, so that no gap can be left. */
	async #dropFrom(index: number): Promise<void> {
		while ((this.#writer.segments.at(-1) ?? -1) >= index) await this.#writer.dropLast();
	}

	async #recoverEntries(snapshot: SnapshotHead | undefined): Promise<Entry[]> {
		const { disk, folder, giveWay = noPause, onRead } = this.#options;
		const entries: Entry[] = [];
		const snapshotIndex = snapshot?.index ?? 0;
		const { segments } = this.#writer;
		for (const [at, firstIndex] of segments.entries()) {
			const path = segmentPath(folder, firstIndex);
			const last = at === segments.length - 1;
			const expected =
				at === 0 ? Math.min(firstIndex, snapshotIndex + 1) : (entries.at(-1)?.index ?? firstIndex - 1) + 1;
			if (firstIndex !== expected)
				throw corrupt(path, 0, `entries ${expected} to ${firstIndex - 1} are missing before it`);
			const bytes = (await disk.read(path)) ?? new Uint8Array();
			const segment = { path, firstIndex, last };
			const { entries: found, wholeSizeBytes, salt } = await scanSegmentInParts(bytes, segment, giveWay);
			for (const entry of found) entries.push(entryOf(entry));
			onRead?.(entries.length);
			if (!last) continue;
			if (wholeSizeBytes === 0) await this.#writer.dropLast();
			else {
				await this.#writer.reopenLast(wholeSizeBytes, salt);
				// What a crash of the process left unsynced must be durable before it counts as stored.
				await this.#writer.sync();
			}
		}
		const atSnapshot = entries[snapshotIndex - (entries[0]?.index ?? 0)];
		const belongs =
			snapshotIndex === 0 || atSnapshot?.term === snapshot?.term || entries[0]?.index === snapshotIndex + 1;
		if (!belongs) {
			// Older than the snapshot, or of a leader that was overruled (Raft figure 13, step 7).
			entries.length = 0;
			await this.#dropFrom(0);
		}
		this.#lastIndex = entries.at(-1)?.index ?? snapshotIndex;
		return entries;
	}
}

async function noPause(): Promise<void> {}

async function newestSnapshot(options: StoreOptions, { snapshots }: LogFiles): Promise<StoredSnapshot | undefined> {
	const newest = snapshots.at(-1);
	if (newest === undefined) return undefined;
	const snapshot = await readStoredSnapshot(options, newest);
	if (snapshot?.head.index !== newest)
		throw corrupt(snapshotPath(options.folder, newest), 12, "its index is not its name's");
	// A crash may have come between writing the new one and removing the old.
	for (const index of snapshots.slice(0, -1)) await options.disk.remove(snapshotPath(options.folder, index));
	return snapshot;
}

interface HeadPiece {
	readonly configuration: Configuration;
	readonly configurationIndex: number;
	readonly indexOffset: number;
}

async function readStoredSnapshot({ disk, folder }: StoreOptions, index: number): Promise<StoredSnapshot | undefined> {
	const found = await readSnapshot(disk, snapshotPath(folder, index));
	if (found === undefined) return undefined;
	const [first = new Uint8Array(), ...pieces] = found.pieces;
	const head = JSON.parse(new TextDecoder().decode(first)) as HeadPiece;
	return { head: { ...found.head, ...head }, pieces };
}

/** As `writeSnapshot`, with what Raft knows beside the state. */
export async function writeStoredSnapshot(
	disk: Disk,
	path: string,
	head: SnapshotHead,
	pieces: Iterable<Uint8Array>,
): Promise<void> {
	await writeSnapshot(disk, path, head, withHead(head, pieces));
}

/** The first piece of the file is ours, the others are the state machine's. */
function* withHead(head: SnapshotHead, pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
	const { configuration, configurationIndex, indexOffset } = head;
	const piece: HeadPiece = { configuration, configurationIndex, indexOffset };
	yield new TextEncoder().encode(JSON.stringify(piece));
	yield* pieces;
}

function storedEntry({ index, term, type, data, configuration }: Entry): LogEntry {
	const command = configuration === undefined ? data : new TextEncoder().encode(JSON.stringify(configuration));
	return { type: storedTypes[type], term, index, command };
}

function entryOf({ index, term, type: stored, command }: LogEntry): Entry {
	const type = entryTypes.get(stored);
	assert(type !== undefined, "every stored type has a meaning");
	if (type !== "configuration") return { index, term, type, data: command };
	const configuration = JSON.parse(new TextDecoder().decode(command)) as Configuration;
	return { index, term, type, data: new Uint8Array(), configuration };
}
