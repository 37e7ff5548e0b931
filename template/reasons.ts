import { HttpStatusError } from "../client/index.ts";

/** Why data are missing, for people and for programs. */
export interface Reason {
	readonly code: "absent" | "denied" | "no_datacenter" | "unreachable" | "error" | "asked";
	readonly text: string;
}

/** The agent has answered that there is no such thing. */
export const absent: Reason = { code: "absent", text: "does not exist" };
/** No answer has come yet. */
export const asked: Reason = { code: "asked", text: "no answer yet" };

/** The reason that a failed read gives. */
export function reasonOf(error: Error & { readonly code?: string }): Reason {
	if (error instanceof HttpStatusError) {
		if (error.status === 403) return { code: "denied", text: `the token has no permission: ${error.body}` };
		if (/no path to datacenter/i.test(error.body)) {
			return { code: "no_datacenter", text: "the agent knows no such datacenter" };
		}
	}
	return { code: error.code === "AGENT_UNREACHABLE" ? "unreachable" : "error", text: error.message };
}
