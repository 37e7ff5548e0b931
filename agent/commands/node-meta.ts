import { DiscoError } from "../../lib/errors.ts";

/** `key=value` words as a map. Error: `FLAG_VALUE_INVALID`. */
export function keyValues(words: readonly string[] | undefined, flag: string): Readonly<Record<string, string>> {
	return Object.fromEntries(
		(words ?? []).map((word) => {
			const equals = word.indexOf("=");
			if (equals < 1) throw new DiscoError("FLAG_VALUE_INVALID", `option -${flag}: "${word}" is not key=value`);
			return [word.slice(0, equals), word.slice(equals + 1)];
		}),
	);
}
