import { isIP } from "node:net";
import { tryParseDurationMs } from "../../lib/duration.ts";
import { type ConfigNode, type Field, field, invalidValue } from "../../lib/hcl/index.ts";

/**
 * Values of an agent's configuration: the type must be right, as in the reference, which reads no number from a text and no text
 * from a number. A list of one stands for its value. (`lib/hcl`'s own fields are as lenient as consul-template.)
 */
function strict<Value>(decode: (node: ConfigNode) => Value | undefined, wanted: string): Field<Value> {
	return field.custom((node, path) => {
		const [only, ...more] = node.kind === "list" ? node.items : [node];
		const value = only === undefined || more.length > 0 ? undefined : decode(only);
		if (value === undefined) throw invalidValue(node, path, wanted);
		return value;
	});
}

export const text = strict((node) => (node.kind === "string" ? node.value : undefined), "a text");

export const bool = strict((node) => (node.kind === "bool" ? node.value : undefined), "true or false");

export const number = strict((node) => (node.kind === "number" ? node.value : undefined), "a number");

export const positive = strict(
	(node) => (node.kind === "number" && node.value > 0 ? node.value : undefined),
	"a number above 0",
);

export const int = strict(
	(node) => (node.kind === "number" && Number.isSafeInteger(node.value) ? node.value : undefined),
	"a whole number",
);

/** A whole number of 0 or more. */
export const count = intBetween(0, Number.MAX_SAFE_INTEGER, "a whole number of 0 or more");

export function intBetween(min: number, max: number, wanted: string): Field<number> {
	return strict((node) => {
		const isOne = node.kind === "number" && Number.isSafeInteger(node.value) && node.value >= min && node.value <= max;
		return isOne ? node.value : undefined;
	}, wanted);
}

/** A duration in Go's syntax, in milliseconds. */
export const durationMs = strict(
	(node) => (node.kind === "string" ? tryParseDurationMs(node.value) : undefined),
	'a duration such as "10s" or "1m30s"',
);

/** A list of texts. */
export const texts: Field<readonly string[]> = field.custom(textList);

function textList(node: ConfigNode, path: string): readonly string[] {
	if (node.kind !== "list") throw invalidValue(node, path, 'a list of texts, as in ["a", "b"]');
	return node.items.map((item) => {
		if (item.kind !== "string") throw invalidValue(item, path, "a text");
		return item.value;
	});
}

/** A list of texts; one text is a list of one. */
export const wordOrTexts: Field<readonly string[]> = field.custom((node, path) =>
	node.kind === "string" ? [node.value] : textList(node, path),
);

/** A list of networks such as `10.0.0.0/8`. */
export const networks: Field<readonly string[]> = field.custom((node, path) => {
	if (node.kind !== "list") throw invalidValue(node, path, 'a list of networks, as in ["10.0.0.0/8"]');
	return node.items.map((item) => {
		if (item.kind !== "string" || !isNetwork(item.value)) {
			throw invalidValue(item, path, "a network such as 10.0.0.0/8");
		}
		return item.value;
	});
});

/** `10.0.0.0/8`, `fd00::/8`. */
function isNetwork(given: string): boolean {
	const match = /^(.+)\/(\d{1,3})$/.exec(given);
	const family = isIP(match?.[1] ?? "");
	return family !== 0 && Number(match?.[2]) <= (family === 4 ? 32 : 128);
}

/** Names with texts; repeated blocks are merged. */
export const textMap: Field<Readonly<Record<string, string>>> = {
	decode(entries, path) {
		const map: Record<string, string> = Object.create(null);
		for (const { value } of entries) {
			const objects = value.kind === "list" ? value.items : [value];
			for (const object of objects) {
				if (object.kind !== "object") throw invalidValue(object, path, `a block, as in ${path} { name = "text" }`);
				for (const entry of object.entries) {
					map[entry.key] = entry.value.kind === "null" ? "" : text.decode([entry], `${path}.${entry.key}`);
				}
			}
		}
		return map;
	},
};
