import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { entrySizeBytesMax } from "./replicated-log.ts";

export function logClosed(): DiscoError {
	return new DiscoError("LOG_CLOSED", "the server is shutting down; ask another or try again later", {
		retryable: true,
	});
}

export function logNotStarted(): DiscoError {
	return new DiscoError("LOG_CLOSED", "the log has not been started yet; try again in a moment", { retryable: true });
}

export function logBusy(pendingCount: number): DiscoError {
	return new DiscoError("LOG_BUSY", `${pendingCount} writes wait for the disk; try again in a moment`, {
		retryable: true,
	});
}

export function noLeader(): DiscoError {
	return new DiscoError("NO_LEADER", "this server does not lead; ask the leader, or try again in a moment", {
		retryable: true,
	});
}

/** The proposal may be committed or not: whoever asked has to look. */
export function leadershipLost(): DiscoError {
	return new DiscoError(
		"LEADERSHIP_LOST",
		"this server lost its leadership before the write was decided; read again to see whether it was done",
		{ retryable: true },
	);
}

export function transferFailed(): DiscoError {
	return new DiscoError("TRANSFER_FAILED", "the other server did not take over the leadership in time; try again", {
		retryable: true,
	});
}

export function logFailed(folder: string, cause: unknown): DiscoError {
	return new DiscoError(
		"LOG_FAILED",
		`the log in ${folder} cannot go on: ${errorMessage(cause)}; nothing is accepted until the cause is removed and disco restarted`,
		{ cause },
	);
}

/** Refuses what is too large for an entry. */
export function assertEntrySize(command: Uint8Array): void {
	if (command.length <= entrySizeBytesMax) return;
	throw new DiscoError(
		"ENTRY_TOO_LARGE",
		`a command of ${command.length} bytes is above the limit of ${entrySizeBytesMax}; split it`,
	);
}
