import { acquireLock, type Client, type HeldLock } from "../client/index.ts";
import type { Clock } from "../lib/env/index.ts";
import { DiscoError, errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import type { ReadyProbe } from "./ready.ts";

/** How a fleet of programs with the same sources is restarted. */
export interface RollingConfig {
	/** KV path; whoever names the same one waits for each other. */
	readonly lock: string;
	/** How many of them may be restarting at once. */
	readonly limit: number;
	readonly ready: ReadyProbe | undefined;
	readonly readyTimeoutMs: number;
	/** So many children that did not become ready stop the wave: the others keep what they have. */
	readonly abortAfter: number;
}

/** The right to restart now. */
export interface Turn {
	/** Too many restarts with what the sources say in `version` have failed. */
	stopped(version: string): Promise<boolean>;
	/** The restart with `version` has failed. Gives how many have by now. */
	failed(version: string): Promise<number>;
	/** Lets the next one restart. Never fails. */
	end(): Promise<void>;
}

const retryMs = 2_000;
/** Waves remembered; older ones are forgotten. */
const wavesMax = 16;
/** Tries to write when others write at the same time. */
const casTriesMax = 20;

interface Wave {
	readonly id: string;
	readonly failed: number;
}

/** Waits for the turn, whatever fails meanwhile; undefined when `signal` came first. */
export async function takeTurn(options: {
	readonly client: Client;
	readonly config: RollingConfig;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly signal: AbortSignal;
}): Promise<Turn | undefined> {
	const { client, config, clock, logger, signal } = options;
	while (!signal.aborted) {
		try {
			const held = await acquireLock({
				client,
				prefix: config.lock,
				holders: config.limit,
				name: `disco-env restart at ${config.lock}`,
				monitorRetries: 3,
				signal,
				tell: (text) => logger.info(text, { lock: config.lock }),
			});
			if (held !== undefined) return turnWith(held, client, config.lock, config.abortAfter);
		} catch (error) {
			if (signal.aborted) break;
			logger.warn(`restart-lock ${config.lock}: ${errorMessage(error)}; retrying`);
			await new Promise<void>((resolve) => void clock.after(retryMs, resolve));
		}
	}
	return undefined;
}

function turnWith(held: HeldLock, client: Client, lock: string, abortAfter: number): Turn {
	const key = `${lock}/.waves`;
	const read = async (): Promise<{ readonly waves: readonly Wave[]; readonly cas: number }> => {
		const pair = (await client.kv.get(key, { consistency: "consistent" })).value;
		return { waves: parseWaves(pair?.Value ?? null), cas: pair?.ModifyIndex ?? 0 };
	};
	return {
		async stopped(version) {
			const id = await waveId(version);
			const wave = (await read()).waves.find((each) => each.id === id);
			return wave !== undefined && wave.failed >= abortAfter;
		},
		async failed(version) {
			const id = await waveId(version);
			for (let tries = 0; tries < casTriesMax; tries++) {
				const { waves, cas } = await read();
				const failed = (waves.find((each) => each.id === id)?.failed ?? 0) + 1;
				const next = [...waves.filter((each) => each.id !== id), { id, failed }].slice(-wavesMax);
				if (await client.kv.put(key, JSON.stringify(next), { cas })) return failed;
			}
			throw new DiscoError("WAVE_NOT_WRITTEN", `key ${key} is written by others all the time`);
		},
		end: () => held.release().catch(() => undefined),
	};
}

/** Short, and the same for everybody who has heard the same. */
async function waveId(version: string): Promise<string> {
	const { createHash } = await import("node:crypto");
	return createHash("sha256").update(version).digest("hex").slice(0, 32);
}

/** What cannot be read counts as empty: nobody is kept from restarting by a key that somebody has spoilt. */
function parseWaves(base64: string | null): readonly Wave[] {
	try {
		const waves = JSON.parse(Buffer.from(base64 ?? "", "base64").toString("utf8")) as unknown;
		if (!Array.isArray(waves)) return [];
		return waves.filter((wave): wave is Wave => typeof wave?.id === "string" && typeof wave?.failed === "number");
	} catch {
		return [];
	}
}
