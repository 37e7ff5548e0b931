/**
 * Gossip: who is in the pool, who failed, and messages that reach everybody; as memberlist and serf speak it, so that real serf
 * and Consul agents may be members. `Serf` is the whole; `Keyring` and the settings are what it is made with.
 *
 * `wire/` is bytes (memberlist.md, serf.md; held to test/vectors), `swim/` who is there (rules in `members.ts`, probes in `prober.ts`,
 * streams in `stream-exchange.ts`), `serf/` what rides on it, `coordinate/` round trips. All of it takes clock, random and network as
 * arguments: agent/sim runs whole pools of it from one seed (`npm run sim`), test/gossip beside real serf agents, docs/scale.md has
 * the numbers. `agent/runtime/pool` makes the agent a member.
 */
export type { Coordinate } from "./coordinate/vivaldi.ts";
export type { KeyOperation, KeyReport } from "./serf/key-queries.ts";
export type { Member, MemberStatus, QueryReceived, SerfEvent, UserEventReceived } from "./serf/member.ts";
export type { QueryAnswer, QueryOptions, QueryResult } from "./serf/query.ts";
export type { MemberReach, Reachability } from "./serf/reachability.ts";
export { Serf, type SerfOptions } from "./serf/serf.ts";
export { type SerfSettings, serfSettings } from "./serf/settings.ts";
export { openSnapshot, type PoolSnapshot, type RememberedMember } from "./serf/snapshot.ts";
export type { RemoteNode } from "./swim/delegate.ts";
export { type SwimSettings, swimPresets } from "./swim/settings.ts";
export type { Framing } from "./wire/framing.ts";
export { Keyring } from "./wire/keyring.ts";
export { decodeTags } from "./wire/serf-messages.ts";
