/** Passes, watches and quiescence; deterministic (clock and chance are arguments). */

export { createPacer } from "./pacer.ts";
export {
	createRunner,
	type Runner,
	type RunnerEnd,
	type RunnerTemplate,
	type TemplateReport,
	type Waiting,
} from "./runner.ts";
export type { Lookup, Pacer, Rendering, Template } from "./template.ts";
export { createWatches, type Watches } from "./watches.ts";
