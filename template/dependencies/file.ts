import { readFile, stat } from "node:fs/promises";
import { normalize } from "node:path";
import { DiscoError, errorCode, errorMessage } from "../../lib/errors.ts";
import { textOfBytes } from "../gotmpl/index.ts";
import { insideSandbox } from "../sandbox.ts";
import type { Dependency } from "./dependency.ts";
import { pollingFetch } from "./poll.ts";

/** RUNNER.md "Queries". */
const pollMs = 2_000;

/**
 * The content of a file, looked at every 2 s; with a sandbox each look follows all links again and refuses to leave it.
 * Errors of its reads: `FILE_UNREADABLE`.
 */
export function fileDependency(text: string, sandbox?: string): Dependency {
	const path = normalize(text.trim());
	const previous = {};
	let seen: { readonly stamp: string; readonly content: string } | undefined;
	const read = async () => {
		const place = sandbox === undefined ? path : placeInside(sandbox, path);
		const info = await stat(place).catch((error: unknown) => fail("stat", path, error));
		if (info.isDirectory()) throw new DiscoError("FILE_UNREADABLE", `read ${path}: is a directory`);
		const stamp = `${place} ${info.mtimeMs} ${info.size} ${info.ino}`;
		if (seen?.stamp !== stamp) {
			const content = await readFile(place)
				.then(textOfBytes)
				.catch((error: unknown) => fail("open", path, error));
			seen = { stamp, content };
		}
		return seen.content;
	};
	return {
		// Without its sandbox it would be another dependency, which another template may have.
		id: sandbox === undefined ? `file(${path})` : `file(${path}|${sandbox})`,
		noRetry: true,
		local: true,
		fetch: ({ clock }, options) => pollingFetch(clock, options, pollMs, read, previous),
	};
}

function placeInside(sandbox: string, path: string): string {
	try {
		return insideSandbox(sandbox, path);
	} catch (error) {
		throw new DiscoError("FILE_UNREADABLE", errorMessage(error), { cause: error });
	}
}

function fail(call: string, path: string, error: unknown): never {
	const reason = errorCode(error) === "ENOENT" ? "no such file or directory" : errorMessage(error);
	throw new DiscoError("FILE_UNREADABLE", `${call} ${path}: ${reason}`, { cause: error });
}
