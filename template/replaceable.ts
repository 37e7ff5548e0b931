import type { TemplateConfig } from "./config/index.ts";
import type { Template } from "./runner/index.ts";

/** A template behind which another one can be put. */
export interface Replaceable {
	/** For the runner: executes whatever is current. */
	readonly template: Template;
	readonly config: TemplateConfig;
	current(): Template;
	replace(by: Template): void;
}

export function replaceableTemplate(first: Template, config: TemplateConfig): Replaceable {
	let current = first;
	return {
		config,
		template: {
			name: first.name,
			get text() {
				return current.text;
			},
			execute: (lookup, pacer) => current.execute(lookup, pacer),
		},
		current: () => current,
		replace(by) {
			current = by;
		},
	};
}
