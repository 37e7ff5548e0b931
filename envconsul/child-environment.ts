import type { Value, Variables } from "./environment.ts";

/** `exec.env`: acts on the whole result, the sources' variables included. */
export interface EnvironmentFilter {
	/** Only `custom`. */
	readonly pristine: boolean;
	/** `NAME=VALUE`, not expanded; the lists do not touch them, and they win. */
	readonly custom: readonly string[];
	/** Globs; with at least one, only names that match stay. */
	readonly allow: readonly string[];
	/** Globs; names that match go, also allowed ones. */
	readonly deny: readonly string[];
}

/** The child's variables: the program's own unless `pristine`, then the sources', then the filter. Pure. */
export function childEnvironment(options: {
	readonly own: Variables;
	readonly variables: Variables;
	readonly pristine: boolean;
	readonly filter: EnvironmentFilter;
}): Variables {
	const result = new Map<string, Value>();
	const keep = nameFilter(options.filter);
	for (const part of options.pristine ? [options.variables] : [options.own, options.variables]) {
		for (const [name, value] of part) if (keep(name)) result.set(name, value);
	}
	for (const custom of options.filter.custom) {
		const equals = custom.indexOf("=");
		result.set(equals < 0 ? custom : custom.slice(0, equals), equals < 0 ? "" : custom.slice(equals + 1));
	}
	return result;
}

function nameFilter(filter: EnvironmentFilter): (name: string) => boolean {
	if (filter.pristine) return () => false;
	const allow = filter.allow.map(globExpression);
	const deny = filter.deny.map(globExpression);
	return (name) =>
		(allow.length === 0 || allow.some((glob) => glob.test(name))) && !deny.some((glob) => glob.test(name));
}

/** Go's `path.Match`: `*` and `?` do not match a slash, `[a-z]` and `[^a-z]` are classes. */
function globExpression(glob: string): RegExp {
	const body = glob.replace(/\[\^?(?:\\.|[^\]\\])+\]|[\s\S]/gu, (part) => {
		if (part === "*") return "[^/]*";
		if (part === "?") return "[^/]";
		return part.length > 1 && part.startsWith("[") ? part : part.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
	});
	return new RegExp(`^${body}$`, "su");
}
