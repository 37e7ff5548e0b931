import { mkdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { outcome, succeed } from "../support/programs.ts";

/**
 * The build that clusters are upgraded from: the first whose files and calls have to be understood for good. Its parts and what it
 * needs of the packages are the history's; a clone without history does not have it.
 */
export const formerCommit = "4d2fa35314113c3c5a876ff8c3084a9224514591";

export async function hasFormerBuild(): Promise<boolean> {
	return (await outcome("git", ["cat-file", "-e", `${formerCommit}^{commit}`]).catch(() => undefined))?.exitCode === 0;
}

/** Builds it in `folder`; resolves with the path of its `disco.js`. */
export async function makeFormerBuild(folder: string): Promise<string> {
	mkdirSync(folder, { recursive: true });
	const archive = join(folder, "source.tar");
	await succeed("git", ["archive", `--output=${archive}`, formerCommit]);
	await succeed("tar", ["-xf", archive, "-C", folder]);
	symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
	await succeed(process.execPath, ["scripts/build.mjs", "disco"], { cwd: folder, timeoutMs: 120_000 });
	return join(folder, "dist/disco.js");
}
