import { readFile } from "node:fs/promises";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import type { CommandIo } from "./command.ts";

/** A value from the command line: `@file`, `-` for standard input, anything else as it stands. Error: `FILE_UNREADABLE`. */
export async function dataArgument(text: string, io: CommandIo): Promise<Buffer> {
	if (text === "-") return io.stdin();
	if (!text.startsWith("@")) return Buffer.from(text);
	try {
		return await readFile(text.slice(1));
	} catch (error) {
		throw new DiscoError("FILE_UNREADABLE", `file ${text.slice(1)} cannot be read: ${errorMessage(error)}`);
	}
}
