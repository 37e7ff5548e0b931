/** The parameters after the `?`. Of a repeated one the first counts, except where `all` is asked. */
export interface Query {
	/** The first value, or undefined when the parameter is absent. */
	first(name: string): string | undefined;
	all(name: string): readonly string[];
	/** Flags count by presence: `stale=false` is stale. */
	has(name: string): boolean;
	/** Nothing was given. */
	readonly isEmpty: boolean;
}

/**
 * Parses as Go's `url.ParseQuery` does: `+` is a space, `;` and a bad percent escape are errors, for which the reference answers
 * 500 with an empty body. Undefined then.
 */
export function parseQueryString(text: string): Query | undefined {
	if (text === "") return noParameters;
	const values = new Map<string, string[]>();
	for (const pair of text.split("&")) {
		if (pair === "") continue;
		if (pair.includes(";")) return undefined;
		const equals = pair.indexOf("=");
		const name = resolved(equals < 0 ? pair : pair.slice(0, equals));
		const value = equals < 0 ? "" : resolved(pair.slice(equals + 1));
		if (name === undefined || value === undefined) return undefined;
		const known = values.get(name);
		if (known === undefined) values.set(name, [value]);
		else known.push(value);
	}
	return queryOf(values);
}

function queryOf(values: ReadonlyMap<string, readonly string[]>): Query {
	return {
		first: (name) => values.get(name)?.[0],
		all: (name) => values.get(name) ?? [],
		has: (name) => values.has(name),
		isEmpty: values.size === 0,
	};
}

const noParameters = queryOf(new Map());

function resolved(text: string): string | undefined {
	const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
	if (!spaced.includes("%")) return spaced;
	return decodePercent(spaced);
}

/** Percent escapes resolved; undefined for a malformed one or bytes that are no UTF-8. */
export function decodePercent(text: string): string | undefined {
	try {
		return decodeURIComponent(text);
	} catch {
		return undefined;
	}
}
