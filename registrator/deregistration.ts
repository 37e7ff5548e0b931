/** When the services of a container that ended are removed (`-deregister`). */
export type DeregistrationPolicy = "always" | "on-success";

/**
 * Whether a container that ended with `exitCode` keeps its services.
 *
 * `on-success` keeps those of a failure. As in the reference, every status with bit 128 counts as ended by a signal and thus
 * on purpose (137 and 143, but 200 and 255 too). An unknown status counts as success: nothing is known to have failed.
 */
export function keepsServices(policy: DeregistrationPolicy, exitCode: number | undefined): boolean {
	if (policy === "always" || exitCode === undefined || exitCode === 0) return false;
	return (exitCode & 128) === 0;
}
