import type { Dice, Step } from "./dice.ts";
import {
	badJson,
	json,
	meta,
	modes,
	path,
	query,
	queryNames,
	queryTexts,
	services,
	sessionNames,
	uuids,
} from "./words.ts";

const templates = ["match(1)", "name.suffix", "bad"].map((text) => `\${${text}}`);

export const preparedQuery = (dice: Dice): Step => {
	const definition = () =>
		dice.chance(10)
			? dice.one(badJson)
			: json({
					...dice.maybe(2, () => ({ Name: dice.one(queryTexts) })),
					...dice.maybe(4, () => ({ Session: dice.one(sessionNames) })),
					...dice.maybe(10, () => ({ Token: dice.one(["", "x"]) })),
					...dice.maybe(10, () => ({ ID: uuids[0] })),
					...dice.maybe(5, () => ({
						Template: dice.one<unknown>([
							{ Type: "name_prefix_match" },
							{ Type: "name_prefix_match", Regexp: "^geo-(.*)$" },
							{ Type: "bad" },
							{ Type: "name_prefix_match", Regexp: "(" },
							{},
							{ Type: "name_prefix_match", RemoveEmptyTags: true },
						]),
					})),
					...(dice.chance(12)
						? {}
						: {
								Service: {
									...(dice.chance(12) ? {} : { Service: dice.one([...services, ...templates]) }),
									...dice.maybe(4, () => ({
										Failover: dice.one<unknown>([
											{ NearestN: 1 },
											{ Datacenters: ["dc1"] },
											{ NearestN: -1 },
											{ Datacenters: ["dc9"] },
											{},
											{ Targets: [{ Datacenter: "dc9" }] },
											{ NearestN: 1, Targets: [{ Datacenter: "dc1" }] },
											{ Targets: [{}] },
										]),
									})),
									...dice.maybe(3, () => ({ OnlyPassing: dice.chance(2) })),
									...dice.maybe(4, () => ({
										Tags: dice.one<unknown>([["v1"], ["!v1"], [], ["V1", "!prod"], [""], null]),
									})),
									...dice.maybe(5, () => ({ NodeMeta: meta(dice) })),
									...dice.maybe(5, () => ({ ServiceMeta: meta(dice) })),
									...dice.maybe(5, () => ({ IgnoreCheckIDs: ["c1"] })),
									...dice.maybe(6, () => ({ Near: dice.one(["_agent", "alpha", "_ip", ""]) })),
									...dice.maybe(15, () => ({ Connect: false })),
								},
							}),
					...dice.maybe(4, () => ({
						DNS: dice.one<unknown>([{ TTL: "10s" }, { TTL: "x" }, { TTL: "-1s" }, {}, { TTL: "" }]),
					})),
					...dice.maybe(30, () => ({ Nope: 1 })),
				});
	switch (dice.below(9)) {
		case 0:
		case 1:
		case 2:
			return { method: "POST", path: "/v1/query", body: definition(), gives: `{q${dice.below(3)}}` };
		case 3:
			return { method: "PUT", path: `/v1/query/${dice.one([...queryNames, "x"])}`, body: definition() };
		case 4:
			return { method: "DELETE", path: `/v1/query/${dice.one([...queryNames, "x", ""])}` };
		case 5:
			return {
				method: "GET",
				path: `/v1/query${dice.chance(2) ? "" : `/${dice.one([...queryNames, "web-q", "x", ""])}`}${query(dice, [() => dice.one(modes)])}`,
			};
		case 6:
			return {
				method: dice.one(["GET", "GET", "PUT", "OPTIONS", "HEAD"]),
				path: `/v1/query/${path(dice.one([...queryNames, ...queryTexts, "geo-web"]))}/explain${query(dice, [() => dice.one(modes)])}`,
			};
		default:
			return {
				method: "GET",
				path: `/v1/query/${path(dice.one([...queryNames, ...queryTexts, "geo-web"]))}/execute${query(dice, [() => dice.one(["limit=1", "limit=0", "limit=-1", "limit=x", "limit="]), () => "near=_agent", () => dice.one(modes), () => "connect=false"])}`,
			};
	}
};
