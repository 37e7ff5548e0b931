/** Passes, watches and quiescence; deterministic (clock and chance are arguments). */

export { createPacer } from "./pacer.ts";
export { createRunner } from "./runner.ts";
export type { Lookup, Pacer, Rendering, Template } from "./template.ts";
export type { Runner, RunnerEnd, RunnerTemplate, TemplateReport, Waiting } from "./types.ts";
export { createWatches, type Watches } from "./watches.ts";
