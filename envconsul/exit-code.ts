import { DiscoError } from "../lib/errors.ts";
import type { ChildEnd } from "./child.ts";
import { signalNumber } from "./signal-name.ts";

/** The program's own exit codes, as the reference documents them; everything else is the child's. */
export const exitCode = { general: 11, interrupted: 12, options: 13, runner: 14, configuration: 15 } as const;

/** The exit code of an error that ends the program. */
export function exitCodeOfError(thrown: unknown): number {
	if (!(thrown instanceof DiscoError)) return exitCode.general;
	if (thrown.code.startsWith("FLAG_")) return exitCode.options;
	if (thrown.code.startsWith("CONFIG_")) return exitCode.configuration;
	if (thrown.code === "SIGNAL_UNKNOWN")
		return thrown.message.startsWith("option ") ? exitCode.options : exitCode.configuration;
	return exitCode.runner;
}

/** The child's code; when a signal ended it, 128 and its number as shells have it (the reference: always 255). */
export function exitCodeOfChild(end: ChildEnd, compat: boolean): number {
	if (end.signal === null) return end.code ?? exitCode.general;
	return compat ? 255 : 128 + signalNumber(end.signal);
}
