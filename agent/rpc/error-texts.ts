import { DiscoError, errorMessage } from "../../lib/errors.ts";

/** No server of the datacenter is known. */
export function datacenterUnknown(datacenter: string): DiscoError {
	return new DiscoError("DATACENTER_UNKNOWN", `no path to datacenter ${JSON.stringify(datacenter)}`);
}

/** What the reference says for an error; clients compare some of these texts, over HTTP and between agents. */
export function referenceText(error: unknown): string {
	if (!(error instanceof DiscoError)) return errorMessage(error);
	switch (error.code) {
		case "DATACENTER_UNKNOWN":
			return "No path to datacenter";
		case "NO_LEADER":
			return "No cluster leader";
		case "SERVERS_UNKNOWN":
			return "No known Consul servers";
		case "SESSION_UNKNOWN":
			return `raft apply failed: invalid session: ${error.message}`;
		case "FILTER_INVALID":
			return `Failed to create boolean expression evaluator: ${error.message}`;
		default:
			return error.message;
	}
}
