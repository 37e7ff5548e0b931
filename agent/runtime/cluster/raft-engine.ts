import type { Clock, Connection, Disk, Network, Random } from "../../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";
import type { ClusterConfig } from "../../config/index.ts";
import { type CommandResult, stateMachine } from "../../fsm/index.ts";
import { type Peer, RaftLog, StreamTransport, serveRaftStream, type Timings } from "../../raft/index.ts";
import type { Leadership } from "../../rpc/index.ts";
import { StateStore } from "../../state/index.ts";

/** A server's state with the log that it agrees on with others. */
export interface RaftEngine {
	readonly store: StateStore;
	readonly log: RaftLog<CommandResult>;
	readonly leadership: Leadership;
	/** Between two heartbeats at most, in milliseconds. */
	readonly heartbeatPauseMs: number;
	/** Answers Raft's calls on a connection (its first byte is read already). Resolves when it is over. */
	serve(connection: Connection): Promise<void>;
	/** From now on calls of servers for which `reason` has one are not answered; until then none is. */
	refuseCalls(reason: (from: Peer) => string | undefined): void;
	/** Ends the calls to others; the log is closed by itself. */
	close(): void;
}

/** The reference's, for a multiplier of 1 (raft.md, section 5). */
function timingsOf({ raftMultiplier }: ClusterConfig): Timings {
	return {
		heartbeatTimeoutMs: 1_000 * raftMultiplier,
		electionTimeoutMs: 1_000 * raftMultiplier,
		leaderLeaseTimeoutMs: 500 * raftMultiplier,
		commitTimeoutMs: 50,
		callTimeoutMs: 10_000,
	};
}

/** Who calls is not looked for among all members with each call: a leader makes thousands a second. */
const admittedMs = 1_000;

/** Not started: `log.start()` does. */
export function raftEngine(parts: {
	readonly self: Peer;
	readonly config: ClusterConfig;
	/** For the log alone. */
	readonly folder: string;
	readonly clock: Clock;
	readonly random: Random;
	readonly disk: Disk;
	readonly network: Network;
	readonly logger: Logger;
	/** Gives way to others between two slices of woken readers. */
	readonly wakeSlices: (slice: () => void) => void;
}): RaftEngine {
	const { self, config, folder, clock, random, disk, network, logger } = parts;
	const store = new StateStore({ wakeSlices: parts.wakeSlices });
	const transport = new StreamTransport({ network, clock });
	const { snapshotAfterEntries, trailingEntries } = config;
	const observers: ((leads: boolean) => void)[] = [];
	const timings = timingsOf(config);
	let leads = false;
	/** By address; what was said once is not said again. */
	const refused = new Map<string, string>();
	let refusal: (from: Peer) => string | undefined = () => "the pool is not open yet";
	const log = new RaftLog<CommandResult>({
		self,
		clock,
		disk,
		folder,
		random,
		machine: stateMachine(store),
		transport,
		timings,
		...(snapshotAfterEntries === undefined ? {} : { snapshotAfterEntries }),
		...(trailingEntries === undefined ? {} : { trailingEntries }),
		onFailed: (error) => logger.error("the state cannot be written any more", { error: error.message }),
		onSnapshotFailed: (error) => logger.warn("no snapshot could be taken", { error: errorMessage(error) }),
		onProgress: ({ stage, entryCount, ofCount }) =>
			logger.info(`the log is being recovered: entries ${stage}`, {
				entries: entryCount,
				...(ofCount === undefined ? {} : { of: ofCount }),
			}),
		onElected: (term) => logger.info("elected", { term }),
		onLeading: (now) => {
			leads = now;
			logger.info(now ? "this server leads" : "this server leads no more");
			for (const observer of observers) observer(now);
		},
	});
	return {
		store,
		log,
		heartbeatPauseMs: timings.heartbeatTimeoutMs / 5,
		leadership: { leads: () => leads, observe: (observer) => void observers.push(observer) },
		serve: (connection) => {
			let admitted = { id: "", untilMs: 0 };
			return serveRaftStream(connection, {
				self,
				handle: async (request, state) => {
					const { id, address } = request.from;
					const nowMs = clock.monotonicMs();
					if (id === admitted.id && nowMs < admitted.untilMs) return log.handle(request, state);
					const why = refusal(request.from);
					if (why === undefined) {
						admitted = { id, untilMs: nowMs + admittedMs };
						return log.handle(request, state);
					}
					if (refused.get(address) !== why)
						logger.info("calls of another server are not answered", { from: address, why });
					refused.set(address, why);
					throw new DiscoError("PEER_REFUSED", `calls of ${address} are not answered: ${why}`);
				},
			});
		},
		refuseCalls: (reason) => {
			refusal = reason;
		},
		close: () => transport.close(),
	};
}
