import type { GoValue, TemplateFunctions } from "./gotmpl/index.ts";
import type { Recorder } from "./recorder.ts";
import type { Pacer } from "./runner/index.ts";

/** A parsed template of either language, before it is known how often and with what it is executed. */
export interface Renderer {
	/** How messages call it. */
	readonly name: string;
	/** The source and, after a NUL each, the partials that are read with it. */
	readonly text: string;
	readonly recorder: Recorder;
	/** The Go functions that work on the recorder. */
	readonly functions: TemplateFunctions;
	/** One execution with this dot; null: none. Only inside `recorder.render`. Error: `TEMPLATE_EXECUTE`. */
	readonly render: (data: GoValue, pacer: Pacer) => string | Promise<string>;
}
