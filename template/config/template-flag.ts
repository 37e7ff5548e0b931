import { DiscoError } from "../../lib/errors.ts";
import type { TemplateLayer } from "./layer.ts";

/**
 * `SRC[:DST[:CMD]]` of `-template`. Everything after the second colon is the command, colons included. A part that is a single
 * letter is a drive letter, so `t:out` is one path (as in the reference). Errors: `TEMPLATE_FLAG_EMPTY`.
 */
export function parseTemplateFlag(text: string): TemplateLayer {
	if (text.trim() === "") {
		throw new DiscoError("TEMPLATE_FLAG_EMPTY", "option -template: is empty; write SOURCE:DESTINATION[:COMMAND]");
	}
	const [source, rest] = takePath(text);
	const [destination, command] = rest === undefined ? [undefined, undefined] : takePath(rest);
	return {
		source,
		...(destination === undefined || destination === "" ? {} : { destination }),
		...(command === undefined || command === "" ? {} : { command: { text: command } }),
	};
}

/** The path before the next separating colon, and what follows it. */
function takePath(text: string): [path: string, rest: string | undefined] {
	const from = /^[a-zA-Z]:/.test(text) ? 2 : 0;
	const colon = text.indexOf(":", from);
	return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}
