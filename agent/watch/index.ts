/** Watches: a blocking question whose every new result is given to a handler; for `disco watch` and for the configuration. */
export {
	type ConfiguredWatch,
	createWatches,
	parseConfiguredWatch,
	type RunningWatches,
	type WatchConfig,
} from "./configured.ts";
export { parseWatch, type WatchDefinition } from "./definition.ts";
export { endWithSignal } from "./end-child.ts";
export { followWatch, type WatchChange } from "./follow.ts";
export { readWatched } from "./read.ts";
export { createRemoteExec, type ExecAnnouncement, type ExecJob, execEvent } from "./remote-exec.ts";
export { type HandlerCommand, runHandlerCommand, shellCommand } from "./run-child.ts";
