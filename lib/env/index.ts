/**
 * Everything the core may not take from its surroundings: time, chance, network and disk (decision 9).
 *
 * `lib/node` implements these with Node, `lib/env/fake.ts` (and `agent/sim` on top of it) from one seed, so that a whole
 * cluster runs in one process, faster than real time, and a failure replays exactly.
 */
export type { Clock, Timer } from "./clock.ts";
export type { AppendFile, Disk } from "./disk.ts";
export type { Address, Connection, DatagramSocket, Listener, Network, StreamOptions } from "./network.ts";
export { pause } from "./pause.ts";
export type { Random } from "./random.ts";
export { shuffle, uuid } from "./random.ts";
