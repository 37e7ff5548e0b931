import type { Address } from "../../../lib/env/index.ts";

export type MemberStatus = "alive" | "leaving" | "left" | "failed";

/** A member of the pool, as serf tells of it. */
export interface Member {
	readonly name: string;
	readonly address: Address;
	readonly tags: ReadonlyMap<string, string>;
	readonly status: MemberStatus;
	/** Lamport time of the last thing that changed the status. */
	readonly statusTime: number;
	/** memberlist.md, section 4. */
	readonly versions: Uint8Array;
	/** Monotonic time since which it is left or failed. */
	readonly goneSinceMs: number | undefined;
}

/** What happens in the pool, for whoever stands above. */
export type SerfEvent =
	| { readonly kind: "join" | "leave" | "failed" | "update" | "reap"; readonly member: Member }
	| UserEventReceived
	| QueryReceived;

export interface UserEventReceived {
	readonly kind: "user";
	readonly name: string;
	readonly payload: Uint8Array;
	readonly lamportTime: number;
	readonly coalesce: boolean;
}

export interface QueryReceived {
	readonly kind: "query";
	readonly name: string;
	readonly payload: Uint8Array;
	readonly lamportTime: number;
	readonly from: string;
	/** Once, before the asker's time is over; later calls do nothing. Fails with `QUERY_RESPONSE_TOO_LARGE`. */
	respond(payload: Uint8Array): void;
}
