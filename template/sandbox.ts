import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";

/**
 * The place of a file with all links followed, when that is below `sandbox`. A file that is not there yet is where its folder
 * is. Error: the path as it was given `is outside of sandbox`.
 */
export function insideSandbox(sandbox: string, path: string): string {
	const base = realPlace(resolve(sandbox));
	const target = realPlace(resolve(path.trim()));
	const folder = base.endsWith(sep) ? base : base + sep;
	if (target !== base && !target.startsWith(folder)) throw new Error(`'${path}' is outside of sandbox`);
	return target;
}

function realPlace(path: string): string {
	try {
		return realpathSync(path);
	} catch {
		const folder = dirname(path);
		return folder === path ? path : join(realPlace(folder), basename(path));
	}
}
