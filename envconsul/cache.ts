import { readFileSync } from "node:fs";
import { DiscoError, errorCode, errorMessage } from "../lib/errors.ts";
import { writeFileAtomic } from "../lib/node/atomic-file.ts";
import type { Value, Variables } from "./environment.ts";

/** A cache file's largest size; a bigger one is none of ours. */
const fileBytesMax = 64 * 1024 * 1024;

interface CacheFile {
	readonly version: 1;
	/** Ids of the sources that were read: other sources' values are not taken for these. */
	readonly sources: readonly string[];
	/** Name and text, or name and base64 of bytes that are no UTF-8. */
	readonly variables: readonly (readonly [string, string] | readonly [string, { readonly base64: string }])[];
}

/** Keeps the sources' variables for a start without the agent; only the owner may read the file. Fails with Node's error. */
export async function writeCache(path: string, sources: readonly string[], variables: Variables): Promise<void> {
	const file: CacheFile = {
		version: 1,
		sources,
		variables: [...variables].map(([name, value]) =>
			typeof value === "string" ? [name, value] : [name, { base64: Buffer.from(value).toString("base64") }],
		),
	};
	await writeFileAtomic(path, `${JSON.stringify(file)}\n`, { mode: 0o600 });
}

/** What `writeCache` kept for these sources; undefined when there is no file. Error: `CACHE_INVALID`. */
export function readCache(path: string, sources: readonly string[]): Variables | undefined {
	let file: CacheFile;
	try {
		const bytes = readFileSync(path);
		if (bytes.length > fileBytesMax) throw new Error(`it is larger than ${fileBytesMax} bytes`);
		file = JSON.parse(bytes.toString("utf8")) as CacheFile;
		if (file?.version !== 1 || !Array.isArray(file.sources) || !Array.isArray(file.variables)) {
			throw new Error("it is not a cache of disco-env");
		}
	} catch (error) {
		if (errorCode(error) === "ENOENT") return undefined;
		throw new DiscoError("CACHE_INVALID", `cache ${path}: ${errorMessage(error)}; remove it`, { cause: error });
	}
	if ([...file.sources].sort().join("\n") !== [...sources].sort().join("\n")) {
		throw new DiscoError(
			"CACHE_INVALID",
			`cache ${path} holds the values of other sources; give each set its own file`,
		);
	}
	return new Map(file.variables.map(([name, value]): [string, Value] => [name, cachedValue(value, path)]));
}

function cachedValue(value: unknown, path: string): Value {
	if (typeof value === "string") return value;
	const base64 = (value as { readonly base64?: unknown } | null)?.base64;
	if (typeof base64 === "string") return Buffer.from(base64, "base64");
	throw new DiscoError("CACHE_INVALID", `cache ${path}: a value is neither a text nor base64; remove it`);
}
