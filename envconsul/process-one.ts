/** Tells the program that a shell above it is process 1. */
export const reaperMark = "DISCO_ENV_REAPER";

/**
 * What process 1 owes: takes away every process that has ended, its own or adopted (a shell's `wait` does), passes signals on, and ends
 * with the program's exit code. On a terminal, Ctrl-C reaches the program by itself. `wait` ends early when a signal comes.
 */
export const reaperScript = `
exec 3<&0
"$@" <&3 3<&- &
program=$!
exec 3<&-
pass() { came=1; kill -s "$1" "$program" 2>/dev/null; }
for signal in TERM USR1 USR2 CONT ALRM IO PWR; do trap "pass $signal" $signal; done
if [ -t 0 ]; then trap : INT QUIT HUP WINCH; else for signal in INT QUIT HUP WINCH; do trap "pass $signal" $signal; done; fi
code=0
while came=; wait "$program"; now=$?; [ "$now" = 127 ] && [ "$code" != 0 ] || code=$now; [ -n "$came" ]; do :; done
exit "$code"
`;

/** Node 22.15 and later: the process becomes another program. */
type Execve = (file: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>) => never;

/**
 * As process 1 of a container: becomes a shell that runs this program again and reaps. Returns where it is not process 1, and where it
 * cannot (an older Node, no shell).
 */
export function becomeReaper(): void {
	if (process.pid !== 1) return;
	const { execve } = process as { readonly execve?: Execve };
	if (execve === undefined) return;
	const words = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
	try {
		execve("/bin/sh", ["sh", "-c", reaperScript, "disco-env", ...words], { ...process.env, [reaperMark]: "1" });
	} catch {
		// No shell: the program runs as it is, and says what it cannot do.
	}
}
