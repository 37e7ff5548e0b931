import type { ConditionChange, RegistryEntry } from "../reconcile.ts";
import type { ServiceRegistration } from "../registration.ts";

/** The part of a registry that tells whether a service that stands may be used. */
export interface ConditionBackend {
	/** Succeeds also when it is so already. */
	write(entry: RegistryEntry, change: ConditionChange): Promise<void>;
	/** Keys of the entries that are in maintenance because they drain; those in maintenance for another reason are not ours. */
	draining(): Promise<ReadonlySet<string>>;
}

/**
 * A registry that services are written to.
 *
 * Failures are `DiscoError`s; those that may pass by themselves (no connection, no leader) are `retryable`, and every other one
 * means that the registry does not want what it was given.
 */
export interface Backend {
	/** For messages: `consul at http://127.0.0.1:8500`. Never holds a token. */
	readonly name: string;
	/** Succeeds when the registry can take writes. */
	ping(): Promise<void>;
	register(service: ServiceRegistration): Promise<void>;
	/** Succeeds also when there is no such entry. */
	deregister(entry: RegistryEntry): Promise<void>;
	/** Every entry, whoever made it. */
	list(): Promise<readonly RegistryEntry[]>;
	/** Absent where the registry knows neither maintenance nor checks. */
	readonly conditions?: ConditionBackend;
	/** How the service would stand among those of `list`. */
	entryOf(service: ServiceRegistration): RegistryEntry;
	/** Ends its connections. Idempotent. */
	close(): void;
}
