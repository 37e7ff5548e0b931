import { errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log/index.ts";
import { nodeDisk, nodeRandom } from "../../lib/node/index.ts";
import { type CommandResult, stateMachine } from "../fsm/index.ts";
import { LocalLog, MemoryLog, type ReplicatedLog } from "../raft/index.ts";
import { StateStore } from "../state/index.ts";

/** A server's state with the log that feeds it. */
export interface StateEngine {
	readonly store: StateStore;
	readonly log: ReplicatedLog<CommandResult>;
}

/** State in memory only (`-dev`). */
export function memoryEngine(): StateEngine {
	const store = new StateStore({ wakeSlices: (slice) => setImmediate(slice) });
	return { store, log: new MemoryLog({ machine: stateMachine(store) }) };
}

/** State that survives a crash, in the data folder. */
export function diskEngine(folder: string, logger: Logger): StateEngine {
	const store = new StateStore({ wakeSlices: (slice) => setImmediate(slice) });
	const log = new LocalLog({
		disk: nodeDisk,
		folder: `${folder}/raft`,
		random: nodeRandom,
		machine: stateMachine(store),
		onFailed: (error) => logger.error("the state cannot be written any more", { error: error.message }),
		onSnapshotFailed: (error) => logger.warn("no snapshot could be taken", { error: errorMessage(error) }),
	});
	return { store, log };
}
