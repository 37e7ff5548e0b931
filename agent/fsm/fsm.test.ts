import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StateStore } from "../state/index.ts";
import { type Command, decodeCommand, encodeCommand, stateMachine } from "./index.ts";

const newStore = () => new StateStore({ wakeSlices: () => undefined });
const key = fc.string({ unit: "grapheme", maxLength: 20 });
const index = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const value = fc.uint8Array({ maxLength: 300 });
const flags = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

const kvWrite = fc.oneof(
	fc.record({ operation: fc.constant("set" as const), key, value, flags }),
	fc.record({ operation: fc.constant("cas" as const), key, value, flags, index }),
	fc.record({ operation: fc.constantFrom("lock" as const, "unlock" as const), key, value, flags, session: fc.uuid() }),
	fc.record({ operation: fc.constant("delete" as const), key }),
	fc.record({ operation: fc.constant("delete-cas" as const), key, index }),
	fc.record({ operation: fc.constant("delete-tree" as const), prefix: key }),
);

const command: fc.Arbitrary<Command> = fc.oneof(
	fc.record({ kind: fc.constant("kv" as const), write: kvWrite }),
	fc.record({
		kind: fc.constant("deregister" as const),
		deregistration: fc.record({ node: key, serviceId: key, checkId: key }, { requiredKeys: ["node"] }),
	}),
	fc.record({ kind: fc.constant("session-destroy" as const), id: key }),
	fc.record({
		kind: fc.constant("session-create" as const),
		session: fc.record({
			id: fc.uuid(),
			name: key,
			node: key,
			behavior: fc.constantFrom("release" as const, "delete" as const),
			lockDelayMs: fc.nat(),
			ttl: key,
			nodeChecks: fc.array(key, { maxLength: 2 }),
			serviceChecks: fc.array(key, { maxLength: 2 }),
		}),
	}),
	fc.record({
		kind: fc.constant("register" as const),
		registration: fc.record({
			node: key,
			id: fc.uuid(),
			address: key,
			datacenter: key,
			taggedAddresses: fc.oneof(fc.constant(null), fc.constant({ lan: "10.0.0.1" })),
			meta: fc.constant(null),
			skipNodeUpdate: fc.boolean(),
			checks: fc.constant([]),
		}),
	}),
);

describe("commands", () => {
	it("survive encoding", () => {
		fc.assert(
			fc.property(command, (given) => {
				expect(decodeCommand(encodeCommand(given))).toEqual(given);
			}),
		);
	});

	it.each([
		{ name: "an unknown type", bytes: [99], code: "COMMAND_UNKNOWN" },
		{ name: "an unknown operation", bytes: [3, 77, 0], code: "COMMAND_UNKNOWN" },
		{ name: "nothing", bytes: [], code: "BYTES_CUT_SHORT" },
		{ name: "a cut text", bytes: [5, 9, 65], code: "BYTES_CUT_SHORT" },
	])("with $name are refused by name", ({ bytes, code }) => {
		expect(() => decodeCommand(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code }));
	});

	it("never crash the reader otherwise than by an error", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
				try {
					decodeCommand(bytes);
				} catch (error) {
					expect(error).toBeInstanceOf(Error);
				}
			}),
		);
	});
});

describe("the state machine", () => {
	const set = (name: string, text = "v") =>
		encodeCommand({
			kind: "kv",
			write: { operation: "set", key: name, value: new TextEncoder().encode(text), flags: 18446744073709551615n },
		});

	it("gives an agreed refusal as a result, not as a failure", () => {
		const machine = stateMachine(newStore());
		const lock = { operation: "lock", key: "k", value: new Uint8Array(), flags: 0n, session: "none" } as const;
		expect(machine.apply(1, encodeCommand({ kind: "kv", write: lock }))).toMatchObject({
			ok: false,
			error: { code: "SESSION_UNKNOWN" },
		});
		const cas = { operation: "cas", key: "k", value: new Uint8Array(), flags: 0n, index: 9 } as const;
		expect(machine.apply(2, encodeCommand({ kind: "kv", write: cas }))).toEqual({ ok: true, value: false });
	});

	it("restores a snapshot however it is cut, and as of the call", async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(command, { maxLength: 40 }),
				fc.integer({ min: 1, max: 700 }),
				async (commands, size) => {
					const store = newStore();
					const machine = stateMachine(store);
					commands.forEach((given, at) => {
						machine.apply(at + 1, encodeCommand(given));
					});
					machine.apply(1000, set("k", "before"));
					const snapshot = machine.snapshot();
					const before = { kv: store.kvList(""), nodes: store.nodes(), sessions: store.sessions() };
					machine.apply(1001, set("k", "after"));
					const bytes = Buffer.concat([...snapshot]);
					const other = newStore();
					await stateMachine(other).restore(
						Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
							bytes.subarray(at * size, (at + 1) * size),
						),
					);
					expect({ kv: other.kvList(""), nodes: other.nodes(), sessions: other.sessions() }).toEqual(before);
				},
			),
			{ numRuns: 50 },
		);
	});

	it("refuses a snapshot that is cut short or of another version, and stays as it was", async () => {
		const store = newStore();
		const machine = stateMachine(store);
		machine.apply(1, set("k"));
		const bytes = Buffer.concat([...machine.snapshot()]);
		const invalid = expect.objectContaining({ code: "SNAPSHOT_INVALID" });
		await expect(machine.restore([bytes.subarray(0, -1)])).rejects.toEqual(invalid);
		await expect(machine.restore([])).rejects.toEqual(invalid);
		await expect(machine.restore([Uint8Array.from([9, 0])])).rejects.toEqual(invalid);
		expect(store.kvGet("k").value?.modifyIndex).toBe(1);
	});
});
