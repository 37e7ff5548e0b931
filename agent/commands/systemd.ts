import type { Logger } from "../../lib/log/index.ts";
import { tellSystemdReady as tell } from "../../lib/node/index.ts";

/** Tells systemd that the agent is ready, when it was started by it. */
export function tellSystemdReady(env: Readonly<Record<string, string | undefined>>, logger: Logger): void {
	tell(env, ({ message }) => logger.warn("systemd could not be told that the agent is ready", { error: message }));
}
