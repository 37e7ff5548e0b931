/**
 * The elements of a comma list; `\,` is a literal comma, empty elements are dropped, spaces are kept.
 */
function splitTags(text: string): string[] {
	return text
		.split(/(?<!\\),/)
		.map((tag) => tag.replaceAll("\\,", ","))
		.filter((tag) => tag !== "");
}

/**
 * The tags of a service: its own, those of `-tags`, then `udp` for UDP.
 *
 * Each list keeps its order; `compat` turns each around, as the reference does.
 */
export function serviceTags(own: string, forced: string, protocol: string, compat: boolean): string[] {
	const ordered = (text: string) => (compat ? splitTags(text).reverse() : splitTags(text));
	return [...ordered(own), ...ordered(forced), ...(protocol === "udp" ? ["udp"] : [])];
}
