import type { Command, CommandResult } from "../fsm/index.ts";
import type { MaybeLater, QueryResult, StateStore, WatchSet } from "../state/index.ts";
import type { Answer, ReadOptions, WriteOptions } from "./endpoints.ts";
import type { Selections } from "./selections.ts";

/** What the families of endpoints are built on: one read and one write, with every rule that all of them share. */
export interface Server {
	readonly store: StateStore;
	readonly selections: Selections;
	/** Waits as `options` say; checks datacenter, leader and consistency. */
	read<Value>(
		options: ReadOptions,
		query: (watchSet: WatchSet | undefined) => MaybeLater<QueryResult<Value>>,
	): Promise<Answer<Value>>;
	/** As `read` once, for what is here without waiting; undefined when that is not allowed or not possible. */
	readNow<Value>(
		options: ReadOptions,
		query: (watchSet: undefined) => MaybeLater<QueryResult<Value>>,
	): Answer<Value> | undefined;
	/** Resolves when the command is durable and applied; fails with what the state machine refused it for. */
	write(options: WriteOptions, command: Command): Promise<boolean>;
	/** As `write`, with all that the command came to. */
	apply(options: WriteOptions, command: Command): Promise<CommandResult & { readonly ok: true }>;
	/** Fails as a read or (without `consistency`) a write would: datacenter, leader. */
	admit(options: WriteOptions & Partial<Pick<ReadOptions, "consistency">>): Promise<void>;
}
