const pairsMax = 64;
const keyLengthMax = 128;
const valueLengthMax = 512;

/** What a service's metadata breaks, in the reference's words; undefined when they are fine. */
export function metaProblem(meta: Readonly<Record<string, string>>): string | undefined {
	const pairs = Object.entries(meta);
	if (pairs.length > pairsMax) return `Node metadata cannot contain more than ${pairsMax} key/value pairs`;
	for (const [name, value] of pairs) {
		const problem = pairProblem(name, value);
		if (problem !== undefined) return `Couldn't load metadata pair ('${name}', '${value}'): ${problem}`;
	}
	return undefined;
}

function pairProblem(name: string, value: string): string | undefined {
	if (name === "") return "Key cannot be blank";
	if (!/^[a-zA-Z0-9_-]+$/.test(name)) return "Key contains invalid characters";
	if (name.length > keyLengthMax) return `Key is too long (limit: ${keyLengthMax} characters)`;
	if (name.startsWith("consul-")) return "Key prefix 'consul-' is reserved for internal use";
	if (value.length > valueLengthMax) return `Value is too long (limit: ${valueLengthMax} characters)`;
	return undefined;
}
