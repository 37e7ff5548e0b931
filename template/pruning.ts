import { createHash } from "node:crypto";
import { readFile, unlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DiscoError, errorCode, errorMessage } from "../lib/errors.ts";
import { makeFolders, writeFileAtomic } from "../lib/node/index.ts";
import { fixedFolder } from "./for-each.ts";

/** Which files of a `for_each` template exist, remembered on disk: only these are ever removed. */
export interface Ownership {
	/** Before files are written: from now on they are owned, whatever happens next. */
	claim(destinations: readonly string[]): Promise<void>;
	/** Removes owned files that are not among `destinations`; gives those removed. */
	prune(destinations: readonly string[]): Promise<readonly string[]>;
	/** Owned files that `prune` would remove. */
	surplus(destinations: readonly string[]): Promise<readonly string[]>;
}

/**
 * The record is `.disco-template-HASH.json` in the folder of the destination `pattern`; HASH stands for the pattern, so that
 * several templates may share a folder. A file that was there before and holds something else becomes ours when the template
 * writes it. Error: `DESTINATION_UNWRITABLE`.
 */
export function createOwnership(pattern: string): Ownership {
	const folder = resolve(fixedFolder(pattern));
	const hash = createHash("sha256").update(pattern).digest("hex").slice(0, 12);
	const record = join(folder, `.disco-template-${hash}.json`);
	let known: ReadonlySet<string> | undefined;

	async function owned(): Promise<ReadonlySet<string>> {
		known ??= new Set(await readRecord(record));
		return known;
	}

	async function remember(paths: ReadonlySet<string>): Promise<void> {
		const before = await owned();
		if (paths.size === before.size && [...paths].every((path) => before.has(path))) return;
		try {
			makeFolders(folder);
			await writeFileAtomic(record, `${JSON.stringify([...paths].sort(), null, "\t")}\n`, { mode: 0o644 });
		} catch (error) {
			throw new DiscoError("DESTINATION_UNWRITABLE", `cannot write ${record}: ${errorMessage(error)}`, {
				cause: error,
			});
		}
		known = paths;
	}

	async function surplus(destinations: readonly string[]): Promise<readonly string[]> {
		const wanted = new Set(destinations.map((destination) => resolve(destination)));
		return [...(await owned())].filter((path) => !wanted.has(path));
	}

	return {
		surplus,
		async claim(destinations) {
			await remember(new Set([...(await owned()), ...destinations.map((destination) => resolve(destination))]));
		},
		async prune(destinations) {
			const gone = await surplus(destinations);
			for (const path of gone) {
				await unlink(path).catch((error: unknown) => {
					if (errorCode(error) === "ENOENT") return;
					throw new DiscoError("DESTINATION_UNWRITABLE", `cannot remove ${path}: ${errorMessage(error)}`);
				});
			}
			await remember(new Set(destinations.map((destination) => resolve(destination))));
			return gone;
		},
	};
}

async function readRecord(record: string): Promise<readonly string[]> {
	let text: string;
	try {
		text = await readFile(record, "utf8");
	} catch (error) {
		if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return [];
		throw new DiscoError("DESTINATION_UNWRITABLE", `cannot read ${record}: ${errorMessage(error)}`, { cause: error });
	}
	try {
		const paths: unknown = JSON.parse(text);
		if (Array.isArray(paths) && paths.every((path) => typeof path === "string")) return paths;
	} catch {
		// Said below.
	}
	throw new DiscoError("DESTINATION_UNWRITABLE", `${record}: is not a list of files; remove it to begin anew`);
}
