/**
 * Everybody else in the pool that bench/gossip.ts measures in: COUNT members in one process, over real sockets on addresses of their
 * own. They are patient, because two cores serve them all.
 *
 *   node gossip-others.js COUNT NETWORK      the first is at NETWORK.8.1
 *
 * A line on standard input fires so many events, or prints how many members are alive to the first one.
 */
import { NodeDirectory } from "../agent/gossip/swim/node-directory.ts";
import { nodeStateOf, type PoolNode } from "../agent/gossip/swim/pool-node.ts";
import { gossipPort, startMember } from "./gossip-pool.ts";

const [countText = "", network = ""] = process.argv.slice(2);
const directory = new NodeDirectory();
const patient = { probeTimeoutMs: 900, suspicionMult: 30, streamPings: false };
const others = await Promise.all(
	Array.from({ length: Number(countText) }, (_, at) =>
		startMember(
			`other-${at}`,
			`${network}.${8 + Math.floor(at / 250)}.${(at % 250) + 1}`,
			() => undefined,
			patient,
			directory,
		),
	),
);
// As if they had been a pool for long.
const states = others.map(({ swim }) => nodeStateOf(swim.members.self as PoolNode));
for (const { swim } of others) {
	swim.members.merge(states);
	while (swim.members.broadcasts.size > 0) swim.members.broadcasts.take(Number.POSITIVE_INFINITY, 0);
	await new Promise((resolve) => setImmediate(resolve));
}
console.log(`ready ${gossipPort}`);
let fired = 0;
process.stdin.on("data", (line: Buffer) => {
	const [first] = others;
	if (first === undefined) return;
	for (let left = Number(line.toString()); left > 0; left--) first.fire(`event-${fired++}`, new Uint8Array(100));
	const refutations = others.reduce((sum, { swim }) => sum + swim.members.refutations, 0);
	console.log(
		JSON.stringify({ alive: first.members().filter(({ status }) => status === "alive").length, refutations }),
	);
});
