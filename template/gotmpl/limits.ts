/** What one rendering may use up. Passing a limit is a TemplateError that names it. */
export type Limits = {
	/** Nodes executed and values visited by `range`, with all nested templates. */
	readonly steps: number;
	/** UTF-16 units of output, counted as they are written. */
	readonly outputLength: number;
	/** Templates inside templates, as many as in Go. */
	readonly depth: number;
};

/** Far above what a configuration file needs, and low enough to end a template that would not end. */
const defaultLimits: Limits = { steps: 100_000_000, outputLength: 256 * 1024 * 1024, depth: 100_000 };

/**
 * What is left of the limits. Hand the same budget to a nested `execute` (a template function that executes a template),
 * and the limits hold for the whole rendering.
 */
export type Budget = { stepsLeft: number; outputLeft: number; depthLeft: number; readonly limits: Limits };

export function newBudget(limits: Partial<Limits> = {}): Budget {
	const all = { ...defaultLimits, ...limits };
	return { stepsLeft: all.steps, outputLeft: all.outputLength, depthLeft: all.depth, limits: all };
}
