import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createGunzip, createGzip } from "node:zlib";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { decodeTar, encodeTar } from "./tar.ts";

/** What an archive tells of itself in `meta.json`, with the reference's names. */
export interface SnapshotMeta {
	readonly Version: number;
	readonly ID: string;
	/** Newest index that the state holds. */
	readonly Index: number;
	readonly Term: number;
	/** Bytes of `state.bin`. */
	readonly Size: number;
}

/** Unpacked bytes that a restore takes; a larger archive is refused. */
const archiveSizeBytesMax = 2 * 1024 * 1024 * 1024;
const metaVersion = 1;
/** Hashed without giving way to others: some milliseconds. */
const hashedPerSliceBytes = 4 * 1024 * 1024;
/** Level 6 would take three times as long for a tenth less. */
const compressionLevel = 1;

/**
 * A gzip tar with `meta.json`, `state.bin`, and `SHA256SUMS` of both, as the reference's: tools that look at the outside work on
 * it. The state's bytes are disco's own form.
 */
export async function* encodeArchive(
	head: { readonly index: number; readonly term: number; readonly nowMs: number },
	state: readonly Uint8Array[],
): AsyncGenerator<Uint8Array, void, undefined> {
	const { index, term, nowMs } = head;
	const sizeBytes = state.reduce((sum, piece) => sum + piece.length, 0);
	const meta: SnapshotMeta = {
		Version: metaVersion,
		ID: `${term}-${index}-${nowMs}`,
		Index: index,
		Term: term,
		Size: sizeBytes,
	};
	const metaPieces = [new TextEncoder().encode(JSON.stringify(meta))];
	const sums = `${await sha256(metaPieces)}  meta.json\n${await sha256(state)}  state.bin\n`;
	const files = [
		{ name: "meta.json", pieces: metaPieces },
		{ name: "state.bin", pieces: state },
		{ name: "SHA256SUMS", pieces: [new TextEncoder().encode(sums)] },
	];
	const packed = createGzip({ level: compressionLevel });
	const tar = Readable.from(encodeTar(files, nowMs));
	tar.on("error", (error) => packed.destroy(error));
	try {
		yield* tar.pipe(packed) as AsyncIterable<Uint8Array>;
	} finally {
		// Whoever reads may have gone.
		tar.destroy();
		packed.destroy();
	}
}

/** What is in an archive, every checksum verified. Fails with `SNAPSHOT_INVALID`, `SNAPSHOT_TOO_LARGE`. */
export async function decodeArchive(
	archive: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<{ readonly meta: SnapshotMeta; readonly state: Uint8Array }> {
	const files = decodeTar(await unpack(archive));
	const file = (name: string) => files.get(name) ?? fail(`${name} is missing`);
	const [metaBytes, state, sums] = [file("meta.json"), file("state.bin"), file("SHA256SUMS")];
	const expected = new Map(
		new TextDecoder()
			.decode(sums)
			.split("\n")
			.map((line): [string, string] => [line.slice(66), line.slice(0, 64)]),
	);
	if (expected.get("meta.json") !== (await sha256([metaBytes]))) fail("meta.json does not have its checksum");
	if (expected.get("state.bin") !== (await sha256([state]))) fail("state.bin does not have its checksum");
	return { meta: metaOf(metaBytes, state.length), state };
}

async function unpack(archive: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
	const unpacking = createGunzip();
	const packed = Readable.from(archive, { objectMode: false });
	packed.on("error", (error) => unpacking.destroy(error));
	const pieces: Uint8Array[] = [];
	let sizeBytes = 0;
	try {
		for await (const piece of packed.pipe(unpacking) as AsyncIterable<Uint8Array>) {
			sizeBytes += piece.length;
			if (sizeBytes > archiveSizeBytesMax)
				throw new DiscoError("SNAPSHOT_TOO_LARGE", `the snapshot has more than ${archiveSizeBytesMax} bytes unpacked`);
			pieces.push(piece);
		}
	} catch (error) {
		if (error instanceof DiscoError) throw error;
		fail(`it is no gzip archive, or damaged (${errorMessage(error)})`);
	} finally {
		packed.destroy();
	}
	return Buffer.concat(pieces);
}

function metaOf(bytes: Uint8Array, stateSizeBytes: number): SnapshotMeta {
	let meta: Partial<SnapshotMeta>;
	try {
		meta = JSON.parse(new TextDecoder().decode(bytes)) as Partial<SnapshotMeta>;
	} catch (error) {
		return fail(`meta.json: ${errorMessage(error)}`);
	}
	const { Version, Index, Size, Term = 0, ID = "" } = meta;
	if (Version !== metaVersion) fail(`meta.json: Version is ${Version}; this disco reads ${metaVersion}`);
	if (!Number.isSafeInteger(Index) || (Index as number) < 0) fail(`meta.json: Index is ${Index}; it is a log index`);
	if (Size !== stateSizeBytes) fail(`state.bin has ${stateSizeBytes} bytes, meta.json says ${Size}`);
	return { Version, ID, Index: Index as number, Term, Size: stateSizeBytes };
}

async function sha256(pieces: readonly Uint8Array[]): Promise<string> {
	const hash = createHash("sha256");
	let sinceTurn = 0;
	for (const piece of pieces) {
		for (let from = 0; from < piece.length; from += hashedPerSliceBytes) {
			const slice = piece.subarray(from, from + hashedPerSliceBytes);
			hash.update(slice);
			sinceTurn += slice.length;
			if (sinceTurn < hashedPerSliceBytes) continue;
			sinceTurn = 0;
			await nextTurn();
		}
	}
	return hash.digest("hex");
}

function fail(why: string): never {
	throw new DiscoError("SNAPSHOT_INVALID", `the snapshot cannot be read: ${why}`);
}
