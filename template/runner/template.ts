import type { Dependency } from "../dependencies/index.ts";

/** Looks into the received data: undefined while nothing has arrived. */
export type Lookup = (dependency: Dependency) => { readonly value: unknown } | undefined;

/** What one execution of a template used, and what came of it. */
export interface Rendering {
	/** Everything it asked for, in order of first use. */
	readonly used: readonly Dependency[];
	/** Those of `used` whose data have not arrived; when there are any, the text counts for nothing. */
	readonly missing: readonly Dependency[];
	/** Where in the source that dependency is asked for, lines and columns from 1; undefined when that is not known. */
	readonly placeOf?: (id: string) => { readonly line: number; readonly column: number } | undefined;
	/** Which source asks for it, when the template stands for several. */
	readonly sourceOf?: (id: string) => string | undefined;
	/** `failed` when the execution broke off. */
	readonly result: { readonly text: string } | { readonly failed: Error };
}

/** Long work is done in slices, so that the rest of the program goes on meanwhile. */
export interface Pacer {
	/** Whether the current slice is over. */
	due(): boolean;
	/** Lets others work; then a new slice begins. */
	rest(): Promise<void>;
}

/** A loaded template, whichever language it is written in. */
export interface Template {
	/** How messages call it: the source's path, or `(dynamic)`. */
	readonly name: string;
	/** The source as it was read. */
	readonly text: string;
	/** Pure, apart from functions whose purpose is an effect (`plugin`, `writeToFile`). */
	execute(lookup: Lookup, pacer: Pacer): Rendering | Promise<Rendering>;
}
