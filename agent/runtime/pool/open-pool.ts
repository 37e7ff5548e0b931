import { DiscoError, errorCode, errorMessage } from "../../../lib/errors.ts";
import type { JoinConfig, RuntimeConfig } from "../../config/index.ts";
import { type LanPool, type LanPoolParts, openLanPool } from "./lan-pool.ts";
import { type RetryJoin, retryJoin } from "./retry-join.ts";

/**
 * The pool, or undefined where there is none: its port is switched off, or something else has it and nobody wants to join
 * anything (several `-dev` agents on one address are what people try out). Fails as `openLanPool` does.
 */
export async function openPool(parts: LanPoolParts): Promise<LanPool | undefined> {
	const { config, logger } = parts;
	const wantsOthers = isWanted(config.join);
	if (config.ports.serfLan < 0) {
		if (!wantsOthers) return undefined;
		throw new DiscoError("JOIN_FAILED", "ports.serf_lan is -1: without gossip nobody can be joined");
	}
	try {
		return await openLanPool(parts);
	} catch (error) {
		const isTaken = errorCode(error) === "ADDRESS_IN_USE";
		if (!isTaken || !config.dev || wantsOthers) throw error;
		logger.warn(`this agent is alone: ${errorMessage(error)} (ports.serf_lan)`);
		return undefined;
	}
}

function isWanted({ start, retry }: JoinConfig): boolean {
	return start.length > 0 || retry.length > 0;
}

/**
 * Joins what `-join` and `-join-wan` name (which must work, else `JOIN_FAILED`) and begins with what `-retry-join` and
 * `-retry-join-wan` name; `onGiveUp` is called when that failed `-retry-max` (`-retry-max-wan`) times. The result ends it.
 */
export async function startJoining(
	pool: LanPool | undefined,
	parts: Pick<LanPoolParts, "clock" | "logger"> & { readonly config: RuntimeConfig; readonly onGiveUp: () => void },
): Promise<() => void> {
	const { config, clock, logger, onGiveUp } = parts;
	const wan = config.server ? pool?.wan : undefined;
	if (config.server && wan === undefined && isWanted(config.joinWan))
		throw new DiscoError("JOIN_FAILED", "this server is in no pool of other datacenters' servers (ports.serf_wan)");
	if (!config.server && isWanted(config.joinWan))
		logger.warn("only servers join other datacenters: retry_join_wan and start_join_wan change nothing at this agent");
	const both = [
		{ pool, ...config.join, of: "" },
		{ pool: wan, ...config.joinWan, of: " (WAN)" },
	];
	const retrying: RetryJoin[] = [];
	for (const { pool: joined, start } of both) if (joined !== undefined && start.length > 0) await joined.joinAny(start);
	for (const { pool: joined, retry, retryMax, retryIntervalMs, of } of both) {
		if (joined === undefined || retry.length === 0) continue;
		const each = retryJoin({
			addresses: retry,
			intervalMs: retryIntervalMs,
			beginsSoon: !config.compat,
			attemptsMax: retryMax,
			join: (addresses) => joined.joinAny(addresses),
			clock,
			logger,
		});
		each.done.catch((error: unknown) => {
			logger.error(`max join retry exhausted, exiting${of}: ${errorMessage(error)}`);
			onGiveUp();
		});
		retrying.push(each);
	}
	return () => {
		for (const each of retrying) each.close();
	};
}
