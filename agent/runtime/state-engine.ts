import { join } from "node:path";
import type { Network } from "../../lib/env/index.ts";
import type { Logger } from "../../lib/log/index.ts";
import { nodeClock, nodeDisk, nodeRandom } from "../../lib/node/index.ts";
import type { RuntimeConfig } from "../config/index.ts";
import { type CommandResult, stateMachine } from "../fsm/index.ts";
import { MemoryLog, type Peer, type ReplicatedLog } from "../raft/index.ts";
import { StateStore } from "../state/index.ts";
import { type RaftEngine, raftEngine } from "./cluster/index.ts";

/** A server's state with the log that feeds it. */
export interface StateEngine {
	readonly store: StateStore;
	readonly log: ReplicatedLog<CommandResult>;
	/** Absent where the state is in memory. */
	readonly raft?: RaftEngine;
}

const wakeSlices = (slice: () => void) => void setImmediate(slice);

/** The engine of this server, not started: in memory with `-dev`, Raft otherwise, whether others are there or not. */
export function openEngine(
	config: RuntimeConfig,
	self: Peer,
	{ network, logger }: { readonly network: Network; readonly logger: Logger },
): StateEngine {
	if (config.dev || config.dataFolder === "") return memoryEngine();
	const engine = raftEngine({
		self,
		config: config.cluster,
		folder: join(config.dataFolder, "raft"),
		clock: nodeClock,
		random: nodeRandom,
		disk: nodeDisk,
		network,
		logger,
		wakeSlices,
	});
	return { store: engine.store, log: engine.log, raft: engine };
}

/** State in memory only (`-dev`). */
export function memoryEngine(): StateEngine {
	const store = new StateStore({ wakeSlices });
	return { store, log: new MemoryLog({ machine: stateMachine(store) }) };
}
