import { DiscoError } from "../lib/errors.ts";
import { parseSignal } from "./signal-name.ts";

/** What a change of the variables does to a child that runs. */
export type OnChange =
	| { readonly kind: "restart" }
	/** The child keeps its environment; the signal tells it to read the file again. */
	| { readonly kind: "signal"; readonly signal: NodeJS.Signals }
	/** A command is run with the new variables. */
	| { readonly kind: "exec"; readonly command: string }
	| { readonly kind: "none" };

/** Reads `restart`, `signal=HUP`, `exec=COMMAND` or `none`. Errors: `CONFIG_ON_CHANGE_INVALID`, `SIGNAL_UNKNOWN`. */
export function parseOnChange(text: string): OnChange {
	const equals = text.indexOf("=");
	const [kind, value] = equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
	if (equals < 0 && (kind === "restart" || kind === "none")) return { kind };
	if (kind === "signal" && value !== "") return { kind, signal: parseSignal(value, "on-change") };
	if (kind === "exec" && value.trim() !== "") return { kind, command: value };
	throw new DiscoError(
		"CONFIG_ON_CHANGE_INVALID",
		`on-change "${text}" is not restart, signal=NAME, exec=COMMAND or none`,
	);
}
