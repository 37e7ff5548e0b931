import { type Client, kvBytes, type ReadResult, watch } from "../client/index.ts";
import type { Clock, Random } from "../lib/env/index.ts";
import type { DiscoError } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import type { Config } from "./config.ts";
import type { SourceAnswer } from "./environment.ts";
import type { PrefixSource, ServiceSource, Source } from "./source.ts";

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
	readonly onFailure: (error: DiscoError) => void;
}): SourceWatcher {
	const { config, logger, clock, random } = options;
	const closing = new AbortController();
	const follow = async (source: Source) => {
		const answers = watch((query) => readSource(options.client, source, query, config.maxStaleMs), {
			clock,
			random,
			signal: closing.signal,
			backoff: config.retry,
			onError({ error, attempt, retryInMs }) {
				if (config.once && (attempt >= config.retry.attemptsMax || !error.retryable)) return "stop";
				logger.warn(`${error.message}; retrying`, { source: source.id, attempt, in_ms: Math.round(retryInMs) });
				return "retry";
			},
		});
		for await (const { value } of answers) {
			options.onAnswer(source.id, value);
			if (config.once) return;
		}
	};
	for (const source of config.sources) follow(source).catch(options.onFailure);
	return { close: () => closing.abort() };
}

/** A stale read first: any server may answer, unless it is too far behind. */
async function readSource(
	client: Client,
	source: Source,
	query: { readonly index: number; readonly waitMs: number; readonly signal: AbortSignal },
	maxStaleMs: number,
) {
	const read = async (consistency: "stale" | "default") => {
		const options = {
			...query,
			consistency,
			...(source.datacenter === undefined ? {} : { datacenter: source.datacenter }),
		};
		return source.kind === "prefix" ? readPrefix(client, source, options) : readService(client, source, options);
	};
	if (maxStaleMs <= 0) return read("default");
	const answer = await read("stale");
	return answer.lastContactMs > maxStaleMs ? read("default") : answer;
}

type Query = Parameters<Client["kv"]["list"]>[1];

async function readPrefix(client: Client, source: PrefixSource, query: Query): Promise<ReadResult<SourceAnswer>> {
	const answer = await client.kv.list(source.prefix, query);
	const pairs = answer.value.map((pair) => ({ key: pair.Key, value: kvBytes(pair) }));
	return { ...answer, value: { kind: "prefix", source, pairs } };
}

async function readService(client: Client, source: ServiceSource, query: Query): Promise<ReadResult<SourceAnswer>> {
	const answer = await client.catalog.service(source.name, {
		...query,
		...(source.tag === undefined ? {} : { tags: [source.tag] }),
		...(source.near === undefined ? {} : { near: source.near }),
	});
	return { ...answer, value: { kind: "service", source, instances: answer.value } };
}
