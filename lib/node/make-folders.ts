import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it that are missing; what is there stays as it is. Gives the first one made, undefined when there was
 * nothing to do. Errors are those of `mkdir`.
 *
 * Not Node's `recursive`: where a folder cannot be made although its parent exists (below `/proc`) that goes round for ever.
 */
export function makeFolders(folder: string, mode = 0o777): string | undefined {
	const parent = dirname(folder);
	const isMissing = parent !== folder && statSync(parent, { throwIfNoEntry: false }) === undefined;
	const first = isMissing ? makeFolders(parent, mode) : undefined;
	try {
		mkdirSync(folder, { mode });
		return first ?? folder;
	} catch (error) {
		if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return first;
		throw error;
	}
}
