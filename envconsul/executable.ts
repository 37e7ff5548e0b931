import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { DiscoError } from "../lib/errors.ts";

/**
 * The file that `name` stands for: itself when it has a slash, else the first executable of that name in `path` (the program's
 * own PATH, not the child's).
 *
 * Error: `COMMAND_NOT_FOUND`, `COMMAND_NOT_EXECUTABLE`.
 */
export function findExecutable(name: string, path: string | undefined): string {
	if (name.includes("/")) {
		const problem = problemOf(name);
		if (problem === "missing") throw new DiscoError("COMMAND_NOT_FOUND", `command ${name}: there is no such file`);
		if (problem !== undefined) throw new DiscoError("COMMAND_NOT_EXECUTABLE", `command ${name}: it is not executable`);
		return name;
	}
	for (const folder of (path ?? "").split(delimiter)) {
		const file = join(folder === "" ? "." : folder, name);
		if (problemOf(file) === undefined) return file.includes("/") ? file : `./${file}`;
	}
	throw new DiscoError("COMMAND_NOT_FOUND", `command ${name}: not found in PATH`);
}

function problemOf(file: string): "missing" | "not executable" | undefined {
	try {
		if (!statSync(file).isFile()) return "not executable";
	} catch {
		return "missing";
	}
	try {
		accessSync(file, constants.X_OK);
		return undefined;
	} catch {
		return "not executable";
	}
}
