import type { AgentMemberRecord } from "../../local/index.ts";
import type { Leadership, ServerPool } from "../../rpc/index.ts";
import type { RaftDuties } from "./leader-duties.ts";

/** What differs between a server whose state is in memory and one with a log that others may take part in. */
export interface ServerRole {
	readonly leadership: Leadership;
	readonly serverPool: ServerPool;
	/** Of one with a log. */
	readonly duties?: RaftDuties;
	/** Whether the leader keeps this member's health in the catalog. */
	keeps(member: AgentMemberRecord): boolean;
	/** `host:port`, empty while there is none. */
	leaderAddress(): string;
	peerAddresses(): readonly string[];
	/** Nobody else has a vote: it leads as soon as it runs. */
	standsAlone(): boolean;
	/** The pool is open. */
	begin(): void;
	/** The pool has changed. */
	look(): void;
	/** Hands the leadership on, before this server leaves. Never fails: the others find a new leader in any case. */
	stepDown(): Promise<void>;
	close(): void;
}
