import { catalogCheck, catalogService, externalNodes, idOf } from "./catalog-requests.ts";
import type { Dice, Step } from "./dice.ts";
import { badJson, json, keys, meta, query, sessionNames } from "./words.ts";

function txnOperation(dice: Dice): unknown {
	switch (dice.below(9)) {
		case 0:
		case 1:
		case 2:
		case 3:
			return {
				KV: {
					...(dice.chance(20)
						? {}
						: {
								Verb: dice.one([
									"set",
									"cas",
									"lock",
									"unlock",
									"get",
									"get-or-empty",
									"get-tree",
									"check-index",
									"check-session",
									"check-not-exists",
									"delete",
									"delete-tree",
									"delete-cas",
									"set",
									"get",
									"nope",
									"",
								]),
							}),
					...(dice.chance(15) ? {} : { Key: decodeURIComponent(dice.one(keys)) }),
					...dice.maybe(2, () => ({ Value: dice.one<unknown>(["b25l", "", null, "!!", "dHdv"]) })),
					...dice.maybe(5, () => ({ Flags: dice.one<unknown>([1, 0, 18, -1, "x"]) })),
					...dice.maybe(3, () => ({ Index: dice.one<unknown>([0, 1, 5, 999999, -1]) })),
					...dice.maybe(3, () => ({ Session: dice.one(sessionNames) })),
				},
			};
		case 4: {
			const named = dice.one(externalNodes);
			return {
				Node: {
					Verb: dice.one(["get", "set", "cas", "delete", "delete-cas", "nope", ""]),
					Node: {
						...(dice.chance(15) ? {} : { Node: named }),
						...dice.maybe(2, () => ({ Address: "10.0.0.7" })),
						...dice.maybe(4, () => ({ Meta: meta(dice) })),
						...dice.maybe(6, () => ({ ID: dice.one([idOf(named), "x"]) })),
						...dice.maybe(5, () => ({ ModifyIndex: dice.one([0, 1, 99999]) })),
						...dice.maybe(6, () => ({ TaggedAddresses: { lan: "1.1.1.1" } })),
						...dice.maybe(8, () => ({ Datacenter: dice.one(["dc1", "x"]) })),
					},
				},
			};
		}
		case 5:
			return {
				Service: {
					Verb: dice.one(["get", "set", "cas", "delete", "delete-cas", "nope"]),
					...(dice.chance(10) ? {} : { Node: dice.one(externalNodes) }),
					Service: { ...catalogService(dice), ...dice.maybe(5, () => ({ ModifyIndex: dice.one([0, 1, 99999]) })) },
				},
			};
		case 6:
			return {
				Check: {
					Verb: dice.one(["get", "set", "set", "delete", "delete-cas", "nope"]),
					Check: {
						Node: dice.one(externalNodes),
						...catalogCheck(dice, "alpha"),
						...dice.maybe(5, () => ({ ModifyIndex: dice.one([0, 1, 99999]) })),
					},
				},
			};
		case 7:
			return { Session: { Verb: dice.one(["delete", "nope"]), Session: { ID: dice.one(sessionNames) } } };
		default:
			return dice.one<unknown>([
				{},
				{ KV: null },
				{ Nope: {} },
				1,
				{ KV: { Verb: "get", Key: "a" }, Node: { Verb: "get", Node: { Node: "alpha" } } },
				{ Intention: {} },
				null,
			]);
	}
}

export const txn = (dice: Dice): Step => {
	if (dice.chance(25)) return { method: "PUT", path: "/v1/txn", body: dice.one(badJson) };
	const readOnly = dice.chance(4);
	const operations = Array.from({ length: 1 + dice.below(4) }, () =>
		readOnly
			? {
					KV: {
						Verb: dice.one(["get", "get-tree", "check-index", "get-or-empty", "check-session"]),
						Key: dice.one(["a", "a/b", "b", "none", ""]),
					},
				}
			: txnOperation(dice),
	);
	return {
		method: dice.chance(40) ? "POST" : "PUT",
		path: `/v1/txn${query(dice, [() => dice.one(["stale", "consistent", "dc=dc1", "dc=none", "pretty", "max_stale=x", "stale&consistent"])])}`,
		body: json(operations),
	};
};
