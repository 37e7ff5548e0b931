/** A shell-like glob over a whole name: `*`, `?`, `[a-z]`. */
export function globPattern(glob: string): RegExp {
	const body = glob.replace(/\[[^\]]+\]|[\s\S]/g, (part) => {
		if (part === "*") return ".*";
		if (part === "?") return ".";
		if (part.length > 1) return part.replace(/^\[!/, "[^");
		return part.replace(/[\\^$.|+(){}[\]]/g, "\\$&");
	});
	return new RegExp(`^${body}$`, "s");
}
