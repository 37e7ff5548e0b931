import { type Client, type ReadOptions, type WatchFailure, watch } from "../../client/index.ts";
import type { Clock, Random } from "../../lib/env/index.ts";
import { type Encodable, encodeJson } from "../../lib/json/index.ts";
import type { WatchDefinition } from "./definition.ts";
import { readWatched } from "./read.ts";

/** A result that differs from the one before. */
export interface WatchChange {
	/** The value as JSON in one line, without a newline. */
	readonly json: string;
	/** `X-Consul-Index` of the answer. */
	readonly index: number;
	readonly value: unknown;
}

export interface FollowOptions {
	readonly client: Client;
	readonly definition: WatchDefinition;
	/** What every question is asked with (token, datacenter, consistency). */
	readonly read?: ReadOptions;
	readonly clock: Clock;
	readonly random: Pick<Random, "next">;
	readonly signal: AbortSignal;
	/** One at a time; what changes meanwhile is given afterwards, the newest only. What it throws ends the watch. */
	readonly handle: (change: WatchChange, signal: AbortSignal) => Promise<void>;
	/** Hears of each failed question; `stop` ends the watch with its error. */
	readonly onError: (failure: WatchFailure, answered: boolean) => "retry" | "stop";
}

/** Hands over the first result and each that differs from the one before, until the signal. */
export async function followWatch(options: FollowOptions): Promise<void> {
	const { client, definition, clock, random, signal } = options;
	let last: string | undefined;
	const answers = watch((query) => readWatched(client, definition, { ...options.read, ...query }), {
		clock,
		random,
		signal,
		onError: (failure) => options.onError(failure, last !== undefined),
	});
	for await (const { value, index } of answers) {
		const json = watchJson(value);
		// An index covers more than was asked: the same result under a new one is no change.
		if (json === last) continue;
		last = json;
		await options.handle({ json, index, value }, signal);
		if (signal.aborted) return;
	}
}

/** JSON in one line. Flags above 2^53 keep every digit. */
function watchJson(value: unknown): string {
	return encodeJson(value as Encodable);
}
