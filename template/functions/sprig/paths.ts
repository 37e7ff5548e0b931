import { posix } from "node:path";
import { goFunc } from "../../gotmpl/index.ts";
import type { FunctionFamily } from "../context.ts";

const path = {
	base: goFunc("func(string) string", (name: string) => (name === "" ? "." : posix.basename(name) || "/")),
	dir: goFunc("func(string) string", (name: string) =>
		name === "" ? "." : posix.normalize(name.slice(0, name.lastIndexOf("/") + 1) || ".").replace(/(.)\/$/, "$1"),
	),
	clean: goFunc("func(string) string", (name: string) => posix.normalize(name).replace(/(.)\/$/, "$1")),
	ext: goFunc("func(string) string", (name: string) => /\.[^./]*$/.exec(name)?.[0] ?? ""),
	isAbs: goFunc("func(string) bool", (name: string) => name.startsWith("/")),
};

/** Paths with slashes; those of the operating system are the same where this program runs. */
export const sprigPathFunctions: FunctionFamily = {
	...path,
	osBase: path.base,
	osDir: path.dir,
	osClean: path.clean,
	osExt: path.ext,
	osIsAbs: path.isAbs,
};
