import { DiscoError } from "../../lib/errors.ts";

/** Pieces of the argument grammar (FUNCTIONS.md "API functions"), each a named group. */
export const pieces = {
	query: String.raw`(?:\?(?<query>[\w\-=&]+))?`,
	datacenter: String.raw`(?:@(?<datacenter>[\w.\-]+))?`,
	near: String.raw`(?:~(?<near>[\w.\-]+))?`,
	filter: String.raw`(?:\|(?<filter>[\w,]+))?`,
	tag: String.raw`(?:(?<tag>[\w=:.\-]+)\.)?`,
	serviceName: String.raw`(?<name>[\w\-]+)`,
	nodeName: String.raw`(?<name>[\w.\-]+)`,
	key: "/?(?<key>[^@?]+)",
} as const;

const queryKeys = ["ns", "peer", "partition", "sameness-group"];

/** A grammar over the whole argument. */
export function grammarOf(...parts: readonly string[]): RegExp {
	return new RegExp(`^${parts.join("")}$`, "s");
}

/**
 * The named groups of `text`.
 *
 * Errors: `DEPENDENCY_FORMAT`, with the reference's wording (`health.service: invalid format: "..."`), since people search for
 * it; `DEPENDENCY_UNSUPPORTED` for namespaces, partitions and peers, which the community edition has not (decision 2).
 */
export function matchArgument(
	grammar: RegExp,
	text: string,
	kind: string,
): Readonly<Record<string, string | undefined>> {
	const groups = grammar.exec(text)?.groups;
	if (groups === undefined)
		throw new DiscoError("DEPENDENCY_FORMAT", `${kind}: invalid format: ${JSON.stringify(text)}`);
	if (groups["query"] !== undefined) refuseParameters(groups["query"], kind);
	return groups;
}

function refuseParameters(query: string, kind: string): never {
	const keys = query.split("&").map((part) => part.split("=", 1)[0] ?? "");
	const unknown = keys.find((key) => !queryKeys.includes(key));
	if (unknown !== undefined) {
		throw new DiscoError(
			"DEPENDENCY_FORMAT",
			`${kind}: invalid query parameter key "${unknown}" in query "${query}": supported keys: ${queryKeys.join(",")}`,
		);
	}
	if (kind === "health.service" && keys.includes("peer") && keys.includes("sameness-group")) {
		throw new DiscoError("DEPENDENCY_FORMAT", `${kind}: cannot specify both peer and sameness-group`);
	}
	throw new DiscoError(
		"DEPENDENCY_UNSUPPORTED",
		`${kind}: "?${query}": namespaces, partitions and peers are not supported; leave the part after ? away`,
	);
}

/** `KIND(TEXT)`, or `KIND` alone without text; the parts that are undefined or empty are left out. */
export function dependencyId(kind: string, ...parts: readonly (string | undefined)[]): string {
	const inside = parts.join("");
	return inside === "" ? kind : `${kind}(${inside})`;
}

/** `MARK + value`, or nothing. */
export function marked(mark: string, value: string | undefined): string {
	return value === undefined || value === "" ? "" : mark + value;
}
