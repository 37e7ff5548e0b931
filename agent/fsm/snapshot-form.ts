import { DiscoError, errorMessage } from "../../lib/errors.ts";
import type { SnapshotRecord, StateRestore, StateSnapshot } from "../state/index.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { readRecord, recordTypes, writeRecord } from "./snapshot-records.ts";

/**
 * First byte of a snapshot. A version that only adds record types and fields is a new one, too, so that an older disco refuses
 * it instead of losing what it does not know. Version 1 had no queries, coordinates, autopilot, history, checks of sessions.
 */
const formatVersion = 2;
const formatVersionsRead = [1, 2];

/** Pieces are cut when they have reached this. One of small keys takes about half a millisecond, so nobody waits for a snapshot. */
const pieceSizeBytes = 64 * 1024;

const kinds = new Map<number, SnapshotRecord["kind"] | "end">(
	Object.entries(recordTypes).map(([kind, type]) => [type, kind as SnapshotRecord["kind"] | "end"]),
);

/** The snapshot as bytes: version, then per record its type and its length-prefixed content, then an end mark. */
export function* encodeSnapshot(snapshot: StateSnapshot): Generator<Uint8Array> {
	const writer = new ByteWriter(pieceSizeBytes * 2);
	const content = new ByteWriter();
	writer.byte(formatVersion);
	for (const record of snapshot.records) {
		content.reset();
		writeRecord(content, record);
		writer.byte(recordTypes[record.kind]);
		writer.number(content.length);
		content.copyTo(writer);
		if (writer.length < pieceSizeBytes) continue;
		yield writer.take();
		writer.reset();
	}
	writer.byte(recordTypes.end);
	yield writer.take();
}

/**
 * Feeds a restore with what `encodeSnapshot` made, however it was cut since. Fails with `SNAPSHOT_INVALID` when it is cut short
 * or of an unknown version; the restore is then simply not finished.
 */
export async function decodeSnapshot(
	pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
	restore: StateRestore,
): Promise<void> {
	let rest: Uint8Array = new Uint8Array(0);
	let started = false;
	let ended = false;
	for await (const piece of pieces) {
		rest = rest.length === 0 ? piece : joined(rest, piece);
		if (!started && rest.length > 0) {
			if (!formatVersionsRead.includes(rest[0] as number))
				throw invalid(`its version is ${rest[0]}, this disco reads ${formatVersionsRead.join(" and ")}`);
			rest = rest.subarray(1);
			started = true;
		}
		while (!ended) {
			const taken = takeRecord(rest, restore);
			if (taken === undefined) break;
			rest = rest.subarray(taken.sizeBytes);
			ended = taken.end;
		}
	}
	if (!ended) throw invalid("it is cut short");
}

/** Hands the first record over; undefined when it is not complete yet. */
function takeRecord(
	bytes: Uint8Array,
	restore: StateRestore,
): { readonly sizeBytes: number; readonly end: boolean } | undefined {
	const kind = bytes.length === 0 ? undefined : kinds.get(bytes[0] as number);
	if (bytes.length === 0) return undefined;
	if (kind === undefined) throw invalid(`record type ${bytes[0]} is not known to this version`);
	if (kind === "end") return { sizeBytes: 1, end: true };
	const frame = frameOf(bytes);
	if (frame === undefined) return undefined;
	const reader = new ByteReader(bytes.subarray(frame.from, frame.to));
	restore.add(recordOf(kind, reader));
	return { sizeBytes: frame.to, end: false };
}

/** Whatever is wrong with a record, the snapshot is damaged. */
function recordOf(kind: SnapshotRecord["kind"], reader: ByteReader): SnapshotRecord {
	try {
		return readRecord(kind, reader);
	} catch (error) {
		throw invalid(`a record of type ${kind} is damaged: ${errorMessage(error)}`);
	}
}

/** Where the first record's content is; undefined when the bytes end before it does. */
function frameOf(bytes: Uint8Array): { readonly from: number; readonly to: number } | undefined {
	let length = 0;
	let scale = 1;
	for (let at = 1; at < bytes.length; at++) {
		const byte = bytes[at] as number;
		length += (byte & 0x7f) * scale;
		scale *= 0x80;
		if (byte >= 0x80) continue;
		const from = at + 1;
		return from + length <= bytes.length ? { from, to: from + length } : undefined;
	}
	return undefined;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
	const both = new Uint8Array(a.length + b.length);
	both.set(a);
	both.set(b, a.length);
	return both;
}

function invalid(why: string): DiscoError {
	return new DiscoError("SNAPSHOT_INVALID", `the snapshot of the state cannot be read: ${why}`);
}
