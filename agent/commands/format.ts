import { DiscoError } from "../../lib/errors.ts";
import type { FlagSpecs } from "../../lib/flags.ts";
import { type Encodable, encodeJson } from "../../lib/json/index.ts";

/** The option of every listing. */
export const formatFlags = {
	format: { kind: "string", usage: "pretty or json; pretty unless given", placeholder: "format" },
} as const satisfies FlagSpecs;

/** Whether JSON is asked for. Fails with `FLAG_VALUE_INVALID`. */
export function wantsJson(format: string | undefined): boolean {
	if (format === undefined || format === "pretty") return false;
	if (format === "json") return true;
	throw new DiscoError("FLAG_VALUE_INVALID", `option -format: "${format}" is not pretty or json`);
}

/** The API's own value, indented, as a listing with `-format=json` prints it. */
export function jsonText(value: unknown): string {
	return `${encodeJson(value as Encodable, true)}\n`;
}
