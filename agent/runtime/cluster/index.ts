/**
 * What a server is to the others: Raft's engine, the beginning of a cluster, the leader's duties (autopilot, members in the catalog).
 * Gossip and Raft meet here and nowhere else.
 */
export { type Cluster, openCluster } from "./open-cluster.ts";
export { type RaftEngine, raftEngine } from "./raft-engine.ts";
export { aliveServers, allServersOf, hostPort, serverMember, serversOf } from "./server-member.ts";
