import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { DiscoError, errorCode, errorMessage } from "../../lib/errors.ts";
import { decodeObject, parseHcl, parseJsonConfig } from "../../lib/hcl/index.ts";
import { type Fragment, keys } from "./keys.ts";

type Format = "hcl" | "json";

/** A file is a configuration, not data; anything larger is a mistake. */
const fileBytesMax = 16 * 1024 * 1024;

/**
 * Reads a file, or the files of a folder in the order of their names (`.hcl` and `.json`; no folders in it). Others are skipped
 * with a warning, unless `format` says what they are. Fails with `CONFIG_UNREADABLE`, or with the parser's errors, which name
 * file, line and key.
 */
export function readFragments(
	path: string,
	format: Format | undefined,
	warn: (text: string) => void,
): readonly Fragment[] {
	return filesOf(path).flatMap((file) => {
		const kind = format ?? formatOf(file);
		if (kind === undefined) {
			warn(`${file} is skipped: its name does not end in .hcl or .json; -config-format says how to read it`);
			return [];
		}
		return [parseFragment(readText(file), kind, file)];
	});
}

/** A text as a fragment; `source` names it in errors. */
export function parseFragment(text: string, format: Format, source: string): Fragment {
	return decodeObject(format === "json" ? parseJsonConfig(text, source) : parseHcl(text, source), keys);
}

/** `hcl`, `json`, or undefined for another ending. */
function formatOf(path: string): Format | undefined {
	const ending = extname(path);
	return ending === ".json" ? "json" : ending === ".hcl" ? "hcl" : undefined;
}

function filesOf(path: string): string[] {
	try {
		if (!statSync(path).isDirectory()) return [path];
		return readdirSync(path)
			.filter((name) => !basename(name).startsWith("."))
			.sort()
			.map((name) => join(path, name))
			.filter((file) => !statSync(file).isDirectory());
	} catch (error) {
		throw unreadable(path, error);
	}
}

function readText(file: string): string {
	try {
		if (statSync(file).size > fileBytesMax) throw new Error(`larger than ${fileBytesMax} bytes`);
		return readFileSync(file, "utf8");
	} catch (error) {
		throw unreadable(file, error);
	}
}

function unreadable(path: string, error: unknown): DiscoError {
	const reason = errorCode(error) === "ENOENT" ? "there is no such file or folder" : errorMessage(error);
	return new DiscoError("CONFIG_UNREADABLE", `configuration ${path} cannot be read: ${reason}`);
}
