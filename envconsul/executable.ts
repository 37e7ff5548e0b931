import { accessSync, constants, existsSync } from "node:fs";
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
		if (isExecutable(name)) return name;
		if (!existsSync(name)) throw new DiscoError("COMMAND_NOT_FOUND", `command ${name}: there is no such file`);
		throw new DiscoError("COMMAND_NOT_EXECUTABLE", `command ${name}: it is not executable`);
	}
	for (const folder of (path ?? "").split(delimiter)) {
		const file = join(folder === "" ? "." : folder, name);
		if (isExecutable(file)) return file.includes("/") ? file : `./${file}`;
	}
	throw new DiscoError("COMMAND_NOT_FOUND", `command ${name}: not found in PATH`);
}

/** A folder counts as well when one may enter it: rare, and starting it then fails with a clear error. */
function isExecutable(file: string): boolean {
	try {
		accessSync(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}
