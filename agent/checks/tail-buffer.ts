/** Keeps the last `sizeBytesMax` bytes of a stream and counts all of them: what a check shows of a long output is its end. */
export interface TailBuffer {
	/** Bytes given so far. */
	readonly writtenBytes: number;
	write(chunk: Uint8Array): void;
	text(): string;
}

export function createTailBuffer(sizeBytesMax: number): TailBuffer {
	let kept = Buffer.alloc(0);
	let writtenBytes = 0;
	return {
		get writtenBytes() {
			return writtenBytes;
		},
		write(chunk) {
			writtenBytes += chunk.length;
			const joined = chunk.length >= sizeBytesMax ? Buffer.from(chunk) : Buffer.concat([kept, chunk]);
			kept = joined.length > sizeBytesMax ? joined.subarray(joined.length - sizeBytesMax) : joined;
		},
		text: () => kept.toString("utf8"),
	};
}

/** What was kept; when more was written, with both sizes before it, as the reference shows long outputs. */
export function capturedText(buffer: TailBuffer): string {
	const kept = buffer.text();
	const keptBytes = Buffer.byteLength(kept);
	return buffer.writtenBytes > keptBytes ? `Captured ${keptBytes} of ${buffer.writtenBytes} bytes\n...\n${kept}` : kept;
}
