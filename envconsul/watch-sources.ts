import { type Client, kvBytes, type ReadResult, watch } from "../client/index.ts";
import type { KvPair, ServiceEntry } from "../lib/api/index.ts";
import type { Clock, Random } from "../lib/env/index.ts";
import type { DiscoError } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import type { Config } from "./config.ts";
import type { Pair, SourceAnswer } from "./environment.ts";
import { chooseInstance, type Instance } from "./service-links.ts";
import type { KeySource, LinksSource, PrefixSource, ServiceSource, Source } from "./source.ts";

export interface SourceWatcher {
	/** Ends the reads under way. Idempotent. */
	close(): void;
}

/**
 * Follows every source by blocking queries. `onAnswer` gets each source's first answer and then each under a new index.
 *
 * As a daemon it retries for ever, whatever the error: the child goes on with what it has. With `once` it reads each source once,
 * and `onFailure` hears when the configured attempts are used up or trying again cannot help.
 */
export function watchSources(options: {
	readonly client: Client;
	readonly config: Config;
	readonly clock: Clock;
	readonly random: Pick<Random, "next">;
	readonly logger: Logger;
	readonly onAnswer: (id: string, answer: SourceAnswer) => void;
	/** Hears of each failed read that will be tried again. */
	readonly onTrouble: () => void;
	readonly onFailure: (error: DiscoError) => void;
}): SourceWatcher {
	const { config, logger, clock, random } = options;
	const closing = new AbortController();
	const follow = async (source: Source) => {
		let answered = false;
		let instance: Instance | undefined;
		const answers = watch((query) => readSource(options.client, source, query, config.maxStaleMs), {
			clock,
			random,
			signal: closing.signal,
			backoff: config.retry,
			onError({ error, attempt, retryInMs }) {
				if (source.kind === "prefix" && source.optional === true && !error.retryable) {
					// What it held before counts until it can be read again.
					if (!answered) options.onAnswer(source.id, { kind: "prefix", source, pairs: [] });
					answered = true;
					if (config.once) return "stop";
				}
				options.onTrouble();
				if (config.once && (attempt >= config.retry.attemptsMax || !error.retryable)) return "stop";
				logger.warn(`${error.message}; retrying`, { source: source.id, attempt, in_ms: Math.round(retryInMs) });
				return "retry";
			},
		});
		for await (const { value } of answers) {
			let answer: SourceAnswer;
			if (value.kind === "entries") {
				const chosen = chooseInstance(value.entries, instance);
				if (chosen === undefined) {
					logger.warn("no instance is healthy: waiting for one", { source: source.id });
					continue;
				}
				instance = chosen;
				answer = { kind: "links", source: value.source, instance };
			} else answer = value;
			answered = true;
			options.onAnswer(source.id, answer);
			if (config.once) return;
		}
	};
	for (const source of config.sources) {
		follow(source).catch((error: DiscoError) => {
			// Was answered for: see onError.
			if (!(source.kind === "prefix" && source.optional === true && !error.retryable)) options.onFailure(error);
		});
	}
	return { close: () => closing.abort() };
}

/** A stale read first: any server may answer, unless it is too far behind. */
async function readSource(
	client: Client,
	source: Source,
	query: { readonly index: number; readonly waitMs: number; readonly signal: AbortSignal },
	maxStaleMs: number,
): Promise<ReadResult<SourceAnswer | Entries>> {
	const read = async (consistency: "stale" | "default"): Promise<ReadResult<SourceAnswer | Entries>> => {
		const options = {
			...query,
			consistency,
			...(source.datacenter === undefined ? {} : { datacenter: source.datacenter }),
		};
		switch (source.kind) {
			case "prefix":
				return readPrefix(client, source, options);
			case "service":
				return readService(client, source, options);
			case "key":
				return readKey(client, source, options);
			case "links":
				return readInstances(client, source, options);
		}
	};
	if (maxStaleMs <= 0) return read("default");
	const answer = await read("stale");
	return answer.lastContactMs > maxStaleMs ? read("default") : answer;
}

type Query = Parameters<Client["kv"]["list"]>[1];

async function readPrefix(client: Client, source: PrefixSource, query: Query): Promise<ReadResult<SourceAnswer>> {
	const answer = await client.kv.list(source.prefix, query);
	return { ...answer, value: { kind: "prefix", source, pairs: answer.value.map(pairOf) } };
}

function pairOf(pair: KvPair): Pair {
	return { key: pair.Key, value: kvBytes(pair), modifyIndex: pair.ModifyIndex };
}

async function readKey(client: Client, source: KeySource, query: Query): Promise<ReadResult<SourceAnswer>> {
	const answer = await client.kv.get(source.key, query);
	return { ...answer, value: { kind: "key", source, pair: answer.value && pairOf(answer.value) } };
}

/** The healthy instances of a service, of which one is chosen. */
interface Entries {
	readonly kind: "entries";
	readonly source: LinksSource;
	readonly entries: readonly ServiceEntry[];
}

async function readInstances(client: Client, source: LinksSource, query: Query): Promise<ReadResult<Entries>> {
	const answer = await client.health.service(source.name, {
		...query,
		passing: true,
		...(source.tag === undefined ? {} : { tags: [source.tag] }),
	});
	return { ...answer, value: { kind: "entries", source, entries: answer.value } };
}

async function readService(client: Client, source: ServiceSource, query: Query): Promise<ReadResult<SourceAnswer>> {
	const answer = await client.catalog.service(source.name, {
		...query,
		...(source.tag === undefined ? {} : { tags: [source.tag] }),
		...(source.near === undefined ? {} : { near: source.near }),
	});
	return { ...answer, value: { kind: "service", source, instances: answer.value } };
}
