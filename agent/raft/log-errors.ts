import { DiscoError } from "../../lib/errors.ts";
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

/** Refuses what is too large for an entry. */
export function assertEntrySize(command: Uint8Array): void {
	if (command.length <= entrySizeBytesMax) return;
	throw new DiscoError(
		"ENTRY_TOO_LARGE",
		`a command of ${command.length} bytes is above the limit of ${entrySizeBytesMax}; split it`,
	);
}
