import fc from "fast-check";
import { expect, it } from "vitest";
import { isLinearizable, type RegisterOperation, type TimedOperation } from "./linearizability.ts";

const write = (value: string): RegisterOperation => ({ kind: "write", value });
const read = (value: string | undefined): RegisterOperation => ({ kind: "read", value });
const at = (invokedMs: number, returnedMs: number, operation: RegisterOperation): TimedOperation => ({
	client: "c",
	operation,
	invokedMs,
	returnedMs,
});
const never = Number.POSITIVE_INFINITY;

it.each<{ name: string; history: TimedOperation[]; ok: boolean }>([
	{ name: "nothing", history: [], ok: true },
	{ name: "a read of what was written", history: [at(0, 1, write("a")), at(2, 3, read("a"))], ok: true },
	{ name: "a read of nothing before", history: [at(0, 1, read(undefined)), at(2, 3, write("a"))], ok: true },
	{ name: "a stale read", history: [at(0, 1, write("a")), at(2, 3, write("b")), at(4, 5, read("a"))], ok: false },
	{ name: "a lost write", history: [at(0, 1, write("a")), at(2, 3, read(undefined))], ok: false },
	{
		name: "a read during a write sees either",
		history: [at(0, 9, write("a")), at(1, 2, read(undefined)), at(3, 4, read("a"))],
		ok: true,
	},
	{ name: "but not back", history: [at(0, 9, write("a")), at(1, 2, read("a")), at(3, 4, read(undefined))], ok: false },
	{
		name: "a write without an answer may come later",
		history: [at(0, never, write("a")), at(2, 3, read(undefined)), at(4, 5, read("a"))],
		ok: true,
	},
	{ name: "or never", history: [at(0, never, write("a")), at(2, 3, read(undefined))], ok: true },
	{
		name: "but once",
		history: [at(0, never, write("a")), at(2, 3, read("a")), at(4, 5, write("b")), at(6, 7, read("a"))],
		ok: false,
	},
	{
		name: "two cas from the same value cannot both succeed",
		history: [
			at(0, 1, write("a")),
			at(2, 9, { kind: "cas", expected: "a", value: "b", success: true }),
			at(2, 9, { kind: "cas", expected: "a", value: "c", success: true }),
		],
		ok: false,
	},
	{
		name: "a cas fails only when something came between",
		history: [at(0, 1, write("a")), at(2, 3, { kind: "cas", expected: "a", value: "b", success: false })],
		ok: false,
	},
])("$name: $ok", ({ history, ok }) => {
	expect(isLinearizable(history)).toBe(ok);
});

/** Each operation takes effect at a moment between its begin and its end: linearizable by construction. */
const operations = fc.array(
	fc.record({
		begin: fc.nat(1000),
		length: fc.nat(100),
		point: fc.double({ min: 0, max: 1, noNaN: true }),
		kind: fc.nat(2),
	}),
	{ maxLength: 40 },
);

function histories(drawn: readonly { begin: number; length: number; point: number; kind: number }[]): TimedOperation[] {
	const placed = drawn.map((each) => ({ ...each, atMs: each.begin + each.point * each.length }));
	placed.sort((a, b) => a.atMs - b.atMs);
	let value: string | undefined;
	return placed.map(({ begin, length, kind }, id) => {
		let operation: RegisterOperation = read(value);
		if (kind === 1) operation = write(`v${id}`);
		if (kind === 2) operation = { kind: "cas", expected: value, value: `v${id}`, success: true };
		if (operation.kind !== "read") value = operation.value;
		return at(begin, begin + length, operation);
	});
}

it("accepts what was made one after the other", () => {
	fc.assert(
		fc.property(operations, (drawn) => {
			expect(isLinearizable(histories(drawn))).toBe(true);
		}),
	);
});

it("notices a read of something that was overwritten long before", () => {
	fc.assert(
		fc.property(operations, (drawn) => {
			const late = [at(5000, 5001, write("x")), at(5002, 5003, write("y")), at(5004, 5005, read("x"))];
			expect(isLinearizable([...histories(drawn), ...late])).toBe(false);
		}),
	);
});
