import { DiscoError } from "../lib/errors.ts";
import { parseJson } from "./read.ts";

/**
 * JSON with every digit of the entries' `Flags`: a number up to 2^53, a bigint above. `JSON.parse` alone would round.
 *
 * Inside a JSON string each quote has a backslash before it, so `"Flags":` without one is the field. Error: `ANSWER_INVALID`.
 */
export function parseWithFlags<T>(text: string, path: string): T {
	if (!/"Flags":\s*\d{16}/.test(text)) return parseJson<T>(text, path);
	const quoted = text.replace(/(?<!\\)("Flags":\s*)(\d{16,20})/g, '$1"$2"');
	try {
		return JSON.parse(quoted, (key, value: unknown) =>
			key === "Flags" && typeof value === "string" ? wholeNumber(value) : value,
		) as T;
	} catch (error) {
		throw new DiscoError("ANSWER_INVALID", `the answer to ${path} is not JSON`, { cause: error });
	}
}

function wholeNumber(digits: string): number | bigint {
	const value = BigInt(digits);
	return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
