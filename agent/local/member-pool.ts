import type { KeyringOperation, KeyringReport } from "../rpc/index.ts";
import type { AgentMemberRecord } from "./local-agent.ts";

/** Who heard a question that went through gossip. */
export interface ReachabilityReport {
	/** Everybody who is known; from members that failed or left no answer is expected. `ackMs` since the question, undefined without answer. */
	readonly members: readonly { readonly member: AgentMemberRecord; readonly ackMs: number | undefined }[];
	/** Names of those who answered and are not known. */
	readonly unknown: readonly string[];
}

/** What the edges may ask of the pool of this datacenter's agents. `agent/runtime` fills it with gossip. */
export interface MemberPool {
	/** `HOST`, `HOST:PORT` or `[IP]:PORT`. Resolves when the pools are one. Fails with `JOIN_FAILED`. */
	join(address: string): Promise<void>;
	/** Takes a failed member for one that left; `prune` forgets it. Fails with `MEMBER_UNKNOWN`. */
	forceLeave(name: string, options: { readonly prune: boolean }): Promise<void>;
	/** Asks all members; a key is named by `key` but for a list. `relayFactor`: members that pass on each answer. */
	keyring(
		operation: KeyringOperation,
		options: { readonly key?: Uint8Array; readonly relayFactor: number },
	): Promise<KeyringReport>;
	/** Asks all members whether they hear us; resolves after `timeoutMs`, which the size of the pool says unless given. */
	reachability(options: { readonly timeoutMs?: number }): Promise<ReachabilityReport>;
	/** Whether this agent has keys. */
	readonly isEncrypted: boolean;
	/** Of a server that is in the pool of all datacenters' servers. */
	readonly wan?: WanPool;
}

/** The pool of the servers of all datacenters. */
export interface WanPool extends Omit<MemberPool, "wan"> {
	/** This server first; names have the datacenter behind them. */
	members(): readonly AgentMemberRecord[];
}
