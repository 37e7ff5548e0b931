import fc from "fast-check";
import { expect, test } from "vitest";
import type { ServiceEntry } from "../../../lib/api/index.ts";
import { createBalancer, type Target, targetsOf } from "./balancer.ts";

const entry = (id: string, statuses: readonly string[], weights = { Passing: 1, Warning: 1 }, address = "10.0.0.1") =>
	({
		Node: { Node: "n", Address: "10.0.0.9" },
		Service: { ID: id, Address: address, Port: 80, Weights: weights },
		Checks: statuses.map((Status) => ({ Status })),
	}) as unknown as ServiceEntry;
const ids = (entries: readonly ServiceEntry[]) => targetsOf(entries).map(({ id }) => id);

test.each<[string, ServiceEntry[], string[]]>([
	["without checks", [entry("a", [])], ["n/a"]],
	["critical ones never", [entry("a", ["passing", "critical"]), entry("b", ["critical", "warning"])], []],
	["warnings when nothing else is there", [entry("a", ["critical"]), entry("b", ["warning", "passing"])], ["n/b"]],
	["passing ones first", [entry("a", ["warning"]), entry("b", ["passing"])], ["n/b"]],
])("%s", (_, entries, expected) => {
	expect(ids(entries)).toEqual(expected);
});

test("a service without an address is at its node's; weights are of the state", () => {
	expect(targetsOf([entry("a", [], { Passing: 3, Warning: 2 }, "")])).toEqual([
		{ id: "n/a", host: "10.0.0.9", port: 80, weight: 3 },
	]);
	expect(targetsOf([entry("a", ["warning"], { Passing: 3, Warning: 0 })])[0]?.weight).toBe(1);
});

const target = (id: string, weight = 1): Target => ({ id, host: "h", port: 1, weight });

test("connections are in proportion to the weights", () => {
	const weights = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 });
	fc.assert(
		fc.property(weights, fc.float({ min: 0, max: Math.fround(0.99), noNaN: true }), (all, random) => {
			const balancer = createBalancer(
				() => 0,
				() => random,
			);
			balancer.update(all.map((weight, index) => target(String(index), weight)));
			const counts = all.map(() => 0);
			const sum = all.reduce((a, b) => a + b, 0);
			for (let at = 0; at < 3 * sum; at++) {
				const id = balancer.choose(new Set())?.id ?? "";
				balancer.opened(id);
				counts[Number(id)] = (counts[Number(id)] ?? 0) + 1;
			}
			expect(counts).toEqual(all.map((weight) => 3 * weight));
		}),
	);
});

test("what failed comes last for a while, what was tried never", () => {
	let nowMs = 0;
	const balancer = createBalancer(
		() => nowMs,
		() => 0,
	);
	balancer.update([target("a"), target("b")]);
	balancer.failed("a");
	balancer.opened("b");
	expect(balancer.choose(new Set())?.id).toBe("b");
	expect(balancer.choose(new Set(["b"]))?.id).toBe("a");
	expect(balancer.choose(new Set(["a", "b"]))).toBeUndefined();
	nowMs = 5_000;
	expect(balancer.choose(new Set())?.id).toBe("a");
	balancer.update([]);
	expect(balancer.choose(new Set())).toBeUndefined();
});
