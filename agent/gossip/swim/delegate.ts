import type { Address } from "../../../lib/env/index.ts";
import type { Announcement } from "./node-directory.ts";
import type { PoolNode } from "./pool-node.ts";

/** What rides on membership: serf. Calls come while membership is consistent; they may call back into it. */
export interface SwimDelegate {
	/** At most 512 bytes that every member shall know of us. */
	meta(): Uint8Array;
	/** A message that a member sent or broadcast. `from` is where the packet came from. */
	onMessage(message: Uint8Array, from: Address): void;
	/** Messages to be spread, without type byte; together, with `overheadBytes` for each, at most `limitBytes`. */
	broadcasts(limitBytes: number, overheadBytes: number): readonly Uint8Array[];
	/** What goes along with a full exchange. */
	localState(join: boolean): Uint8Array;
	mergeRemoteState(state: Uint8Array, join: boolean): void;
	onJoin(node: PoolNode): void;
	/** It left (`status` left) or failed (dead). */
	onLeave(node: PoolNode): void;
	onUpdate(node: PoolNode): void;
	/** Another address claims the name of a member that is alive. */
	onConflict(known: PoolNode, other: { readonly name: string; readonly address: Address }): void;
	/** Goes with every ack of ours. */
	ackPayload(): Uint8Array;
	/** The member answered a probe. */
	onPing(node: PoolNode, roundTripMs: number, payload: Uint8Array): void;
	/** Why a pool is not joined (a wrong datacenter); then nothing of the exchange is merged. */
	refuseMerge?(nodes: readonly RemoteNode[]): string | undefined;
	/** Why a member is not taken up. */
	refuseAlive?(node: RemoteNode): string | undefined;
}

/** A node as somebody else tells of it. */
export interface RemoteNode extends Announcement {
	readonly status: PoolNode["status"];
}
