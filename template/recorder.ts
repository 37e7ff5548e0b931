import type { Logger } from "../lib/log/index.ts";
import type { Dependency } from "./dependencies/index.ts";
import type { FunctionContext } from "./functions/index.ts";
import type { GoValue } from "./gotmpl/index.ts";
import type { Lookup, Rendering } from "./runner/index.ts";

/** What templates of both languages take from the program. */
export interface RenderingWorld {
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly nowMs: () => number;
	/** For templates that log. */
	readonly log: Logger;
}

/** Notes what a pass asks for, and gives it what has arrived. */
export interface Recorder {
	/** For `createFunctions`; `execute` is what the language does for `executeTemplate`. */
	readonly context: FunctionContext;
	/** Runs one pass. */
	render(lookup: Lookup, execute: () => string): Rendering;
}

/** One per template. */
export function createRecorder(
	world: RenderingWorld,
	options: {
		readonly sandboxPath: string | undefined;
		readonly executeNamed: (name: string, data: GoValue) => string;
	},
): Recorder {
	let lookup: Lookup = () => undefined;
	let used = new Map<string, Dependency>();
	let missing = new Map<string, Dependency>();
	let scratch = new Map<string, GoValue>();
	return {
		context: {
			environment: world.environment,
			nowMs: world.nowMs,
			sandboxPath: options.sandboxPath,
			execute: options.executeNamed,
			scratch: () => scratch,
			data(dependency) {
				used.set(dependency.id, used.get(dependency.id) ?? dependency);
				const received = lookup(dependency);
				if (received === undefined) missing.set(dependency.id, dependency);
				return received?.value;
			},
		},
		render(received, execute) {
			lookup = received;
			used = new Map();
			missing = new Map();
			scratch = new Map();
			const result = attempt(execute);
			return { used: [...used.values()], missing: [...missing.values()], result };
		},
	};
}

function attempt(execute: () => string): Rendering["result"] {
	try {
		return { text: execute() };
	} catch (thrown) {
		return { failed: thrown instanceof Error ? thrown : new Error(String(thrown)) };
	}
}
