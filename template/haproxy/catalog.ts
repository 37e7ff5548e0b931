import { type Client, watch } from "../../client/index.ts";
import type { Clock, Random } from "../../lib/env/index.ts";
import { type Dependency, type ServiceInstanceRecord, serviceDependency } from "../dependencies/index.ts";

export interface CatalogSettings {
	readonly client: Client;
	readonly clock: Clock;
	readonly random: Random;
	readonly waitMs: number;
	/** As `HaproxyBackendConfig.service`. */
	readonly service: string;
	/** How long an empty answer is not believed after the agent has lost its data. */
	readonly emptyHoldMs: number;
	/** HAProxy had servers of it before the first answer. */
	readonly hadServers: boolean;
	readonly signal: AbortSignal;
	readonly onInstances: (records: readonly ServiceInstanceRecord[]) => void;
	/** A question has failed and is asked again; undefined: answers come again. */
	readonly onError: (message: string | undefined) => void;
	/** An empty answer was not believed. */
	readonly onHeld: () => void;
}

/** The service in every state: what drains must be told from what is gone. Error: `DEPENDENCY_FORMAT`. */
export function instancesDependency(service: string): Dependency {
	return serviceDependency(`${service}|any`);
}

/**
 * Follows the instances until `signal`; failures are retried for ever, and what was known stays.
 *
 * An empty answer whose index is lower than one before comes from an agent that has lost its data (started anew, restored from an
 * old snapshot): services register again within moments, and until then the last instances are worth more. So is what HAProxy
 * had before a first answer that is empty. It is believed when it is still empty after `emptyHoldMs`.
 */
export async function followInstances(settings: CatalogSettings): Promise<void> {
	const { client, clock, random, waitMs, signal } = settings;
	const dependency = instancesDependency(settings.service);
	let indexMax = settings.hadServers ? Number.POSITIVE_INFINITY : 0;
	let had = settings.hadServers;
	let held: { cancel(): void } | undefined;
	const answers = watch(
		async (query) => {
			const answer = await dependency.fetch({ client, clock }, { ...query, consistency: "default" });
			settings.onError(undefined);
			return { ...answer, knownLeader: true };
		},
		{
			clock,
			random,
			signal,
			waitMs,
			// Short: what is missed meanwhile is missing in the balancer.
			backoff: { firstMs: 100, maxMs: 5_000 },
			onError: ({ error }) => {
				settings.onError(error.message);
				return "retry";
			},
		},
	);
	const give = (records: readonly ServiceInstanceRecord[]) => {
		had = records.length > 0;
		settings.onInstances(records);
	};
	signal.addEventListener("abort", () => held?.cancel(), { once: true });
	for await (const { value, index } of answers) {
		const records = value as readonly ServiceInstanceRecord[];
		const lost = index < indexMax;
		held?.cancel();
		held = undefined;
		if (records.length === 0 && had && lost && settings.emptyHoldMs > 0) {
			settings.onHeld();
			held = clock.after(settings.emptyHoldMs, () => give(records));
			continue;
		}
		indexMax = index;
		give(records);
	}
}
