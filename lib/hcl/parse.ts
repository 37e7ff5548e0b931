import { parseHcl } from "./hcl.ts";
import { parseJsonConfig } from "./json.ts";
import type { ConfigObject } from "./node.ts";

/**
 * Reads a configuration file of either syntax: JSON when the name ends in `.json` or the text starts with a brace (no HCL file
 * can), HCL 1 otherwise. `file` is the name that errors show.
 *
 * Error: `CONFIG_SYNTAX`, its text starting with `FILE:LINE:COLUMN: `.
 */
export function parseConfig(text: string, file: string): ConfigObject {
	const json = file.toLowerCase().endsWith(".json") || /^\ufeff?\s*\{/.test(text);
	return json ? parseJsonConfig(text, file) : parseHcl(text, file);
}
