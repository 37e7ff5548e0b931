import type { DevAgent } from "../support/dev-agents.ts";

/** What the rows of one run share. */
export interface World {
	/** Ours. */
	readonly disco: DevAgent;
	/** The real one. */
	readonly consul: DevAgent;
	/** Runs the real `consul` against an agent to its end; fails unless it ends with 0. Gives what it printed. */
	consulCommand(agent: DevAgent, ...args: readonly string[]): Promise<string>;
	/** The same with `disco`. */
	discoCommand(agent: DevAgent, ...args: readonly string[]): Promise<string>;
	/** An empty folder for each row. */
	folder(): string;
}

/** One program of ours beside one of somebody else's. */
export interface Row {
	readonly ours: string;
	readonly theirs: string;
	/** What they do together. */
	readonly what: string;
	/** Why it does not work; then `run` must fail. */
	readonly differs?: string;
	/** Mostly waits and minds nobody: it is begun with the first row. */
	readonly waits?: true;
	run(world: World): Promise<void>;
}

/** What other test files start: the row holds as long as they have a test of that name. */
export interface Elsewhere extends Omit<Row, "run" | "differs" | "waits"> {
	readonly file: string;
	readonly test: string;
}

export type Outcome = "works" | `differs: ${string}` | `FAILS: ${string}`;

/** The matrix as a table in Markdown, in the order of the rows. */
export function table(rows: readonly { readonly row: Row | Elsewhere; readonly outcome: Outcome }[]): string {
	const lines = rows.map(({ row, outcome }) => {
		const where = "file" in row ? `\`${row.file}\`` : "`test/matrix`";
		return `| ${row.ours} | ${row.theirs} | ${row.what.replaceAll("|", "\\|")} | ${outcome} | ${where} |`;
	});
	return ["| ours | theirs | what | outcome | tested in |", "|---|---|---|---|---|", ...lines].join("\n");
}
