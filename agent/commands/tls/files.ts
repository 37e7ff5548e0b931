import { existsSync, writeFileSync } from "node:fs";
import { DiscoError, errorMessage } from "../../../lib/errors.ts";

/** Certificates are for everybody, keys for nobody else. */
export const certificateMode = 0o644;
export const keyMode = 0o600;

/** Fails with `FILE_EXISTS` when one of them is there: a key is never overwritten. */
export function requireAbsent(...paths: readonly string[]): void {
	for (const path of paths) {
		if (existsSync(path))
			throw new DiscoError("FILE_EXISTS", `${path} exists already; move it away, it is not overwritten`);
	}
}

/** Makes a file that was not there. Fails with `FILE_UNWRITABLE`. */
export function writeNew(path: string, text: string, mode: number): void {
	try {
		writeFileSync(path, text, { mode, flag: "wx" });
	} catch (error) {
		throw new DiscoError("FILE_UNWRITABLE", `${path} cannot be written: ${errorMessage(error)}`);
	}
}
