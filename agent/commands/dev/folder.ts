import { mkdirSync, readFileSync, rmdirSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DiscoError, errorCode, errorMessage } from "../../../lib/errors.ts";

/**
 * Makes the folder for the rendered file and marks it as ours. Gives what removes it again.
 *
 * Fails with `FOLDER_UNUSABLE` or `FOLDER_IN_USE` (another `disco dev` renders into it).
 */
export function takeFolder(folder: string): () => void {
	const mark = join(folder, "pid");
	try {
		mkdirSync(folder, { recursive: true });
		const holder = Number(readOr(mark, "0"));
		if (holder > 0 && holder !== process.pid && isRunning(holder)) {
			throw new DiscoError(
				"FOLDER_IN_USE",
				`folder ${folder} is used by another disco dev (process id ${holder}); stop it, or give another -folder`,
			);
		}
		writeFileSync(mark, `${process.pid}\n`);
	} catch (error) {
		if (error instanceof DiscoError) throw error;
		throw new DiscoError(
			"FOLDER_UNUSABLE",
			`folder ${folder} cannot be used: ${errorMessage(error)}; give another -folder`,
		);
	}
	return () => {
		for (const name of ["haproxy.cfg", "pid"]) ignoring(() => unlinkSync(join(folder, name)));
		// Only if nothing else is in it: what somebody put there stays.
		ignoring(() => rmdirSync(folder));
	};
}

function readOr(path: string, otherwise: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return otherwise;
	}
}

function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return errorCode(error) === "EPERM";
	}
}

function ignoring(work: () => void): void {
	try {
		work();
	} catch {
		// Not there, or not empty.
	}
}
