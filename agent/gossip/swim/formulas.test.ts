import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { pushPullIntervalMs, retransmitLimit, suspicionMinMs, suspicionRemainingMs } from "./formulas.ts";

const { formulas } = JSON.parse(
	readFileSync(new URL("../../../test/vectors/memberlist-vectors.json", import.meta.url), "utf8"),
);
type Row = Readonly<Record<string, number>>;

it.each(formulas.suspicion_min as Row[])("suspicion of at least $min_ms ms: $mult, $n nodes", (row) => {
	expect(suspicionMinMs(row["mult"] ?? 0, row["n"] ?? 0, row["interval_ms"] ?? 0)).toBe(row["min_ms"]);
});

it.each(formulas.suspicion_remaining as Row[])("$confirmations of $k confirmations leave $remaining_ms ms", (row) => {
	const remaining = suspicionRemainingMs({
		confirmations: row["confirmations"] ?? 0,
		wanted: row["k"] ?? 0,
		elapsedMs: row["elapsed_ms"] ?? 0,
		minMs: row["min_ms"] ?? 0,
		maxMs: row["max_ms"] ?? 0,
	});
	expect(remaining).toBe(row["remaining_ms"]);
});

it.each(formulas.retransmit_limit as Row[])("$n nodes: sent $limit times", (row) => {
	expect(retransmitLimit(row["mult"] ?? 0, row["n"] ?? 0)).toBe(row["limit"]);
});

it.each(formulas.push_pull_scale as Row[])("$n nodes: push/pull each $scaled_ms ms", (row) => {
	expect(pushPullIntervalMs(row["interval_ms"] ?? 0, row["n"] ?? 0)).toBe(row["scaled_ms"]);
});
