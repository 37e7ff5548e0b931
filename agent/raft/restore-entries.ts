import { assert } from "../../lib/errors.ts";

/**
 * A snapshot from elsewhere goes through the log like everything else, in parts: every server replaces its state at the same
 * entry, and a leader that fails on the way has changed nothing. First byte: 0 begin, 1 a piece, 2 end (with the newest index
 * of the state, 8 bytes).
 */
const pieceBytesMax = 512 * 1024;

export function* restoreCommands(pieces: Iterable<Uint8Array>, newestIndex: number): Generator<Uint8Array> {
	yield Uint8Array.of(0);
	for (const piece of pieces)
		for (let at = 0; at < piece.length; at += pieceBytesMax) {
			const part = piece.subarray(at, at + pieceBytesMax);
			const command = new Uint8Array(1 + part.length);
			command[0] = 1;
			command.set(part, 1);
			yield command;
		}
	const end = new Uint8Array(9);
	end[0] = 2;
	new DataView(end.buffer).setBigUint64(1, BigInt(newestIndex));
	yield end;
}

/** Gathers the parts as they are applied. A begin forgets what came before, and so does the entry of a new leader. */
export class RestoreGathering {
	#pieces: Uint8Array[] | undefined;

	/** No snapshot is taken meanwhile: it would not hold the parts. */
	get active(): boolean {
		return this.#pieces !== undefined;
	}

	abandon(): void {
		this.#pieces = undefined;
	}

	/** The whole, when this part was its end. */
	add(command: Uint8Array): { readonly pieces: readonly Uint8Array[]; readonly newestIndex: number } | undefined {
		const [kind] = command;
		if (kind === 0) this.#pieces = [];
		else if (kind === 1) this.#pieces?.push(command.subarray(1));
		else {
			assert(kind === 2, "a restore entry is a begin, a piece or an end");
			const pieces = this.#pieces;
			this.#pieces = undefined;
			if (pieces === undefined) return undefined;
			const newestIndex = new DataView(command.buffer, command.byteOffset).getBigUint64(1);
			return { pieces, newestIndex: Number(newestIndex) };
		}
		return undefined;
	}
}
