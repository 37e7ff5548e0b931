import { DiscoError, errorMessage } from "../lib/errors.ts";
import { type LimitsConfig, withSource } from "./config/index.ts";
import { countMatches, loadRegex } from "./functions/index.ts";
import { bytesOfText } from "./gotmpl/index.ts";
import { runCommand } from "./run-command.ts";

/** A new file before it replaces its destination. */
export interface Candidate {
	readonly destination: string;
	/** Where it lies. */
	readonly temporary: string;
	/** Its bytes as text (`textOfBytes`). */
	readonly text: string;
}

/**
 * Lets a file pass that is large enough, matches often enough and satisfies the check command.
 *
 * Error: `CHECK_FAILED`, which names the destination, the limit and what was found; the command's output is part of it.
 */
export async function checkLimits(
	candidate: Candidate,
	limits: LimitsConfig,
	environment: Readonly<Record<string, string>>,
): Promise<void> {
	const { destination, temporary, text } = candidate;
	const refuse = (reason: string, cause?: unknown): never => {
		throw new DiscoError("CHECK_FAILED", `${destination}: ${reason}; the file is not replaced`, { cause });
	};
	const sizeBytes = limits.minBytes > 0 ? bytesOfText(text).length : 0;
	if (sizeBytes < limits.minBytes) refuse(`has ${sizeBytes} bytes, min_bytes is ${limits.minBytes}`);
	if (limits.minMatches.length > 0) await loadRegex();
	for (const { pattern, count } of limits.minMatches) {
		const found = await countMatches(pattern, text, count, () => new Promise((resolve) => setImmediate(resolve)));
		if (found < count) refuse(`"${pattern}" matches ${found} times, min_matches is ${count}`);
	}
	if (limits.check === undefined) return;
	const command = withSource(limits.check, temporary);
	await runCommand(command, { environment, timeoutMs: limits.checkTimeoutMs, capture: true }).catch((error: unknown) =>
		refuse(`check: ${errorMessage(error)}`, error),
	);
}
