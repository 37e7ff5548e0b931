import { join } from "node:path";
import type { Network } from "../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log/index.ts";
import { nodeClock, nodeDisk, nodeRandom } from "../../lib/node/index.ts";
import type { RuntimeConfig } from "../config/index.ts";
import { type CommandResult, stateMachine } from "../fsm/index.ts";
import { LocalLog, layoutOf, MemoryLog, type Peer, type ReplicatedLog } from "../raft/index.ts";
import { StateStore } from "../state/index.ts";
import { type RaftEngine, raftEngine } from "./cluster/index.ts";

/** A server's state with the log that feeds it. */
export interface StateEngine {
	readonly store: StateStore;
	readonly log: ReplicatedLog<CommandResult>;
	/** Of a server among others. */
	readonly raft?: RaftEngine;
}

const wakeSlices = (slice: () => void) => void setImmediate(slice);

/**
 * The engine of this server, not started: in memory with `-dev`, for one server with `-bootstrap`, Raft otherwise. A folder that
 * was begun with one is opened with it again. Fails with `LOG_FORMAT_UNKNOWN` when other servers are expected by one that was alone.
 */
export async function openEngine(
	config: RuntimeConfig,
	self: Peer,
	{ network, logger }: { readonly network: Network; readonly logger: Logger },
): Promise<StateEngine> {
	if (config.dev || config.dataFolder === "") return memoryEngine();
	const folder = join(config.dataFolder, "raft");
	const kept = await keptEngine(folder);
	if (kept === "local" && config.bootstrapExpect > 0) {
		throw new DiscoError(
			"LOG_FORMAT_UNKNOWN",
			`${folder} is of a server that stood alone, which bootstrap_expect = ${config.bootstrapExpect} cannot go on with; save its state (disco snapshot save), begin with an empty folder and restore it there`,
		);
	}
	if (kept === "local" || (kept === undefined && config.bootstrap)) return diskEngine(folder, logger);
	const engine = raftEngine({
		self,
		config: config.cluster,
		folder,
		clock: nodeClock,
		random: nodeRandom,
		disk: nodeDisk,
		network,
		logger,
		wakeSlices,
	});
	return { store: engine.store, log: engine.log, raft: engine };
}

/** Which engine has begun the folder. */
async function keptEngine(folder: string): Promise<"local" | "raft" | undefined> {
	const layout = await layoutOf(nodeDisk, folder);
	if (layout === undefined) return undefined;
	return layout.startsWith("disco-raft ") ? "raft" : "local";
}

/** State in memory only (`-dev`). */
export function memoryEngine(): StateEngine {
	const store = new StateStore({ wakeSlices });
	return { store, log: new MemoryLog({ machine: stateMachine(store) }) };
}

/** State of one server that survives a crash, in the data folder. */
function diskEngine(folder: string, logger: Logger): StateEngine {
	const store = new StateStore({ wakeSlices });
	const log = new LocalLog({
		disk: nodeDisk,
		folder,
		random: nodeRandom,
		machine: stateMachine(store),
		onFailed: (error) => logger.error("the state cannot be written any more", { error: error.message }),
		onSnapshotFailed: (error) => logger.warn("no snapshot could be taken", { error: errorMessage(error) }),
	});
	return { store, log };
}
