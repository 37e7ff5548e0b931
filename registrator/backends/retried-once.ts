import { errorCode } from "../../lib/errors.ts";

/**
 * `call`, and again at once when the connection broke: a kept connection may be closed by the agent at the very moment it is
 * used. Only for calls that may be made twice.
 */
export async function retriedOnce(call: () => Promise<void>): Promise<void> {
	try {
		await call();
	} catch (error) {
		if (errorCode(error) !== "AGENT_UNREACHABLE") throw error;
		await call();
	}
}
