import { expect, it } from "vitest";
import { encodeSnapshot } from "../../fsm/snapshot-form.ts";
import { recordTypes } from "../../fsm/snapshot-records.ts";
import type { StateSnapshot } from "../../state/index.ts";
import { isDiscoState, keyOf, recordNames, stateRecords } from "./state-records.ts";

it("names the records as the state machine writes them", () => {
	expect(Object.fromEntries(recordNames.map((name, type) => [name, type]))).toEqual(recordTypes);
});

it("reads keys and sizes of a state, and tells one that is cut short", () => {
	const long = `${"deep/".repeat(60)}key`;
	const entry = (key: string) => ({
		kind: "kv",
		value: { key, value: new Uint8Array(300), flags: 0n, session: "", lockIndex: 0, createIndex: 1, modifyIndex: 2 },
	});
	const snapshot = { records: [entry("a/b"), entry(long)] } as unknown as StateSnapshot;
	const state = Buffer.concat([...encodeSnapshot(snapshot)]);
	expect(isDiscoState(state)).toBe(true);
	const records = [...stateRecords(state)];
	expect(records.map(({ name, content }) => `${name} ${keyOf(content)}`)).toEqual(["kv a/b", `kv ${long}`]);
	// The version before and the end mark after.
	expect(records.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(state.length - 2);
	expect(() => [...stateRecords(state.subarray(0, -10))]).toThrow(/cut short/);
});
