/**
 * Everybody else in the pool that bench/gossip.ts measures in: COUNT members in one process, over real sockets on addresses of their
 * own. They are patient, because two cores serve them all.
 *
 *   node gossip-others.js COUNT NETWORK      the first is at NETWORK.8.1
 *
 * A line on standard input fires so many events, or prints how many members are alive to the first one.
 */
import { NodeDirectory } from "../agent/gossip/swim/node-directory.ts";
import { addressBytes, nodeStateOf, type PoolNode } from "../agent/gossip/swim/pool-node.ts";
import { gossipPort, makeMember } from "./gossip-pool.ts";

const [countText = "", network = ""] = process.argv.slice(2);
const directory = new NodeDirectory();
const patient = { probeTimeoutMs: 900, suspicionMult: 30, streamPings: false };
const hosts = Array.from(
	{ length: Number(countText) },
	(_, at) => `${network}.${8 + Math.floor(at / 250)}.${(at % 250) + 1}`,
);
const [first, ...others] = hosts.map((host, at) =>
	makeMember(`other-${at}`, host, () => undefined, patient, directory),
);
if (first === undefined) throw new Error("COUNT is at least 1");
// As if they had been a pool for long: the first knows everybody, and the others know what it knows.
await first.start();
const state = nodeStateOf(first.swim.members.self as PoolNode);
first.swim.members.merge(
	hosts.slice(1).map((host, at) => ({ ...state, Name: `other-${at + 1}`, Addr: addressBytes(host) })),
);
for (const other of others) other.adopt(first);
for (const serf of [first, ...others]) {
	if (serf !== first) await serf.start();
	const { broadcasts } = serf.swim.members;
	while (broadcasts.size > 0) broadcasts.take(Number.POSITIVE_INFINITY, 0);
}
console.log(`ready ${gossipPort}`);
let fired = 0;
process.stdin.on("data", (line: Buffer) => {
	for (let left = Number(line.toString()); left > 0; left--) first.fire(`event-${fired++}`, new Uint8Array(100));
	const refutations = [first, ...others].reduce((sum, { swim }) => sum + swim.members.refutations, 0);
	console.log(
		JSON.stringify({ alive: first.members().filter(({ status }) => status === "alive").length, refutations }),
	);
});
