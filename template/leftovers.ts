import { readdir, unlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { leftBehind } from "../lib/node/index.ts";

/** Removes what a killed program has left beside the files that this one writes. */
export interface Leftovers {
	/** Temporary files of that destination whose writer is gone; each folder is looked through once. */
	remove(destination: string): Promise<void>;
}

/** One per program. */
export function createLeftovers(onRemoved: (path: string) => void): Leftovers {
	/** By folder: temporary files by the name they stand for. */
	const folders = new Map<string, Promise<Map<string, string[]>>>();
	return {
		async remove(destination) {
			if (destination === "") return;
			const folder = dirname(resolve(destination));
			let found = folders.get(folder);
			if (found === undefined) {
				found = temporaryFiles(folder);
				folders.set(folder, found);
			}
			const files = await found;
			const name = basename(destination);
			for (const path of files.get(name) ?? []) {
				await unlink(path).then(
					() => onRemoved(path),
					() => undefined,
				);
			}
			files.delete(name);
		},
	};
}

/** None where the folder cannot be read: it may not be there yet. */
async function temporaryFiles(folder: string): Promise<Map<string, string[]>> {
	const found = new Map<string, string[]>();
	for (const file of await readdir(folder).catch(() => [])) {
		const name = leftBehind(file);
		if (name !== undefined) found.set(name, [...(found.get(name) ?? []), join(folder, file)]);
	}
	return found;
}
