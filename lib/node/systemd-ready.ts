import { execFile } from "node:child_process";

/** Longest time that systemd's program may take. */
const timeoutMs = 5_000;

/**
 * Tells systemd that the program is ready (`Type=notify` with `NotifyAccess=all`), when it was started by it. The socket is of a
 * kind that Node cannot write to, so systemd's own program does it; `failed` hears when that does not work.
 */
export function tellSystemdReady(
	env: Readonly<Record<string, string | undefined>>,
	failed: (error: Error) => void,
): void {
	if ((env["NOTIFY_SOCKET"] ?? "") === "") return;
	execFile("systemd-notify", ["--ready", `--pid=${process.pid}`], { timeout: timeoutMs }, (error) => {
		if (error !== null) failed(error);
	});
}
