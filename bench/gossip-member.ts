/**
 * One member of a pool with disco's gossip and nothing else: what bench/gossip.ts measures beside a real serf agent.
 *
 *   node gossip-member.js NAME HOST JOIN_HOST
 */
import { makeMember } from "./gossip-pool.ts";

const [name = "", host = "", other = ""] = process.argv.slice(2);
const heard = new Set<string>();
const serf = makeMember(name, host, (event) => {
	if (event.kind === "user") heard.add(event.name);
});
await serf.start();
await serf.join([{ host: other, port: serf.swim.address.port }], { ignoreOld: false });
// Whoever measures asks by a line.
process.stdin.on("data", () => {
	const { refutations } = serf.swim.members;
	const alive = serf.members().filter(({ status }) => status === "alive").length;
	console.log(JSON.stringify({ alive, heard: heard.size, failedProbes: serf.swim.prober.failedProbes, refutations }));
});
