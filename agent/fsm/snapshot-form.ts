import { DiscoError } from "../../lib/errors.ts";
import type { KvRecord, SnapshotRecord, StateRestore, StateSnapshot } from "../state/index.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";

/** First byte of a snapshot; a form that changes incompatibly gets a new one. */
const formatVersion = 1;

/** Pieces are cut when they have reached this. One of small keys takes about half a millisecond, so nobody waits for a snapshot. */
const pieceSizeBytes = 64 * 1024;

/** First byte of a record. Numbers are for ever. */
const recordTypes = {
	end: 0,
	indexes: 1,
	node: 2,
	service: 3,
	check: 4,
	"node-indexes": 5,
	"service-index": 6,
	session: 7,
	kv: 8,
	tombstone: 9,
} as const;
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
		if (record.kind === "kv") writeKv(content, record.value);
		else content.text(JSON.stringify(record.value));
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
			if (rest[0] !== formatVersion) throw invalid(`its version is ${rest[0]}, this disco reads ${formatVersion}`);
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
	restore.add(
		kind === "kv" ? { kind, value: readKv(reader) } : ({ kind, value: JSON.parse(reader.text()) } as SnapshotRecord),
	);
	return { sizeBytes: frame.to, end: false };
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

function writeKv(writer: ByteWriter, record: KvRecord): void {
	writer.text(record.key);
	writer.number(record.createIndex);
	writer.number(record.modifyIndex);
	writer.number(record.lockIndex);
	writer.uint64(record.flags);
	writer.text(record.session ?? "");
	writer.bytes(record.value);
}

function readKv(reader: ByteReader): KvRecord {
	const key = reader.text();
	const createIndex = reader.number();
	const modifyIndex = reader.number();
	const lockIndex = reader.number();
	const flags = reader.uint64();
	const session = reader.text();
	const value = reader.bytes();
	return { key, createIndex, modifyIndex, lockIndex, flags, value, ...(session === "" ? {} : { session }) };
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
