import { constants } from "node:os";
import { DiscoError } from "../lib/errors.ts";

/** Signals that are passed on to the child, unless they mean something to the program itself. */
export const forwardedSignals = [
	"SIGTERM",
	"SIGINT",
	"SIGHUP",
	"SIGQUIT",
	"SIGUSR1",
	"SIGUSR2",
	"SIGWINCH",
	"SIGCONT",
	"SIGALRM",
	"SIGIO",
	"SIGPWR",
] as const satisfies readonly NodeJS.Signals[];

/** `SIGTERM`, `sigterm` or `TERM`. Error: `SIGNAL_UNKNOWN`, naming `what`. */
export function parseSignal(text: string, what: string): NodeJS.Signals {
	const upper = text.toUpperCase();
	const name = upper.startsWith("SIG") ? upper : `SIG${upper}`;
	if (!Object.hasOwn(constants.signals, name)) {
		throw new DiscoError("SIGNAL_UNKNOWN", `${what}: "${text}" is not a signal; write it like SIGTERM`);
	}
	return name as NodeJS.Signals;
}

/** The number that a shell adds to 128 for a process that the signal ended. */
export function signalNumber(signal: NodeJS.Signals): number {
	return constants.signals[signal];
}
