/** Passes, watches and quiescence; deterministic (clock and chance are arguments). */
export {
	createRunner,
	type Runner,
	type RunnerEnd,
	type RunnerTemplate,
	type TemplateReport,
	type Waiting,
} from "./runner.ts";
export type { Lookup, Rendering, Template } from "./template.ts";
export { createWatches, type Watches } from "./watches.ts";
