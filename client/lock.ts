import { DiscoError, errorMessage } from "../lib/errors.ts";
import type { KvClient } from "./kv.ts";
import type { SessionClient } from "./session.ts";

/** Marks the keys so that other tools do not take them for something else; the reference's numbers. */
const lockFlags = 3304740253564472344n;
const semaphoreFlags = 16210313421097356768n;

/** Lives so long without its holder; renewed at half of it. */
const sessionTtlMs = 15_000;
/** A key whose holder's session just ended cannot be taken for a while (lock-delay): it is tried again. */
const retryMs = 1_000;
const waitMs = 15_000;

/** The parts of a client that a lock needs. */
export interface LockingClient {
	readonly kv: KvClient;
	readonly session: SessionClient;
}

/** A lock (one holder) or a semaphore (several) that this process holds. */
export interface HeldLock {
	/** Aborted when it was lost: its session ended, somebody took it away, or the agent was not reached for too long. */
	readonly lost: AbortSignal;
	/** Gives it back, and removes its key when nobody uses it. Idempotent. */
	release(): Promise<void>;
	/** `release`, for `await using`. */
	[Symbol.asyncDispose](): Promise<void>;
}

export interface LockOptions {
	readonly client: LockingClient;
	/** Below it `.lock` is made, and a key for each contender of a semaphore. */
	readonly prefix: string;
	/** How many may hold it at once. */
	readonly holders: number;
	/** Name of the session. */
	readonly name: string;
	/** How often an agent that does not answer is asked again before the lock counts as lost. */
	readonly monitorRetries: number;
	/** Aborted: give up. */
	readonly signal: AbortSignal;
	readonly tell: (text: string) => void;
}

/**
 * Waits until the lock is got; undefined when the signal came first.
 * Fails with `LOCK_CONFLICT` (the key is in use by something else) or the client's errors.
 */
export async function acquireLock(options: LockOptions): Promise<HeldLock | undefined> {
	const { client, name, holders } = options;
	const { signal } = options;
	const wanted = {
		Name: name,
		TTL: `${sessionTtlMs / 1000}s`,
		...(holders > 1 ? { Behavior: "delete" as const } : {}),
	};
	const session = await client.session.create(wanted, { signal }).catch((error: unknown) => {
		if (!signal.aborted) throw error;
		// If the agent has made one all the same, its time-to-live ends it.
		return undefined;
	});
	if (session === undefined) return undefined;
	const renewing = new AbortController();
	const lost = new AbortController();
	const renew = renewSession(client, session, options, renewing.signal, lost);
	const key = `${options.prefix}/.lock`;
	const taking: Taking = { ...options, key, session, contender: `${options.prefix}/${session}` };
	let held = false;
	try {
		held = holders === 1 ? await takeLock(taking) : await takeSemaphore(taking);
	} catch (error) {
		if (!signal.aborted) throw error;
	} finally {
		if (!held) await endSession(taking, renewing, renew);
	}
	if (!held) return undefined;
	const monitoring = new AbortController();
	void monitor(taking, monitoring.signal, lost);
	let released: Promise<void> | undefined;
	const release = () => {
		released ??= (async () => {
			monitoring.abort();
			if (holders === 1) await client.kv.put(key, "", { flags: lockFlags, release: session });
			else await leaveSemaphore(taking);
			await endSession(taking, renewing, renew);
		})();
		return released;
	};
	return { lost: lost.signal, release, [Symbol.asyncDispose]: release };
}

interface Taking extends LockOptions {
	readonly key: string;
	readonly session: string;
	readonly contender: string;
}

/** Kept alive until it is destroyed; a session that is gone means that the lock is, too. */
async function renewSession(
	client: LockingClient,
	session: string,
	{ monitorRetries }: LockOptions,
	signal: AbortSignal,
	lost: AbortController,
): Promise<void> {
	let failures = 0;
	while (!signal.aborted) {
		await pause(failures > 0 ? retryMs : sessionTtlMs / 2, signal);
		if (signal.aborted) return;
		try {
			if ((await client.session.renew(session, { signal })) === undefined) {
				lost.abort();
				return;
			}
			failures = 0;
		} catch {
			failures++;
			if (failures > monitorRetries && !signal.aborted) {
				lost.abort();
				return;
			}
		}
	}
}

async function endSession(taking: Taking, renewing: AbortController, renew: Promise<void>): Promise<void> {
	const { client, session } = taking;
	renewing.abort();
	await renew;
	await client.session.destroy(session).catch(() => undefined);
	await removeIfUnused(taking);
}

async function takeLock({ client, key, session, signal, tell }: Taking): Promise<boolean> {
	let index = 0;
	let refused = false;
	while (!signal.aborted) {
		const { value: pair, index: seen } = await client.kv
			.get(key, { signal, index, waitMs, consistency: "consistent" })
			.catch(unlessAborted(signal));
		if (signal.aborted) return false;
		if (pair !== undefined && BigInt(pair.Flags) !== lockFlags) throw conflict(key, "a lock");
		if (pair?.Session !== undefined && pair.Session !== "") {
			if (index === 0) tell("Another one holds the lock, waiting ...");
			index = seen;
			refused = false;
			continue;
		}
		index = 0;
		// Free, yet refused before: the lock-delay after a session that ended. The first time somebody was faster.
		if (refused) await pause(retryMs, signal);
		if (await client.kv.put(key, "", { flags: lockFlags, acquire: session, signal })) return true;
		refused = true;
	}
	return false;
}

