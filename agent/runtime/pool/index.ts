/** Gossip as the agent uses it: its pool of the datacenter's agents, its keys, its events. */
export { sendCoordinates } from "./coordinate-updates.ts";
export type { LanPool } from "./lan-pool.ts";
export { openPool, startJoining } from "./open-pool.ts";
export { encodeUserEvent } from "./user-event.ts";
