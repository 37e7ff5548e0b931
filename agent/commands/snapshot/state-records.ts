import { DiscoError } from "../../../lib/errors.ts";

/** Names of the state's records as `inspect` shows them, by the type that stands before each (agent/fsm; a test compares). */
export const recordNames: readonly string[] = [
	"end",
	"indexes",
	"node",
	"service",
	"check",
	"node-indexes",
	"service-index",
	"session",
	"kv",
	"tombstone",
	"query",
	"coordinate",
	"autopilot",
	"kv-history-rule",
	"kv-revision",
];

/** One record of a state: its type's name, its bytes with the frame, and its content. */
export interface StateRecord {
	readonly name: string;
	readonly sizeBytes: number;
	readonly content: Uint8Array;
}

/** Whether the state is disco's: it begins with the version of its form, the reference's with a longer header. */
export function isDiscoState(state: Uint8Array): boolean {
	return state[0] === 1 || state[0] === 2;
}

/** The records of disco's state, in order. Fails with `SNAPSHOT_INVALID` when it ends too early. */
export function* stateRecords(state: Uint8Array): Generator<StateRecord> {
	let at = 1;
	while (at < state.length) {
		const type = state[at] ?? 0;
		if (type === 0) return;
		const { value: sizeBytes, end } = varint(state, at + 1);
		if (end + sizeBytes > state.length) break;
		const content = state.subarray(end, end + sizeBytes);
		yield { name: recordNames[type] ?? `type ${type}`, sizeBytes: end + sizeBytes - at, content };
		at = end + sizeBytes;
	}
	throw new DiscoError("SNAPSHOT_INVALID", "the snapshot's state is cut short");
}

/** The key of a `kv` record: its first field, a text after its length. */
export function keyOf(content: Uint8Array): string {
	const { value: sizeBytes, end } = varint(content, 0);
	return Buffer.from(content.subarray(end, end + sizeBytes)).toString("utf8");
}

/** Seven bits an octet, the lowest first. */
function varint(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } {
	let value = 0;
	let scale = 1;
	for (let at = start; at < bytes.length; at++) {
		const octet = bytes[at] ?? 0;
		value += (octet & 0x7f) * scale;
		if (octet < 0x80) return { value, end: at + 1 };
		scale *= 0x80;
	}
	return { value: Number.POSITIVE_INFINITY, end: bytes.length };
}
