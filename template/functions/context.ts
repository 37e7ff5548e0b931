import type { Dependency } from "../dependencies/index.ts";
import type { GoFunction, GoValue } from "../gotmpl/index.ts";

/**
 * What functions see of the rendering they run in. One per template; `dependency`, `scratch` and `execute` belong to the pass
 * under way.
 */
export interface FunctionContext {
	/** The data of a dependency, noted as used; undefined when they have not arrived, noted as missing. */
	readonly data: (dependency: Dependency) => unknown;
	/** The program's environment with the agent's address in it (FUNCTIONS.md `env`). */
	readonly environment: Readonly<Record<string, string | undefined>>;
	/** The server lines of a HAProxy backend; absent without `haproxy` blocks. Error: `HAPROXY_BACKEND_UNKNOWN`. */
	readonly haproxyServers?: (backend: string) => Dependency;
	/** Wall-clock time. */
	readonly nowMs: () => number;
	/** The store behind `scratch`, empty at the start of a pass. */
	readonly scratch: () => Map<string, GoValue>;
	/** Executes a defined template of the text. */
	readonly execute: (name: string, data: GoValue) => string;
	/** `file` may read only below it. */
	readonly sandboxPath: string | undefined;
	/** With a sandbox: `writeToFile` may write only below it, and `plugin` may run nothing. The reference knows no such bounds. */
	readonly sandboxesEffects: boolean;
}

/** A family of functions by name. */
export type FunctionFamily = Readonly<Record<string, GoFunction>>;
