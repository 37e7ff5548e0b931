import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { environmentLayer } from "./environment.ts";
import { parseConfigLayer } from "./file-schema.ts";
import { finalizeConfig } from "./finalize.ts";
import type { CommandLine } from "./flags.ts";
import { type ConfigLayer, mergeLayers } from "./layer.ts";
import type { RuntimeConfig } from "./types.ts";

/**
 * The whole configuration: environment, then `-config` files in order, then `$CT_LOCAL_CONFIG`, then the flags.
 *
 * Errors (all of them exit code 15): `CONFIG_UNREADABLE`, `CONFIG_SYNTAX` and those of the schema and the defaults; each text
 * begins with the file.
 */
export function loadConfig(
	commandLine: CommandLine,
	variables: Readonly<Record<string, string | undefined>>,
): RuntimeConfig {
	const layers: ConfigLayer[] = [environmentLayer(variables)];
	for (const path of commandLine.configPaths) {
		for (const file of filesOf(path)) layers.push(parseConfigLayer(read(file), file));
	}
	const local = variables["CT_LOCAL_CONFIG"];
	if (local !== undefined && local.trim() !== "") layers.push(parseConfigLayer(local, "$CT_LOCAL_CONFIG"));
	layers.push(commandLine.layer);
	const compat = commandLine.compat || variables["DISCO_COMPAT"] === "1";
	return finalizeConfig(layers.reduce(mergeLayers), { ...commandLine, compat });
}

/** A configuration file's text alone, with every default, without environment and flags. Errors: as `loadConfig`. */
export function loadConfigText(text: string, name: string): RuntimeConfig {
	const mode = { once: false, dry: false, diff: false, noCommands: false, parseOnly: false, compat: false };
	return finalizeConfig(parseConfigLayer(text, name), mode);
}

/** A folder stands for all files below it, in name order, whatever their ending. */
function filesOf(path: string): string[] {
	let folder: boolean;
	try {
		folder = statSync(path).isDirectory();
	} catch (error) {
		throw new DiscoError("CONFIG_UNREADABLE", `config: ${path}: ${reason(error)}`, { cause: error });
	}
	if (!folder) return [path];
	return readdirSync(path)
		.sort()
		.flatMap((name) => filesOf(join(path, name)));
}

function read(file: string): string {
	try {
		return readFileSync(file, "utf8");
	} catch (error) {
		throw new DiscoError("CONFIG_UNREADABLE", `config: ${file}: ${reason(error)}`, { cause: error });
	}
}

function reason(error: unknown): string {
	const text = errorMessage(error);
	return /^ENOENT/.test(text) ? "no such file or folder" : text;
}
