import type { AgentMemberRecord } from "../../local/index.ts";
import type { Leadership, ServerPool } from "../../rpc/index.ts";
import type { RaftDuties } from "./leader-duties.ts";

/** What differs between a server that stands alone and one among others. */
export interface ServerRole {
	readonly leadership: Leadership;
	readonly serverPool: ServerPool;
	/** Of a server among others. */
	readonly duties?: RaftDuties;
	/** Whether the leader keeps this member's health in the catalog. */
	keeps(member: AgentMemberRecord): boolean;
	/** `host:port`, empty while there is none. */
	leaderAddress(): string;
	peerAddresses(): readonly string[];
	/** The pool is open. */
	begin(): void;
	/** The pool has changed. */
	look(): void;
	/** Hands the leadership on, before this server leaves. Never fails: the others find a new leader in any case. */
	stepDown(): Promise<void>;
	close(): void;
}
