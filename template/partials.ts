import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { DiscoError, errorMessage } from "../lib/errors.ts";
import type { TemplateConfig } from "./config/index.ts";
import { globPattern } from "./glob.ts";
import { textOfBytes } from "./gotmpl/index.ts";

/** A file whose parts several templates share. */
export interface Partial {
	/** By which templates call it: its file name. */
	readonly name: string;
	readonly path: string;
	readonly text: string;
}

const handlebarsEndings: ReadonlySet<string> = new Set([".hbs", ".handlebars"]);

/** More would hardly be meant: a glob that meets a folder of something else. */
const filesMax = 1_000;

/**
 * The files of a template's `partials` that are in its language, by path. Error: `TEMPLATE_SOURCE`, when one cannot be read, a
 * path without a glob's characters is not there, or two have the same name.
 */
export function readPartials({ partials, engine }: Pick<TemplateConfig, "partials" | "engine">): readonly Partial[] {
	const paths = [...new Set(partials.flatMap(filesOf))].sort();
	const wanted = paths.filter((path) => handlebarsEndings.has(extname(path)) === (engine === "handlebars"));
	if (wanted.length > filesMax) fail(`${partials.join(" ")}: are ${wanted.length} files; at most ${filesMax}`);
	const byName = new Map<string, string>();
	return wanted.map((path) => {
		const name = basename(path);
		const other = byName.get(name);
		if (other !== undefined) fail(`${other} and ${path} have the same name; templates could call only one`);
		byName.set(name, path);
		try {
			return { name, path, text: textOfBytes(readFileSync(path)) };
		} catch (error) {
			return fail(`${path}: cannot read it: ${errorMessage(error)}`);
		}
	});
}

/** Whether one of the globs means that path; both as they are given. */
export function isPartial(partials: readonly string[], path: string): boolean {
	return partials.some((glob) => dirname(glob) === dirname(path) && globPattern(basename(glob)).test(basename(path)));
}

/** A glob may stand for file names, not for folders. */
function filesOf(glob: string): readonly string[] {
	const folder = dirname(glob);
	const name = basename(glob);
	if (/[*?[]/.test(folder)) fail(`${glob}: only the file name may have *, ? or [ ]`);
	if (!/[*?[]/.test(name)) return [glob];
	const pattern = globPattern(name);
	try {
		const entries = readdirSync(folder, { withFileTypes: true });
		return entries
			.filter((entry) => pattern.test(entry.name) && !entry.isDirectory() && !entry.name.startsWith("."))
			.map((entry) => join(folder, entry.name));
	} catch (error) {
		return fail(`${glob}: ${errorMessage(error)}`);
	}
}

function fail(reason: string): never {
	throw new DiscoError("TEMPLATE_SOURCE", `partials: ${reason}`);
}
