import { constants } from "node:os";
import { DiscoError } from "../../lib/errors.ts";

/** A signal by name in any case, with or without `SIG`; undefined for the empty text (turned off). Errors: `SIGNAL_UNKNOWN`. */
export function parseSignal(text: string, what: string): NodeJS.Signals | undefined {
	if (text === "") return undefined;
	const upper = text.toUpperCase();
	const name = upper.startsWith("SIG") ? upper : `SIG${upper}`;
	if (!Object.hasOwn(constants.signals, name)) {
		throw new DiscoError("SIGNAL_UNKNOWN", `${what}: "${text}" is not a signal; write a name such as SIGHUP`);
	}
	return name as NodeJS.Signals;
}
