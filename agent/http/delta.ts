import { encodeJson, joined } from "../../lib/json/index.ts";
import type { JsonPieces } from "./reply.ts";

/** The elements of an answer by their keys, each as JSON. Sorted by key, byte for byte, they stand in the answer's order. */
export type Elements = ReadonlyMap<string, string>;

/** JSON of elements that were shown before: a record that did not change is encoded once for all streams. */
export type EncodedElements = WeakMap<JsonPieces["encode"], WeakMap<object, string>>;

/** Undefined for an answer that has no parts which could be told apart; it is one part, then. */
export function elementsOf({ items, encode, open, keyOf }: JsonPieces, encoded: EncodedElements): Elements | undefined {
	const elements = new Map<string, string>();
	for (const item of items) {
		const text = textOf(item, encode, encoded);
		if (open === "{") {
			// A member: its name is its key.
			const [name, value] = member(text);
			elements.set(name, value);
		} else if (keyOf === undefined) return undefined;
		else elements.set(keyOf(item), text);
	}
	return elements;
}

function textOf(item: unknown, encode: JsonPieces["encode"], encoded: EncodedElements): string {
	if (typeof item !== "object" || item === null) return encode(item, false);
	let texts = encoded.get(encode);
	if (texts === undefined) {
		texts = new WeakMap();
		encoded.set(encode, texts);
	}
	let text = texts.get(item);
	if (text === undefined) {
		text = encode(item, false);
		texts.set(item, text);
	}
	return text;
}

/** `"name":value` taken apart. */
function member(text: string): readonly [string, string] {
	const end = /^"(?:[^"\\]|\\.)*"/.exec(text)?.[0].length ?? 0;
	return [String(JSON.parse(text.slice(0, end))), text.slice(end + 1)];
}

/** All elements, as a JSON object. */
export function snapshotJson(elements: Elements): string {
	return objectJson([...elements]);
}

/** What is different, as JSON; undefined when nothing is. */
export function deltaJson(before: Elements, after: Elements): string | undefined {
	const added: (readonly [string, string])[] = [];
	const changed: (readonly [string, string])[] = [];
	for (const element of after) {
		const known = before.get(element[0]);
		if (known === undefined) added.push(element);
		else if (known !== element[1]) changed.push(element);
	}
	const removed = [...before.keys()].filter((key) => !after.has(key));
	if (added.length + changed.length + removed.length === 0) return undefined;
	return `{"Added":${objectJson(added)},"Changed":${objectJson(changed)},"Removed":${encodeJson(removed)}}`;
}

function objectJson(members: readonly (readonly [string, string])[]): string {
	return joined(
		"{",
		"}",
		members.map(([key, text]) => `${encodeJson(key)}:${text}`),
		false,
		0,
	);
}
