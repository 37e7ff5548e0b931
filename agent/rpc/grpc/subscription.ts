import { setImmediate as nextTurn } from "node:timers/promises";
import { DiscoError, errorCode } from "../../../lib/errors.ts";
import type { InstanceRecord } from "../../state/index.ts";
import type { Answer, EndSignal, HealthEndpoints, ReadOptions } from "../endpoints.ts";
import { HealthEvents } from "./changes.ts";
import { configEntryTopics, encodeEvent, type SubscribeRequest, topics } from "./messages.ts";

/** A wait for changes begins anew after this. */
const waitMs = 600_000;

const none: readonly InstanceRecord[] = Object.freeze([]);

export interface Subscriptions {
	/**
	 * The events of a subscription, encoded, one after the other as they are asked for: what changes while a slow subscriber takes
	 * one comes to it as one change, so that nothing piles up. Ends when `signal` is aborted.
	 *
	 * Fails with `SUBSCRIPTION_INVALID`, `SUBSCRIPTION_STALE` (the subscriber has to begin anew) and as `HealthEndpoints.service` does.
	 */
	open(request: SubscribeRequest, signal: EndSignal): AsyncGenerator<Uint8Array>;
}

export function createSubscriptions({ health }: { readonly health: Pick<HealthEndpoints, "service"> }): Subscriptions {
	const events = new HealthEvents();

	async function* snapshot({ value, index }: Answer<readonly InstanceRecord[]>): AsyncGenerator<Uint8Array> {
		for (let number = 0; ; number++) {
			const part = events.snapshotPart(value, index, number);
			if (part === undefined) break;
			yield part;
			await nextTurn();
		}
		yield encodeEvent({ Index: index, EndOfSnapshot: true });
	}

	async function* follow(request: SubscribeRequest, signal: EndSignal): AsyncGenerator<Uint8Array> {
		if (configEntryTopics.includes(request.topic)) {
			if (request.index === 0) yield encodeEvent({ Index: 1, EndOfSnapshot: true });
			return ended(signal);
		}
		const key = requireKey(request);
		const options = { datacenter: request.datacenter, token: request.token, consistency: "stale", signal } as const;
		// There is no mesh and there are no peers: nothing to tell of either.
		const isEmpty = request.topic === topics.serviceHealthConnect || request.peerName !== "";
		const read = async (wait: Pick<ReadOptions, "minIndex" | "maxWaitMs">) => {
			const answer = await health.service(key, { ...options, ...wait });
			return isEmpty ? { ...answer, value: none } : answer;
		};
		let last = await read({ minIndex: 0, maxWaitMs: waitMs });
		if (request.index !== last.index) {
			if (request.index > 0) yield encodeEvent({ Index: last.index, NewSnapshotToFollow: true });
			yield* snapshot(last);
		}
		while (!signal.aborted) {
			const next = await read({ minIndex: last.index, maxWaitMs: waitMs });
			if (next.index < last.index)
				throw new DiscoError("SUBSCRIPTION_STALE", "the state is an older one; begin anew", { retryable: true });
			const event = events.change(last.value, next.value, next.index);
			last = next;
			if (event === "large") {
				yield encodeEvent({ Index: next.index, NewSnapshotToFollow: true });
				yield* snapshot(next);
			} else if (event !== undefined) yield event;
		}
	}

	return {
		async *open(request, signal) {
			try {
				yield* follow(request, signal);
			} catch (error) {
				if (errorCode(error) !== "WAIT_ABORTED") throw error;
			}
		},
	};
}

/** There are no config entries, and never will be. */
function ended(signal: EndSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal.aborted) resolve();
		else signal.addEventListener("abort", resolve, { once: true });
	});
}

/** The service that is meant. */
function requireKey({ topic, key }: SubscribeRequest): string {
	const known = Object.values<number>(topics).includes(topic);
	if (known && key !== undefined && key !== "") return key;
	const what = known
		? "a subscription names its service"
		: `topic ${topic} is not served: this server has no config entries`;
	throw new DiscoError("SUBSCRIPTION_INVALID", what);
}
