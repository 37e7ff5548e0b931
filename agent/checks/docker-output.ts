/** Bytes before each piece of a multiplexed stream: which stream, three zeros, the piece's size (big endian). */
const headerBytes = 8;

/**
 * Takes apart the stream of a command in a container (Docker's Engine API, "attach", stream format): `write` gets standard output
 * only, as the reference shows it.
 */
export function createExecOutput(write: (chunk: Buffer) => void): { write(chunk: Buffer): void } {
	let header = Buffer.alloc(0);
	let leftBytes = 0;
	let isOutput = false;
	return {
		write(chunk) {
			let rest = chunk;
			while (rest.length > 0) {
				if (leftBytes === 0) {
					const missing = headerBytes - header.length;
					header = Buffer.concat([header, rest.subarray(0, missing)]);
					rest = rest.subarray(missing);
					if (header.length < headerBytes) return;
					isOutput = header[0] === 1;
					leftBytes = header.readUInt32BE(4);
					header = Buffer.alloc(0);
					continue;
				}
				const piece = rest.subarray(0, leftBytes);
				if (isOutput) write(piece);
				leftBytes -= piece.length;
				rest = rest.subarray(piece.length);
			}
		},
	};
}