/** Who holds a semaphore, as the value of its key says. */
interface SemaphoreState {
	readonly Limit: number;
	readonly Holders: Readonly<Record<string, boolean>>;
}

async function takeSemaphore(taking: Taking): Promise<boolean> {
	const { client, key, session, contender, holders, signal, prefix, tell } = taking;
	await client.kv.put(contender, "", { flags: semaphoreFlags, acquire: session, signal });
	let index = 0;
	while (!signal.aborted) {
		const { value: pairs, index: seen } = await client.kv
			.list(`${prefix}/`, { signal, index, waitMs, consistency: "consistent" })
			.catch(unlessAborted(signal));
		if (signal.aborted) return false;
		const pair = pairs?.find((each) => each.Key === key);
		if (pair !== undefined && BigInt(pair.Flags) !== semaphoreFlags) throw conflict(key, "a semaphore");
		const state = parseState(pair?.Value ?? null, holders);
		if (state.Limit !== holders) {
			throw new DiscoError(
				"LOCK_CONFLICT",
				`semaphore ${prefix} is for ${state.Limit} holders, not ${holders}; give -n=${state.Limit}`,
			);
		}
		// Only sessions whose contender key is still there are alive.
		const alive = new Set((pairs ?? []).filter((each) => each.Session).map((each) => each.Session));
		const current = Object.keys(state.Holders).filter((holder) => alive.has(holder));
		if (current.length >= holders) {
			if (index === 0) tell(`${holders} others hold the semaphore, waiting ...`);
			index = seen;
			continue;
		}
		const next = { Limit: holders, Holders: Object.fromEntries([...current, session].map((id) => [id, true])) };
		const cas = pair?.ModifyIndex ?? 0;
		if (await client.kv.put(key, JSON.stringify(next), { flags: semaphoreFlags, cas, signal })) return true;
		index = 0;
	}
	return false;
}

async function leaveSemaphore({ client, key, session, contender, holders }: Taking): Promise<void> {
	for (;;) {
		const pair = (await client.kv.get(key, { consistency: "consistent" })).value;
		if (pair === undefined) break;
		const state = parseState(pair.Value, holders);
		if (state.Holders[session] === undefined) break;
		const rest = Object.fromEntries(Object.entries(state.Holders).filter(([id]) => id !== session));
		const value = JSON.stringify({ Limit: state.Limit, Holders: rest });
		if (await client.kv.put(key, value, { flags: semaphoreFlags, cas: pair.ModifyIndex })) break;
	}
	await client.kv.delete(contender);
}

/** Removes the key when nobody holds it; whoever takes it at this moment changes its index, and the delete does nothing. */
async function removeIfUnused({ client, key, prefix, holders }: Taking): Promise<void> {
	try {
		const pairs = (await client.kv.list(`${prefix}/`, { consistency: "consistent" })).value;
		const pair = pairs.find((each) => each.Key === key);
		if (pair === undefined || (pair.Session ?? "") !== "") return;
		if (holders > 1 && pairs.some((each) => (each.Session ?? "") !== "")) return;
		await client.kv.delete(key, { cas: pair.ModifyIndex });
	} catch {
		// The next one who uses it finds an empty key: harmless.
	}
}

/** Follows the key while it is held. */
async function monitor(taking: Taking, signal: AbortSignal, lost: AbortController): Promise<void> {
	const { client, key, session, contender, holders, monitorRetries } = taking;
	const watched = holders === 1 ? key : contender;
	let index = 0;
	let failures = 0;
	while (!signal.aborted && !lost.signal.aborted) {
		try {
			const answer = await client.kv.get(watched, { signal, index, waitMs, consistency: "consistent" });
			failures = 0;
			index = answer.index >= index ? answer.index : 0;
			if (answer.value?.Session !== session) lost.abort();
		} catch {
			failures++;
			index = 0;
			if (failures > monitorRetries && !signal.aborted) lost.abort();
			else await pause(retryMs, signal);
		}
	}
}

function parseState(value: string | null, limit: number): SemaphoreState {
	if (value === null) return { Limit: limit, Holders: {} };
	try {
		const state = JSON.parse(Buffer.from(value, "base64").toString("utf8")) as Partial<SemaphoreState>;
		return { Limit: state.Limit ?? limit, Holders: state.Holders ?? {} };
	} catch (error) {
		throw new DiscoError("LOCK_CONFLICT", `the semaphore's key holds no JSON (${errorMessage(error)}); remove it`);
	}
}

function unlessAborted(signal: AbortSignal): (error: unknown) => { readonly value: undefined; readonly index: 0 } {
	return (error) => {
		if (signal.aborted) return { value: undefined, index: 0 };
		throw error;
	};
}

function conflict(key: string, what: string): DiscoError {
	return new DiscoError("LOCK_CONFLICT", `key ${key} is in use and is not ${what}; choose another prefix`);
}

/** Resolves after `ms` or when the signal comes. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal.aborted) {
			resolve();
			return;
		}
		const done = () => {
			clearTimeout(timer);
			signal.removeEventListener("abort", done);
			resolve();
		};
		const timer = setTimeout(done, ms);
		signal.addEventListener("abort", done, { once: true });
	});
}
