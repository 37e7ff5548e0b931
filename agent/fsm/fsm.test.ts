import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AutopilotContent, type PreparedQueryContent, StateStore, type TxnOperation } from "../state/index.ts";
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

const origin = fc.record({ timeMs: index, author: key });

const preparedQuery: fc.Arbitrary<PreparedQueryContent> = fc
	.record({ id: fc.uuid(), name: key, tags: fc.option(fc.array(key, { maxLength: 2 })), near: key })
	.map(({ id, name, tags, near }) => ({
		id,
		name,
		session: "",
		token: "",
		template: { type: "", regexp: "", removeEmptyTags: false },
		service: {
			service: "web",
			failover: { nearestN: 1, datacenters: ["dc2"], targets: null },
			onlyPassing: true,
			ignoreCheckIds: null,
			near,
			tags,
			nodeMeta: null,
			serviceMeta: { a: "b" },
		},
		dnsTtl: "10s",
	}));

const autopilotContent: AutopilotContent = {
	cleanupDeadServers: true,
	lastContactThresholdMs: 200,
	maxTrailingLogs: 250,
	minQuorum: 0,
	serverStabilizationTimeMs: 10_000,
	redundancyZoneTag: "",
	disableUpgradeMigration: false,
	upgradeVersionTag: "",
};

const txnOperation: fc.Arbitrary<TxnOperation> = fc.oneof(
	fc.record({ kind: fc.constant("kv" as const), verb: key, key, value, flags, index, session: key }),
	fc.record({ kind: fc.constant("session" as const), verb: key, id: key }),
	fc.record({
		kind: fc.constant("node" as const),
		verb: fc.constantFrom("set", "delete", "get"),
		node: fc.record({ node: key, id: fc.constant(""), address: key }).map((given) => ({
			...given,
			datacenter: "dc1",
			taggedAddresses: null,
			meta: null,
		})),
		index,
	}),
);

const command: fc.Arbitrary<Command> = fc.oneof(
	fc.record({ kind: fc.constant("kv" as const), write: kvWrite, origin }, { requiredKeys: ["kind", "write"] }),
	fc.record({
		kind: fc.constant("deregister" as const),
		deregistration: fc.record({ node: key, serviceId: key, checkId: key }, { requiredKeys: ["node"] }),
	}),
	fc.record({ kind: fc.constant("session-destroy" as const), id: key }),
	fc.record({ kind: fc.constant("query-set" as const), query: preparedQuery, existing: fc.boolean() }),
	fc.record({ kind: fc.constant("query-delete" as const), id: key }),
	fc.record({
		kind: fc.constant("coordinates" as const),
		updates: fc.array(
			fc.record({
				node: key,
				segment: key,
				coordinate: fc.record({
					vec: fc.array(fc.integer(), { maxLength: 8 }),
					error: fc.integer(),
					adjustment: fc.integer(),
					height: fc.integer(),
				}),
			}),
			{ maxLength: 3 },
		),
	}),
	fc.record(
		{ kind: fc.constant("autopilot" as const), content: fc.constant(autopilotContent), index },
		{ requiredKeys: ["kind", "content"] },
	),
	fc.record(
		{ kind: fc.constant("txn" as const), operations: fc.array(txnOperation, { maxLength: 4 }), origin },
		{ requiredKeys: ["kind", "operations"] },
	),
	fc.record({
		kind: fc.constant("kv-history-rules" as const),
		rules: fc.array(fc.record({ prefix: key, revisionsMax: fc.nat() }), { maxLength: 3 }),
	}),
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

/** A text of less than 16,384 bytes, as both forms write it. */
function textOf(text: string): number[] {
	const bytes = [...Buffer.from(text)];
	const { length } = bytes;
	return length < 0x80 ? [length, ...bytes] : [(length & 0x7f) | 0x80, length >> 7, ...bytes];
}

function record(type: number, content: readonly number[]): number[] {
	const { length } = content;
	return [type, ...(length < 0x80 ? [length] : [(length & 0x7f) | 0x80, length >> 7]), ...content];
}

/** In a form that compares: what the store holds, in order. */
function everything(store: StateStore): unknown {
	return { records: [...store.snapshot().records], kv: store.kvList(""), nodes: store.nodes() };
}

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
					const before = everything(store);
					machine.apply(1001, set("k", "after"));
					const bytes = Buffer.concat([...snapshot]);
					const other = newStore();
					await stateMachine(other).restore(
						Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
							bytes.subarray(at * size, (at + 1) * size),
						),
					);
					expect(everything(other)).toEqual(before);
				},
			),
			{ numRuns: 50 },
		);
	});

	it("reads what version 1 wrote: sessions without checks, tables that did not exist", async () => {
		const session = { id: "s1", name: "", node: "n", behavior: "release", lockDelayMs: 0, ttl: "", createIndex: 2 };
		const indexes = {
			catalog: { nodes: 1, services: 0, checks: 0, extinction: 0 },
			kv: 5,
			sessions: 2,
			tombstoneFloor: 0,
		};
		const snapshot = Uint8Array.from([
			1,
			...record(1, textOf(JSON.stringify(indexes))),
			...record(7, textOf(JSON.stringify({ ...session, modifyIndex: 2 }))),
			...record(8, [...textOf("k"), 3, 5, 1, 0, 0, 0, 0, 0, 0, 0, 9, ...textOf("s1"), ...textOf("v")]),
			0,
		]);
		const store = newStore();
		await stateMachine(store).restore([snapshot]);
		expect(store.sessions().value).toEqual([{ ...session, modifyIndex: 2, nodeChecks: [], serviceChecks: [] }]);
		expect(store.kvGet("k").value).toMatchObject({ modifyIndex: 5, lockIndex: 1, flags: 9n, session: "s1" });
		expect(store.preparedQueries()).toEqual({ index: 1, value: [] });
		const [version] = [...stateMachine(store).snapshot()].map((piece) => piece[0]);
		expect(version).toBe(2);
		expect(store.serviceChecks("x")).toEqual({ index: 1, value: [] });
	});

	it("reads a log of before there were checks of sessions and origins of writes", () => {
		const session = { id: "s1", name: "", node: "n", behavior: "release", lockDelayMs: 0, ttl: "" };
		expect(decodeCommand(Uint8Array.from([4, ...textOf(JSON.stringify(session))]))).toEqual({
			kind: "session-create",
			session: { ...session, nodeChecks: [], serviceChecks: [] },
		});
		expect(decodeCommand(Uint8Array.from([3, 4, ...textOf("k")]))).toEqual({
			kind: "kv",
			write: { operation: "delete", key: "k" },
		});
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
