import { assert, DiscoError } from "../../lib/errors.ts";
import type { StoredSnapshot } from "./raft-store.ts";
import type { StateStream } from "./raft-transport.ts";

/** Between servers a snapshot's state is preceded by how far the state machine's indexes are ahead (8 bytes). */
const headBytes = 8;

export function stateStream({ head, pieces }: StoredSnapshot): StateStream {
	const first = new Uint8Array(headBytes);
	new DataView(first.buffer).setBigUint64(0, BigInt(head.indexOffset));
	const all = [first, ...pieces];
	return { sizeBytes: all.reduce((sum, piece) => sum + piece.length, 0), pieces: all };
}

/** Gathers what arrives. Fails with `SNAPSHOT_INVALID` when it ends early, or as `chunks` does. */
export async function receiveState(
	chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly indexOffset: number; readonly pieces: Uint8Array[] }> {
	const pieces: Uint8Array[] = [];
	const head = new Uint8Array(headBytes);
	let have = 0;
	for await (const chunk of chunks) {
		const headPart = chunk.subarray(0, Math.max(0, headBytes - have));
		head.set(headPart, have);
		have += headPart.length;
		// A copy: the chunk is a view into a buffer that is used again.
		if (chunk.length > headPart.length) pieces.push(chunk.slice(headPart.length));
	}
	if (have < headBytes) throw new DiscoError("SNAPSHOT_INVALID", "the snapshot of the leader ended early");
	const indexOffset = Number(new DataView(head.buffer).getBigUint64(0));
	assert(Number.isSafeInteger(indexOffset), "indexes are whole numbers");
	return { indexOffset, pieces };
}
