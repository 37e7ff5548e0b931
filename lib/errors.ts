/**
 * An operating error: expected (peer gone, bad input, no leader), typed, and worth a sentence to the user.
 *
 * Callers branch on `code`, never on the text. A programmer's error is not one of these: it is an `assert` that fails.
 */
export class DiscoError extends Error {
	/** Stable name of the kind of error, upper case with underscores: `KV_KEY_EMPTY`. */
	readonly code: string;
	/** Whether the same call may succeed later without anybody changing it (a lost connection: yes; bad input: no). */
	readonly retryable: boolean;

	constructor(code: string, message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
		super(message, options.cause === undefined ? undefined : { cause: options.cause });
		this.name = "DiscoError";
		this.code = code;
		this.retryable = options.retryable ?? false;
	}
}

/** Stops the process on a broken invariant instead of going on with corrupt state (style point 11). */
export function assert(condition: unknown, message: string): asserts condition {
	if (!condition) throw new Error(`invariant broken: ${message}`);
}

/** The text of whatever was thrown, for one line of log or stderr. */
export function errorMessage(thrown: unknown): string {
	return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of whatever was thrown (ours or Node's, such as `ECONNREFUSED`), or undefined. */
export function errorCode(thrown: unknown): string | undefined {
	if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return undefined;
	return typeof thrown.code === "string" ? thrown.code : undefined;
}
