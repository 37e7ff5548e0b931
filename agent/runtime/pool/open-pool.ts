import { DiscoError, errorCode, errorMessage } from "../../../lib/errors.ts";
import type { RuntimeConfig } from "../../config/index.ts";
import { type LanPool, type LanPoolParts, openLanPool } from "./lan-pool.ts";
import { type RetryJoin, retryJoin } from "./retry-join.ts";

/**
 * The pool, or undefined where there is none: its port is switched off, or something else has it and nobody wants to join
 * anything (several `-dev` agents on one address are what people try out). Fails as `openLanPool` does.
 */
export async function openPool(parts: LanPoolParts): Promise<LanPool | undefined> {
	const { config, logger } = parts;
	const wantsOthers = config.startJoin.length > 0 || config.retryJoin.length > 0;
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

/**
 * Joins what `-join` names (which must work, else `JOIN_FAILED`) and begins with what `-retry-join` names; `onGiveUp` is called
 * when that failed `-retry-max` times.
 */
export async function startJoining(
	pool: LanPool | undefined,
	parts: Pick<LanPoolParts, "clock" | "logger"> & { readonly config: RuntimeConfig; readonly onGiveUp: () => void },
): Promise<RetryJoin | undefined> {
	const { config, clock, logger, onGiveUp } = parts;
	if (pool === undefined) return undefined;
	if (config.startJoin.length > 0) await pool.joinAny(config.startJoin);
	if (config.retryJoin.length === 0) return undefined;
	const retrying = retryJoin({
		addresses: config.retryJoin,
		intervalMs: config.retryIntervalMs,
		attemptsMax: config.retryMax,
		join: (addresses) => pool.joinAny(addresses),
		clock,
		logger,
	});
	retrying.done.catch((error: unknown) => {
		logger.error(`max join retry exhausted, exiting: ${errorMessage(error)}`);
		onGiveUp();
	});
	return retrying;
}
