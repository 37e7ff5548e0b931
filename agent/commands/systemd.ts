import { execFile } from "node:child_process";
import type { Logger } from "../../lib/log/index.ts";

/**
 * Tells systemd that the agent is ready (`Type=notify` with `NotifyAccess=all`), when it was started by it. The socket is of a kind
 * that Node cannot write to, so systemd's own program does it.
 */
export function tellSystemdReady(env: Readonly<Record<string, string | undefined>>, logger: Logger): void {
	if ((env["NOTIFY_SOCKET"] ?? "") === "") return;
	execFile("systemd-notify", ["--ready", `--pid=${process.pid}`], { timeout: 5_000 }, (error) => {
		if (error !== null) logger.warn("systemd could not be told that the agent is ready", { error: error.message });
	});
}
