import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DiscoError, errorCode, errorMessage } from "../lib/errors.ts";
import { decodeObject, parseConfig } from "../lib/hcl/index.ts";
import { configSchema, type Layer } from "./config-schema.ts";

/** A configuration file's largest size; a bigger one is a mistake. */
const fileBytesMax = 4 * 1024 * 1024;

/**
 * Reads files and folders (all files below, in lexical order) in the order given.
 *
 * Errors: `CONFIG_UNREADABLE`, `CONFIG_SYNTAX`, `CONFIG_KEY_UNKNOWN`, `CONFIG_KEY_UNSUPPORTED`, `CONFIG_VALUE_INVALID`.
 */
export function readConfigFiles(paths: readonly string[]): Layer[] {
	return paths.flatMap(filesBelow).map((path) =>
		decodeObject(
			parseConfig(
				readable(path, () => readFileSync(path, "utf8")),
				path,
			),
			configSchema,
		),
	);
}

function filesBelow(path: string): string[] {
	const status = readable(path, () => statSync(path));
	if (!status.isDirectory()) {
		if (status.size <= fileBytesMax) return [path];
		throw new DiscoError("CONFIG_UNREADABLE", `configuration ${path} is larger than ${fileBytesMax} bytes`);
	}
	const names = readable(path, () => readdirSync(path)).sort();
	return names.flatMap((name) => filesBelow(join(path, name)));
}

function readable<T>(path: string, read: () => T): T {
	try {
		return read();
	} catch (error) {
		const reason = errorCode(error) === "ENOENT" ? "there is no such file" : errorMessage(error);
		throw new DiscoError("CONFIG_UNREADABLE", `configuration ${path}: ${reason}`);
	}
}
