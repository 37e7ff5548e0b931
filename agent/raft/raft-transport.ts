import type { Call, Response } from "./core/index.ts";

/** The bytes that follow a snapshot request. */
export interface StateStream {
	readonly sizeBytes: number;
	readonly pieces: Iterable<Uint8Array>;
}

/** How requests reach the other servers. */
export interface RaftTransport {
	/**
	 * Resolves with the answer; rejects when none will come (no connection, time over). Calls with entries to one server arrive
	 * in order; heartbeats must not wait behind them. `state`: of a snapshot request, whose time-out grows with it.
	 */
	call(call: Call, state?: StateStream): Promise<Response>;
}
