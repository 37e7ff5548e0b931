import { readFileSync, rmdirSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DiscoError, errorCode, errorMessage } from "../../../lib/errors.ts";
import { makeFolders } from "../../../lib/node/index.ts";

/** A folder that this process holds, and the folders to remove at the end: it and those made on the way to it, innermost first. */
export interface TakenFolder {
	readonly removable: readonly string[];
	release(): void;
}

/**
 * Makes the folder for the rendered file and marks it as ours.
 *
 * Fails with `FOLDER_UNUSABLE` or `FOLDER_IN_USE` (another `disco dev` renders into it).
 */
export function takeFolder(folder: string): TakenFolder {
	const mark = join(folder, "pid");
	let first: string | undefined;
	try {
		first = makeFolders(folder);
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
	const removable = [folder, ...madeAbove(folder, first)];
	return {
		removable,
		release() {
			for (const name of ["haproxy.cfg", "pid"]) ignoring(() => unlinkSync(join(folder, name)));
			// Only if nothing else is in them: what somebody put there stays.
			for (const each of removable) ignoring(() => rmdirSync(each));
		},
	};
}

/** The parents up to the first one that was made. */
function madeAbove(folder: string, first: string | undefined): string[] {
	const made: string[] = [];
	if (first === undefined) return made;
	for (let each = folder; each !== first && dirname(each) !== each; ) {
		each = dirname(each);
		made.push(each);
	}
	return made;
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
