/** Where something stands in a file; line and column start at 1. */
export interface Position {
	readonly file: string;
	readonly line: number;
	readonly column: number;
}

/** A value of a configuration file, of either syntax, with its place. */
export type ConfigNode =
	| { readonly kind: "string"; readonly value: string; readonly at: Position }
	| { readonly kind: "number"; readonly value: number; readonly text: string; readonly at: Position }
	| { readonly kind: "bool"; readonly value: boolean; readonly at: Position }
	/** JSON only. */
	| { readonly kind: "null"; readonly at: Position }
	| { readonly kind: "list"; readonly items: readonly ConfigNode[]; readonly at: Position }
	| ConfigObject;

/** `{ ... }`, a block's body, or a whole file. A key may stand several times: repeated blocks are gathered by the schema. */
export interface ConfigObject {
	readonly kind: "object";
	/** In the file's order. `key "label" { }` is the entry `key` with an object that has the one entry `label`. */
	readonly entries: readonly ConfigEntry[];
	readonly at: Position;
}

export interface ConfigEntry {
	readonly key: string;
	/** Of the key. */
	readonly at: Position;
	readonly value: ConfigNode;
}

/**
 * The value as plain data: numbers, strings, booleans, null, arrays and objects. A key that stands several times gives an array
 * of its values when these are objects; otherwise its last value counts.
 */
export function plainValue(node: ConfigNode): unknown {
	switch (node.kind) {
		case "string":
		case "number":
		case "bool":
			return node.value;
		case "null":
			return null;
		case "list":
			return node.items.map(plainValue);
		case "object":
			return plainObject(node);
	}
}

function plainObject(node: ConfigObject): Record<string, unknown> {
	const gathered = new Map<string, ConfigNode[]>();
	for (const { key, value } of node.entries) gathered.set(key, [...(gathered.get(key) ?? []), value]);
	const plain: Record<string, unknown> = Object.create(null);
	for (const [key, values] of gathered) {
		const repeatedBlock = values.length > 1 && values.every((value) => value.kind === "object");
		plain[key] = repeatedBlock ? values.map(plainValue) : plainValue(values.at(-1) as ConfigNode);
	}
	return plain;
}
