import { containerOfOwnId } from "../names.ts";
import { createReconciler, type Reconciler, type RegistryEntry } from "../reconcile.ts";
import type { ServiceRegistration } from "../registration.ts";

/** The service of port 80 of a container, published at `port`. */
export function registration(container: string, port: number, id = `host:${container}:80`): ServiceRegistration {
	return {
		id,
		name: "api",
		tags: [],
		meta: {},
		address: "10.9.8.7",
		port,
		drainMs: 10_000,
		innerPort: 80,
		containerHostName: "inner",
	};
}

/** As a backend would list it: only the port can differ. */
export function entryOf({ id, name, port }: ServiceRegistration): RegistryEntry {
	return { key: id, id, name, fingerprint: String(port) };
}

export function reconcilerOfHost(repair: boolean, conditions = false): Reconciler {
	return createReconciler({
		entryOf,
		containerOfOwn: ({ id }) => containerOfOwnId("host", id, false),
		repair,
		conditions,
	});
}
