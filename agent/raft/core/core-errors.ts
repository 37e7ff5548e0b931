import { DiscoError } from "../../../lib/errors.ts";

export function noLeaderHere(): DiscoError {
	return new DiscoError("NO_LEADER", "this server does not lead; ask the leader, or try again in a moment", {
		retryable: true,
	});
}

export function transferring(): DiscoError {
	return new DiscoError("LEADERSHIP_TRANSFERRING", "leadership goes to another server; try again in a moment", {
		retryable: true,
	});
}

export function configurationBusy(why: string): DiscoError {
	return new DiscoError("CONFIGURATION_BUSY", `the servers of the cluster cannot be changed yet: ${why}; try again`, {
		retryable: true,
	});
}
