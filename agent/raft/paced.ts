/** Pieces that are passed on without giving way to others; of 64 KiB they take some milliseconds to read. */
const piecesPerSlice = 8;

/** The pieces one by one, with a pause in between from time to time. */
export async function* paced(
	pieces: Iterable<Uint8Array>,
	giveWay: () => Promise<void>,
): AsyncGenerator<Uint8Array, void, undefined> {
	let count = 0;
	for (const piece of pieces) {
		yield piece;
		if (++count % piecesPerSlice === 0) await giveWay();
	}
}
