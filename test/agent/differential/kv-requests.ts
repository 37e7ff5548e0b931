import type { Dice, Step } from "./dice.ts";
import { badJson, bodies, json, keys, modes, nodes, path, query, sessionNames } from "./words.ts";

export const kv = (dice: Dice): Step => {
	const key = dice.one(keys);
	switch (dice.below(7)) {
		case 0:
		case 1:
			return {
				method: "PUT",
				path: `/v1/kv/${key}${query(dice, [
					() => dice.one(["flags=1", "flags=18446744073709551615", "flags=x", "flags=", "flags=-1"]),
					() => dice.one(["cas=0", "cas=1", "cas=x", "cas=", "cas=5"]),
					() => `acquire=${dice.one(sessionNames)}`,
					() => `release=${dice.one(sessionNames)}`,
					() => dice.one(modes),
				])}`,
				body: dice.one(bodies),
			};
		case 2:
			return {
				method: "DELETE",
				path: `/v1/kv/${key}${query(dice, [() => dice.one(["recurse", "recurse=false"]), () => dice.one(["cas=0", "cas=7", "cas=x"]), () => dice.one(modes)])}`,
			};
		case 3:
			return { method: dice.one(["POST", "HEAD", "PATCH", "OPTIONS"]), path: `/v1/kv/${key}` };
		default:
			return {
				method: "GET",
				path: `/v1/kv/${key}${query(dice, [() => dice.one(["recurse", "recurse=x"]), () => "keys", () => dice.one(["separator=/", "separator=", "seperator=/", "separator=b", "separator=%2F"]), () => "raw", () => dice.one(modes), () => dice.one(modes)])}`,
			};
	}
};

export const session = (dice: Dice): Step => {
	switch (dice.below(9)) {
		case 0:
		case 1:
		case 2: {
			const body = dice.chance(8)
				? dice.one(badJson)
				: json({
						...dice.maybe(2, () => ({ Name: dice.one(["lock", "", "a b"]) })),
						...dice.maybe(3, () => ({ Node: dice.one(nodes) })),
						...dice.maybe(2, () => ({
							LockDelay: dice.one<unknown>(["0s", "15s", 5, 1e9, "x", 0, "1ms", "2m", null]),
						})),
						...dice.maybe(3, () => ({ Behavior: dice.one(["release", "delete", "", "bad"]) })),
						...dice.maybe(3, () => ({ TTL: dice.one(["10s", "1m", "5s", "25h", "x", "", "0s", "24h"]) })),
						...dice.maybe(2, () => ({
							Checks: dice.one<unknown>([
								[],
								["serfHealth"],
								["c1"],
								["none"],
								["c1", "serfHealth"],
								["c2"],
								["service:web"],
							]),
						})),
						...dice.maybe(4, () => ({
							NodeChecks: dice.one<unknown>([[], ["serfHealth"], ["c1"], ["none"], ["mem"]]),
						})),
						...dice.maybe(4, () => ({
							ServiceChecks: dice.one<unknown>([
								[{ ID: "c1" }],
								[{ ID: "service:web" }],
								[{ ID: "none" }],
								[{ ID: "c2", Namespace: "" }],
								[{}],
								null,
								["c1"],
							]),
						})),
						...dice.maybe(20, () => ({ Nope: 1 })),
					});
			return {
				method: "PUT",
				path: `/v1/session/create${query(dice, [() => dice.one(["dc=dc1", "dc=none", "pretty"])])}`,
				body,
				gives: `{s${dice.below(4)}}`,
			};
		}
		case 3:
			return { method: "PUT", path: `/v1/session/destroy/${dice.one(sessionNames)}` };
		case 4:
			return { method: "PUT", path: `/v1/session/renew/${dice.one(sessionNames)}` };
		case 5:
			return {
				method: "GET",
				path: `/v1/session/info/${dice.one(sessionNames)}${query(dice, [() => dice.one(modes)])}`,
			};
		case 6:
			return {
				method: "GET",
				path: `/v1/session/node/${path(dice.one(nodes))}${query(dice, [() => dice.one(modes)])}`,
			};
		default:
			return {
				method: dice.chance(8) ? "PUT" : "GET",
				path: `/v1/session/list${query(dice, [() => dice.one(modes)])}`,
			};
	}
};
