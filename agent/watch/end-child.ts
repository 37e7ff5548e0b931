import type { ChildProcess } from "node:child_process";

/** How long a child that was told to end may take. */
const killAfterMs = 5_000;

/**
 * When `signal` comes, now or later, the child is told to end (SIGTERM) and killed 5 s later; `group`: with all that it started,
 * if it leads a group of its own. Gives what to call when it has ended.
 */
export function endWithSignal(
	child: ChildProcess,
	signal: AbortSignal,
	options: { readonly group: boolean },
): () => void {
	const kill = (name: NodeJS.Signals) => {
		try {
			if (child.pid !== undefined) process.kill(options.group ? -child.pid : child.pid, name);
		} catch {
			// Ended already.
		}
	};
	let late: NodeJS.Timeout | undefined;
	const end = () => {
		kill("SIGTERM");
		late = setTimeout(() => kill("SIGKILL"), killAfterMs);
	};
	signal.addEventListener("abort", end, { once: true });
	if (signal.aborted) end();
	return () => {
		clearTimeout(late);
		signal.removeEventListener("abort", end);
	};
}
