import type { KvRecord, KvRevision, SessionRecord, SnapshotRecord, StateIndexes } from "../state/index.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";

/** First byte of a record. Numbers are for ever. */
export const recordTypes = {
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
	query: 10,
	coordinate: 11,
	autopilot: 12,
	"kv-history-rule": 13,
	"kv-revision": 14,
} as const satisfies Readonly<Record<SnapshotRecord["kind"] | "end", number>>;

/** Plain fields for keys and values, JSON for the rest. */
export function writeRecord(writer: ByteWriter, record: SnapshotRecord): void {
	if (record.kind === "kv") writeKv(writer, record.value);
	else if (record.kind === "kv-revision") writeRevision(writer, record.value);
	else writer.text(JSON.stringify(record.value));
}

export function readRecord(kind: SnapshotRecord["kind"], reader: ByteReader): SnapshotRecord {
	if (kind === "kv") return { kind, value: readKv(reader) };
	if (kind === "kv-revision") return { kind, value: readRevision(reader) };
	return withNewerFields({ kind, value: JSON.parse(reader.text()) } as SnapshotRecord);
}

/** What version 1 did not have: a session's checks, the indexes of tables that came later. */
function withNewerFields(record: SnapshotRecord): SnapshotRecord {
	if (record.kind === "session") return { kind: "session", value: completeSession(record.value) };
	if (record.kind !== "indexes") return record;
	const absent: Pick<StateIndexes, "queries" | "coordinates"> = { queries: 0, coordinates: 0 };
	return { kind: "indexes", value: { ...absent, ...record.value } };
}

/** A session of a version that did not store which checks it is bound to. */
export function completeSession<Session extends Partial<SessionRecord>>(
	session: Session,
): Session & Pick<SessionRecord, "nodeChecks" | "serviceChecks"> {
	return { ...session, nodeChecks: session.nodeChecks ?? [], serviceChecks: session.serviceChecks ?? [] };
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

function writeRevision(writer: ByteWriter, revision: KvRevision): void {
	writer.text(revision.key);
	writer.number(revision.index);
	writer.number(revision.timeMs);
	writer.text(revision.author);
	writer.uint64(revision.flags);
	writer.byte(revision.value === undefined ? 0 : 1);
	if (revision.value !== undefined) writer.bytes(revision.value);
}

function readRevision(reader: ByteReader): KvRevision {
	const key = reader.text();
	const index = reader.number();
	const timeMs = reader.number();
	const author = reader.text();
	const flags = reader.uint64();
	const deleted = reader.byte() === 0;
	return { key, index, timeMs, author, flags, ...(deleted ? {} : { value: reader.bytes() }) };
}
