import { DiscoError } from "../../lib/errors.ts";
import type { StateStore, TxnOutcome } from "../state/index.ts";
import { type Command, decodeCommand } from "./command.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot-form.ts";

/**
 * What a command came to. An `error` is part of the agreed outcome (the same on every server): the command changed nothing.
 * `value` is false when a condition did not hold (cas, lock, a transaction with errors), else true. `txn`: of a transaction.
 */
export type CommandResult =
	| { readonly ok: true; readonly value: boolean; readonly txn?: TxnOutcome }
	| { readonly ok: false; readonly error: DiscoError };

/** Carries committed commands into the state store. Fits `agent/raft`'s `StateMachine`. */
export interface StateStoreMachine {
	/** Fails (and with it the log) with `COMMAND_UNKNOWN` when a newer version wrote the command. */
	apply(index: number, command: Uint8Array): CommandResult;
	/** The state as it is now, in pieces of about 64 KiB made as they are asked for; costs nothing until then. */
	snapshot(): Iterable<Uint8Array>;
	/** Replaces the store's content, whatever the pieces; wakes all who wait. Fails with `SNAPSHOT_INVALID`, nothing changed. */
	restore(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void>;
}

export function stateMachine(store: StateStore): StateStoreMachine {
	return {
		apply: (index, command) => applyCommand(store, index, decodeCommand(command)),
		snapshot: () => encodeSnapshot(store.snapshot()),
		restore: async (pieces) => {
			const restore = store.restore();
			await decodeSnapshot(pieces, restore);
			restore.finish();
		},
	};
}

/** The switch over commands; one line per kind. */
function applyCommand(store: StateStore, index: number, command: Command): CommandResult {
	try {
		if (command.kind === "txn") {
			const txn = store.txn(index, command.operations, command.origin);
			return { ok: true, value: txn.errors.length === 0, txn };
		}
		return { ok: true, value: change(store, index, command) };
	} catch (error) {
		// Anything else is a broken invariant and must stop the log.
		if (error instanceof DiscoError) return { ok: false, error };
		throw error;
	}
}

function change(store: StateStore, index: number, command: Exclude<Command, { kind: "txn" }>): boolean {
	switch (command.kind) {
		case "register":
			store.register(index, command.registration);
			return true;
		case "deregister":
			store.deregister(index, command.deregistration);
			return true;
		case "kv":
			return store.kvWrite(index, command.write, command.origin);
		case "session-create":
			store.sessionCreate(index, command.session);
			return true;
		case "session-destroy":
			store.sessionDestroy(index, command.id);
			return true;
		case "query-set":
			store.querySet(index, command.query, command.existing);
			return true;
		case "query-delete":
			store.queryDelete(index, command.id);
			return true;
		case "coordinates":
			store.coordinatesUpdate(index, command.updates);
			return true;
		case "autopilot":
			return store.autopilotSet(index, command.content, command.index);
		case "kv-history-rules":
			store.setKvHistoryRules(command.rules);
			return true;
	}
}
