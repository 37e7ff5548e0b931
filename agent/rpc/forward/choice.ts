import { type Clock, type Random, shuffle } from "../../../lib/env/index.ts";
import { DiscoError, errorCode, errorMessage } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";
import { methods } from "../wire/methods.ts";
import type { CalledMethod } from "../wire/rpc.ts";
import type { Caller, CallKind } from "./caller.ts";
import { createHold, isUnreachable, mayTryAgain } from "./hold.ts";
import { createLeaderChoice } from "./leader-choice.ts";
import { createRememberedAnswers } from "./remembered-answers.ts";
import type { Servers } from "./servers.ts";

/** A call without a wait may take this long; one with a wait that and a sixteenth of the wait longer (the server's jitter). */
const callTimeoutMs = 60_000;
const waitGraceMs = 7_000;
/** Another server is chosen each two to three minutes, more rarely in large datacenters: 64 agents a second and server. */
const rebalanceMsMin = 120_000;
const rebalancesPerSecond = 64;
const pingTimeoutMs = 5_000;
/** The pool is not looked through for servers with each call: it may have thousands of members. */
const serversAgeMsMax = 100;

export function timeoutMsOf(waitMs: number): number {
	return waitMs === 0 ? callTimeoutMs : waitMs + waitMs / 16 + waitGraceMs;
}

export interface ChoosingParts {
	readonly datacenter: string;
	readonly connections: Servers;
	readonly clock: Clock;
	readonly random: Random;
	readonly logger: Logger;
	/** `host:port` of every server that is said to be alive. */
	readonly servers: () => readonly string[];
	/** Agents in the datacenter. */
	readonly memberCount?: () => number;
	readonly holdTimeoutMs: number;
}

export interface ChoosingCaller extends Caller {
	close(): void;
}

/**
 * A client's calls go to one server, the first of a shuffled list; one that cannot be reached, or knows no leader, goes to its
 * end. The list is shuffled
 * anew from time to time, so that agents spread over servers that come. What only the leader answers goes to the leader while that is
 * known and answers: the server in front would pass it on.
 */
export function createChoosingCaller(parts: ChoosingParts): ChoosingCaller {
	const { connections, clock, random, logger } = parts;
	const hold = createHold(parts);
	const leader = createLeaderChoice({ ...parts, servers: current });
	let order: readonly string[] = [];
	let orderedMs = Number.NEGATIVE_INFINITY;
	let timer = clock.after(nextRebalanceMs(), rebalance);

	/** The known servers in the order of preference: those that stayed as they were, new ones at random places. */
	function current(): readonly string[] {
		const nowMs = clock.monotonicMs();
		if (nowMs - orderedMs < serversAgeMsMax && order.length > 0) return order;
		orderedMs = nowMs;
		const known = parts.servers();
		if (known.length === order.length && order.every((each) => known.includes(each))) return order;
		const stayed = order.filter((each) => known.includes(each));
		order = [
			...stayed,
			...shuffle(
				known.filter((each) => !stayed.includes(each)),
				random,
			),
		];
		connections.keepOnly(order);
		return order;
	}

	function moveToEnd(address: string): void {
		if (order[0] === address) order = [...order.slice(1), address];
	}

	function nextRebalanceMs(): number {
		const servers = Math.max(1, parts.servers().length);
		const spreadMs = ((parts.memberCount?.() ?? 0) / servers / rebalancesPerSecond) * 1000;
		return Math.max(rebalanceMsMin * (1 + random.next() / 2), spreadMs);
	}

	function rebalance(): void {
		timer = clock.after(nextRebalanceMs(), rebalance);
		void chooseAnew();
	}

	/** The first that answers of a new order stays in front. */
	async function chooseAnew(): Promise<void> {
		const shuffled = shuffle(current(), random);
		for (const address of shuffled) {
			try {
				await connections.call(address, methods.ping, {}, { timeoutMs: pingTimeoutMs });
				order = [address, ...shuffled.filter((each) => each !== address)];
				return;
			} catch (error) {
				logger.debug("a server does not answer a ping", { server: address, error: errorMessage(error) });
			}
		}
	}

	/** Fails with `SERVERS_UNKNOWN`. */
	function chosen(): string {
		const [address] = current();
		if (address !== undefined) return address;
		throw new DiscoError("SERVERS_UNKNOWN", "no server is known: this agent is none itself", { retryable: true });
	}

	return {
		datacenter: parts.datacenter,
		memory: createRememberedAnswers(),
		address: chosen,
		call<Argument, Reply>(method: CalledMethod<Argument, Reply>, argument: Argument, kind: CallKind): Promise<Reply> {
			const callOptions = { timeoutMs: timeoutMsOf(kind.waitMs), signal: kind.signal };

			async function ask(address: string): Promise<Reply> {
				try {
					return await connections.call(address, method, argument, callOptions);
				} catch (error) {
					if (isUnreachable(error))
						logger.warn("a server does not answer; the next one is asked", {
							server: address,
							method: method.name,
							error: errorMessage(error),
						});
					// Without a leader it may be cut off from the others, which have one.
					if (isUnreachable(error) || errorCode(error) === "NO_LEADER") moveToEnd(address);
					throw error;
				}
			}

			async function askLeader(address: string): Promise<Reply> {
				try {
					return await ask(address);
				} catch (error) {
					if (isUnreachable(error) || errorCode(error) === "NO_LEADER") leader.failed();
					if (!mayTryAgain(error, kind.isRead)) throw error;
				}
				return ask(chosen());
			}

			return hold.run(() => {
				const address = kind.isForLeader === true ? leader.current() : undefined;
				return address === undefined ? ask(chosen()) : askLeader(address);
			}, kind);
		},
		close: () => timer.cancel(),
	};
}
