/** What the parts of a running registrator note about themselves, for `-http`. */
export interface SyncStatus {
	/** Docker's event stream is open. */
	dockerConnected: boolean;
	/** Docker has been listed at least once. */
	dockerListed: boolean;
	registryReachable: boolean;
	readonly counts: Record<CountName, number>;
}

/** Each counts since the program's start. */
export const countNames = {
	dockerEvents: "Docker events received",
	dockerConnections: "Times that Docker's event stream was opened",
	dockerListings: "Listings of Docker's containers",
	registryListings: "Listings of the registry",
	registrations: "Services written to the registry",
	deregistrations: "Services removed from the registry",
	conditions: "Conditions (draining, health) written to the registry",
	writeFailures: "Writes that the registry refused or did not answer",
} as const;

export type CountName = keyof typeof countNames;

export function createStatus(): SyncStatus {
	return {
		dockerConnected: false,
		dockerListed: false,
		registryReachable: false,
		counts: {
			dockerEvents: 0,
			dockerConnections: 0,
			dockerListings: 0,
			registryListings: 0,
			registrations: 0,
			deregistrations: 0,
			conditions: 0,
			writeFailures: 0,
		},
	};
}
