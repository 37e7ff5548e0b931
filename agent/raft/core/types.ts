/** A member of the cluster. Only voters count for elections and commits; the others receive the log. */
export interface Server {
	readonly id: string;
	/** `host:port` of its server port. */
	readonly address: string;
	readonly voter: boolean;
}

export interface Configuration {
	readonly servers: readonly Server[];
}

/**
 * `no-op` begins a leadership (Raft §8), `barrier` is only waited for; neither reaches the state machine. `restore` carries a
 * part of a snapshot from elsewhere.
 */
export type EntryType = "command" | "no-op" | "barrier" | "configuration" | "restore";

export interface Entry {
	readonly index: number;
	readonly term: number;
	readonly type: EntryType;
	/** Of a command or a part of a snapshot; empty otherwise. */
	readonly data: Uint8Array;
	/** Of a configuration entry. */
	readonly configuration?: Configuration;
}

/** What a snapshot replaces: everything through `index`. */
export interface SnapshotMeta {
	readonly index: number;
	readonly term: number;
	readonly configuration: Configuration;
	readonly configurationIndex: number;
}

export interface Position {
	readonly index: number;
	readonly term: number;
}

/** What must survive a crash beside the log (Raft figure 2, "persistent state"). */
export interface HardState {
	readonly term: number;
	/** Server id, or undefined: no vote in this term. */
	readonly votedFor: string | undefined;
}

/** From the leader. With everything after `leader` empty it is a heartbeat: answered without looking at the log. */
export interface AppendRequest {
	readonly kind: "append";
	readonly term: number;
	readonly from: Peer;
	readonly previous: Position;
	readonly entries: readonly Entry[];
	readonly commitIndex: number;
}

export interface VoteRequest {
	readonly kind: "vote";
	readonly term: number;
	readonly from: Peer;
	readonly last: Position;
	/** The leader itself asked for this election: voters do not insist on the leader they know. */
	readonly leadershipTransfer: boolean;
}

/** "Would you vote for me in `term`?" Changes nothing at the receiver (thesis §9.6). */
export interface PreVoteRequest {
	readonly kind: "pre-vote";
	readonly term: number;
	readonly from: Peer;
	readonly last: Position;
}

/** The state follows in chunks, by the transport's means. */
export interface SnapshotRequest {
	readonly kind: "snapshot";
	readonly term: number;
	readonly from: Peer;
	readonly snapshot: SnapshotMeta;
}

/** "Start an election at once" (thesis §3.10). */
export interface TimeoutNowRequest {
	readonly kind: "timeout-now";
	readonly from: Peer;
}

export type Request = AppendRequest | VoteRequest | PreVoteRequest | SnapshotRequest | TimeoutNowRequest;

export interface Peer {
	readonly id: string;
	readonly address: string;
}

/** One form for all answers; what a kind of request has no use for is at its zero. */
export interface Response {
	readonly term: number;
	/** Append: accepted. Votes: granted. Snapshot: installed. */
	readonly success: boolean;
	/** Append: the receiver's last index, from which the leader steps back. */
	readonly lastIndex: number;
	/** Append: refused because the logs differ, not for trouble: try again at once. */
	readonly noRetryBackoff: boolean;
}

/** A request that is to be sent. Its outcome comes back as `answered` or `callFailed` with this id. */
export interface Call {
	readonly id: number;
	readonly to: Peer;
	readonly request: Request;
	readonly timeoutMs: number;
}

/** What whoever runs the core does for it. Tokens are what the core was given with a request or a question. */
export type Output =
	| { readonly kind: "call"; readonly call: Call }
	| { readonly kind: "answer"; readonly token: unknown; readonly response: Response }
	/** Receive the snapshot's state, then tell by `installed` or `installFailed`. */
	| { readonly kind: "install"; readonly token: unknown; readonly request: SnapshotRequest }
	/** This server was the leader after the question; what is applied through `readIndex` is current (thesis §6.4). */
	| { readonly kind: "verified"; readonly token: unknown; readonly readIndex: number }
	| { readonly kind: "not-leader"; readonly token: unknown }
	/** The end of a leadership transfer. */
	| { readonly kind: "transferred"; readonly token: unknown; readonly success: boolean };

/** What must be durable before `outputs` are acted on. */
export interface Batch {
	readonly hardState: HardState | undefined;
	/** Ascending; they replace what the log holds from the first of them on. */
	readonly entries: readonly Entry[];
	readonly outputs: readonly Output[];
}

export type Role = "follower" | "pre-candidate" | "candidate" | "leader";
