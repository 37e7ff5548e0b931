import type { Difference } from "./compare.ts";
import type { Step } from "./dice.ts";

/** Where disco differs on purpose, or where the reference is at fault; docs/differences.md tells users. */
const expected: readonly ((difference: Difference, step: Step) => boolean)[] = [
	// Our catalog indexes move with less: a node's with that node, a table's not with another table.
	({ where }, { path }) => where === "X-Consul-Index" && /\/v1\/(?:catalog|health)\//.test(path),
	// We remember each deleted key, the reference one prefix for a whole tree.
	({ where }, { path }) => where === "X-Consul-Index" && /^\/v1\/kv\/.*\?.*(?:recurse|keys)/.test(path),
	// The clock of events ticks with other messages, too.
	({ where }, { path }) => where.endsWith(".LTime") && path.startsWith("/v1/event/"),
	// The mesh is not supported, the reference's internal endpoints and its stream of metrics do not exist.
	(_difference, { path }) =>
		/^\/v1\/(?:agent\/connect|agent\/metrics\/stream|config|connect|discovery-chain|exported|imported|internal|peering)/.test(
			path,
		),
	// A filter that the reference itself makes of it has no name before the dot.
	({ reference }, { path }) =>
		/[?&]node-meta=(?:&|$)/.test(path) &&
		/[?&]index=[1-9]/.test(path) &&
		(reference === 500 || String(reference).startsWith("text/plain")),
	// Parsed by node:http, which tells no more than the status.
	({ where }, { path }) => where === "Content-Type" && /%zz|%00|%FF/.test(path),
];

export function isExpected(difference: Difference, step: Step): boolean {
	return expected.some((is) => is(difference, step));
}
