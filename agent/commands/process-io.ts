import { writeSync } from "node:fs";
import { DiscoError, errorCode } from "../../lib/errors.ts";
import type { CommandIo } from "./command.ts";

/** A KV value is at most 512 KiB, an export of many keys larger; beyond this it is a mistake. */
const stdinBytesMax = 512 * 1024 * 1024;

/** The process itself. Output is written before the call returns, so that an exit right after it loses nothing. */
export const processIo: CommandIo = {
	stdout: (text) => writeAll(1, text),
	stderr: (text) => writeAll(2, text),
	async stdin() {
		const chunks: Buffer[] = [];
		let sizeBytes = 0;
		for await (const chunk of process.stdin) {
			chunks.push(chunk as Buffer);
			sizeBytes += (chunk as Buffer).length;
			if (sizeBytes > stdinBytesMax) {
				throw new DiscoError("STDIN_TOO_LARGE", `standard input is larger than ${stdinBytesMax} bytes`);
			}
		}
		return Buffer.concat(chunks);
	},
	env: process.env,
};

function writeAll(fd: number, text: string | Uint8Array): void {
	let rest = typeof text === "string" ? Buffer.from(text) : text;
	while (rest.length > 0) {
		try {
			rest = rest.subarray(writeSync(fd, rest));
		} catch (error) {
			// The pipe is full and does not block: wait a moment for its reader.
			if (errorCode(error) === "EAGAIN") {
				Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
				continue;
			}
			// The reader has gone (`disco kv get ... | head`): nobody wants the rest.
			if (errorCode(error) === "EPIPE") return;
			throw error;
		}
	}
}
