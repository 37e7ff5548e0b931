import type { Clock } from "../../lib/env/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { type CommandResult, stateMachine } from "../fsm/index.ts";
import type { ReplicatedLog } from "../raft/index.ts";
import type { SnapshotEndpoints } from "./endpoints.ts";
import type { Server } from "./server.ts";
import { decodeArchive, encodeArchive } from "./snapshot-archive.ts";

const pieceSizeBytes = 64 * 1024;
/** Pieces of this size that are encoded without giving way to others; they take some milliseconds. */
const piecesPerSlice = 8;

/** `/v1/snapshot` of this server's state. */
export function snapshotEndpoints(
	server: Server,
	parts: { readonly log: ReplicatedLog<CommandResult>; readonly clock: Clock },
): SnapshotEndpoints {
	const { log, clock } = parts;
	/** One at a time: a restore holds the whole state twice. */
	let restoring: Promise<unknown> = Promise.resolve();

	return {
		async save(options) {
			const taken = await server.read({ ...options, minIndex: 0 }, () => ({
				index: Math.max(1, log.state().appliedIndex),
				value: stateMachine(server.store).snapshot(),
			}));
			const { index } = taken;
			const state = await gather(taken.value, clock);
			return { archive: encodeArchive({ index, term: log.state().term, nowMs: clock.nowMs() }, state), index };
		},
		async restore(archive, options) {
			await server.admit(options);
			const turn = restoring.then(async () => {
				const { meta, state } = await decodeArchive(archive);
				requireOwnForm(state);
				await log.restore({ pieces: cut(state), newestIndex: meta.Index, giveWay: () => nextTurn(clock) });
			});
			// The caller has the error; the next restore only waits.
			restoring = turn.catch(() => undefined);
			return turn;
		},
	};
}

/** The reference's state begins with a MessagePack map, which no version of ours does. */
function requireOwnForm(state: Uint8Array): void {
	if (((state[0] ?? 0) & 0xf0) !== 0x80) return;
	throw new DiscoError(
		"SNAPSHOT_INVALID",
		"the snapshot is one of Consul, whose state disco does not read; carry the keys over with consul kv export and disco kv import",
	);
}

/** All pieces, made in slices: the archive tells the size before the content. */
async function gather(pieces: Iterable<Uint8Array>, clock: Clock): Promise<Uint8Array[]> {
	const gathered: Uint8Array[] = [];
	for (const piece of pieces) {
		gathered.push(piece);
		if (gathered.length % piecesPerSlice === 0) await nextTurn(clock);
	}
	return gathered;
}

function cut(bytes: Uint8Array): Uint8Array[] {
	const pieces: Uint8Array[] = [];
	for (let from = 0; from < bytes.length; from += pieceSizeBytes)
		pieces.push(bytes.subarray(from, from + pieceSizeBytes));
	return pieces;
}

function nextTurn(clock: Clock): Promise<void> {
	return new Promise((resolve) => void clock.after(0, resolve));
}
