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
	// A 404 that can be waited for has its index.
	({ kind, where }, { path }) =>
		kind === "header" && where.startsWith("X-Consul-") && path.startsWith("/v1/coordinate/node/"),
	// A service that is registered again with other tags takes its checks along.
	({ where }, { path }) => where.includes(".ServiceTags") && /agent\/|health\/|catalog\//.test(path),
	// The mesh is not supported, the reference's internal endpoints and its stream of metrics do not exist.
	(_difference, { path }) =>
		/^\/v1\/(?:agent\/connect|agent\/metrics\/stream|config|connect|discovery-chain|exported|imported|internal|peering)/.test(
			path,
		),
	// Parsed by node:http, which tells no more than the status.
	({ where }, { path }) => where === "Content-Type" && /%zz|%00|%FF/.test(path),
];

export function isExpected(difference: Difference, step: Step): boolean {
	return expected.some((is) => is(difference, step));
}
