import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Ends the children when this process ends in a way that lets it clean up nothing (kill -9): a shell that reads the ids of their
 * process groups from a pipe, and whose pipe ends with us.
 */
export interface Guard {
	watch(pid: number): void;
	unwatch(pid: number): void;
	/** Everything was cleaned up: the shell has nothing to do and goes. */
	close(): Promise<void>;
}

/** Words: `+PID` and `-PID`; at the end of input what is left gets SIGTERM, a second later SIGKILL, then the files go. */
const script = `
groups=" "
while read -r word; do
	case "$word" in
		+*) groups="$groups\${word#+} " ;;
		-*) gone="\${word#-}"; groups="\${groups%% $gone *} \${groups#* $gone }" ;;
	esac
done
left=no
for group in $groups; do left=yes; kill -TERM -"$group" 2>/dev/null; done
if [ $left = yes ]; then
	sleep 1
	for group in $groups; do kill -KILL -"$group" 2>/dev/null; done
fi
rm -f "$1/haproxy.cfg" "$1/pid"
for folder in "$@"; do rmdir "$folder" 2>/dev/null; done
exit 0
`;

/** `folders`: the one whose files are removed at the end, and then those that are removed when they are empty. */
export function startGuard(folders: readonly string[]): Guard {
	const shell: ChildProcess = spawn("/bin/sh", ["-c", script, "disco-dev-guard", ...folders], {
		// A group of its own: Ctrl-C in the terminal must not end it before its work.
		detached: true,
		stdio: ["pipe", "ignore", "ignore"],
	});
	const ended = once(shell, "exit").catch(() => undefined);
	shell.stdin?.on("error", () => {});
	shell.on("error", () => {});
	return {
		watch: (pid) => shell.stdin?.write(`+${pid}\n`),
		unwatch: (pid) => shell.stdin?.write(`-${pid}\n`),
		async close() {
			shell.stdin?.end();
			await ended;
		},
	};
}
