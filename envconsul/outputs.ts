import { DiscoError, errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import { writeCache } from "./cache.ts";
import type { Config } from "./config.ts";
import { sameVariables, type Variables } from "./environment.ts";
import { formatVariables } from "./format.ts";
import type { Wanted } from "./wanted.ts";

/** Writes the file and the cache when what they should hold differs from what was written last. */
export interface Outputs {
	/** Errors: `VARIABLE_NOT_WRITABLE`, `FILE_NOT_WRITTEN`. A cache that cannot be written is only a warning. */
	write(wanted: Wanted, config: Config): Promise<void>;
}

export function createOutputs(logger: Logger, print: (bytes: Uint8Array) => void): Outputs {
	let inFile: Variables | undefined;
	let inCache: Variables | undefined;
	return {
		async write({ given, sources }, { file, cachePath, sources: from }) {
			if (file !== undefined && (inFile === undefined || !sameVariables(inFile, given))) {
				const content = formatVariables(given, file.format);
				if (file.path === "-") print(content);
				else await writeVariables(file.path, content);
				inFile = given;
			}
			if (cachePath === undefined || sources === undefined) return;
			if (inCache !== undefined && sameVariables(inCache, sources)) return;
			try {
				await writeCache(
					cachePath,
					from.map(({ id }) => id),
					sources,
				);
				inCache = sources;
			} catch (error) {
				logger.warn(`cache ${cachePath} cannot be written: ${errorMessage(error)}`);
			}
		},
	};
}

async function writeVariables(path: string, content: Uint8Array): Promise<void> {
	try {
		// Loaded when needed: a start without a file must not pay for it.
		const { writeFileAtomic } = await import("../lib/node/atomic-file.ts");
		await writeFileAtomic(path, content, { mode: 0o600 });
	} catch (error) {
		throw new DiscoError("FILE_NOT_WRITTEN", `file ${path} cannot be written: ${errorMessage(error)}`, {
			cause: error,
		});
	}
}
