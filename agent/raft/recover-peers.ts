import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { assertValid, type Configuration, type Restored } from "./core/index.ts";
import type { RaftStore, SnapshotHead, StoredSnapshot, StoreOptions } from "./raft-store.ts";
import type { StateMachine } from "./replicated-log.ts";
import { RestoreGathering } from "./restore-entries.ts";

interface Opened {
	readonly store: RaftStore;
	readonly restored: Restored;
	readonly snapshot: StoredSnapshot | undefined;
}

/**
 * A cluster that lost its majority for good is begun anew by hand: `peers.json` in the log's folder, the same on each server
 * that is left (`[{"id", "address", "non_voter"}]`), becomes the configuration; everything in the log counts as committed. The
 * result is a snapshot, after which the file is removed: a crash in between repeats the recovery.
 *
 * Fails with `PEERS_INVALID`.
 */
export async function recoverPeers<Result>(
	options: StoreOptions & { readonly machine: StateMachine<Result> },
	opened: Opened,
	open: () => Promise<Opened>,
): Promise<Opened> {
	const { disk, folder, machine } = options;
	const path = `${folder}/peers.json`;
	const content = await disk.read(path);
	if (content === undefined) return opened;
	const configuration = parsePeers(path, new TextDecoder().decode(content));
	const { store, restored, snapshot } = opened;
	const last = restored.entries.at(-1) ?? restored.snapshot;
	if (last === undefined)
		throw invalid(path, "there is no log to recover here; remove the file, or begin the cluster with bootstrap_expect");
	if (snapshot !== undefined) await machine.restore(snapshot.pieces);
	let indexOffset = snapshot?.head.indexOffset ?? 0;
	const gathering = new RestoreGathering();
	for (const entry of restored.entries) {
		if (entry.index <= (snapshot?.head.index ?? 0)) continue;
		if (entry.type === "command") machine.apply(entry.index + indexOffset, entry.data);
		if (entry.type === "no-op") gathering.abandon();
		const whole = entry.type === "restore" ? gathering.add(entry.data) : undefined;
		if (whole === undefined) continue;
		await machine.restore(whole.pieces);
		indexOffset = Math.max(indexOffset, whole.newestIndex + 1 - entry.index);
	}
	const head: SnapshotHead = {
		index: last.index,
		term: last.term,
		configuration,
		configurationIndex: last.index,
		indexOffset,
	};
	await store.recoverSnapshot(head, machine.snapshot());
	await disk.remove(path);
	await store.close();
	return open();
}

function parsePeers(path: string, text: string): Configuration {
	try {
		const list = JSON.parse(text) as unknown;
		if (!Array.isArray(list)) throw new Error("it is no list");
		const configuration = { servers: list.map(parsePeer) };
		assertValid(configuration);
		return configuration;
	} catch (error) {
		throw invalid(path, errorMessage(error));
	}
}

function parsePeer(given: unknown, at: number): Configuration["servers"][number] {
	const peer = (given ?? {}) as { readonly id?: unknown; readonly address?: unknown; readonly non_voter?: unknown };
	const { id, address, non_voter: nonVoter = false } = peer;
	if (typeof id !== "string" || typeof address !== "string" || typeof nonVoter !== "boolean")
		throw new Error(`server ${at + 1} needs "id" and "address" as text (and "non_voter" as true or false)`);
	return { id, address, voter: !nonVoter };
}

function invalid(path: string, why: string): DiscoError {
	return new DiscoError(
		"PEERS_INVALID",
		`${path}: ${why}; wanted a list such as [{"id": "NODE-ID", "address": "10.0.0.1:8300", "non_voter": false}]`,
	);
}
