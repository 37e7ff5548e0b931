import type { Encodable } from "../../lib/json/index.ts";

/** What a route answers; `send.ts` turns it into bytes. */
export interface Reply {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: ReplyBody;
}

export type ReplyBody =
	| { readonly kind: "empty" }
	| { readonly kind: "text"; readonly text: string }
	| { readonly kind: "json"; readonly value: Encodable }
	| { readonly kind: "json-pieces"; readonly pieces: JsonPieces }
	| { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly contentType: string }
	| { readonly kind: "stream"; readonly pieces: AsyncIterable<Uint8Array | string>; readonly contentType: string };

/**
 * A JSON list or object that may be large: encoded piece by piece so that the event loop goes on, and only once for all readers
 * of the same `source`.
 */
export interface JsonPieces {
	readonly open: "[" | "{";
	readonly items: readonly unknown[];
	/** An element, or a member with its name, standing at level 1. */
	readonly encode: (item: unknown, pretty: boolean) => string;
	/** Of a list: tells its elements apart in `?stream&delta`; in byte order the keys stand as the elements do. */
	readonly keyOf?: (item: unknown) => string;
	/** What the pieces were made from, and how. Absent when the answer is for this reader only. */
	readonly shared?: { readonly source: object; readonly view: string };
}

type Headers = Readonly<Record<string, string>>;

export function empty(status = 200, headers: Headers = {}): Reply {
	return { status, headers, body: { kind: "empty" } };
}

export function plainText(status: number, text: string, headers: Headers = {}): Reply {
	return { status, headers, body: { kind: "text", text } };
}

/** Sent as it is made; a client that does not read is waited for, and `pieces` is told to end when it goes. */
export function stream(pieces: AsyncIterable<Uint8Array | string>, contentType: string, headers: Headers = {}): Reply {
	return { status: 200, headers, body: { kind: "stream", pieces, contentType } };
}

export function json(value: Encodable, headers: Headers = {}, status = 200): Reply {
	return { status, headers, body: { kind: "json", value } };
}

interface PiecesOptions<Item> {
	readonly headers: Headers;
	readonly shared?: { readonly source: object; readonly view: string };
	readonly keyOf?: (item: Item) => string;
}

/** A list whose elements are made by `encode` from `items`; see `JsonPieces`. */
export function jsonList<Item>(
	items: readonly Item[],
	encode: (item: Item, pretty: boolean) => string,
	options: PiecesOptions<Item>,
): Reply {
	return pieces("[", items, encode, options);
}

/** As `jsonList`, for an object's members (name included, already sorted). */
export function jsonMembers<Item>(
	items: readonly Item[],
	encode: (item: Item, pretty: boolean) => string,
	options: PiecesOptions<Item>,
): Reply {
	return pieces("{", items, encode, options);
}

function pieces<Item>(
	open: JsonPieces["open"],
	items: readonly Item[],
	encode: (item: Item, pretty: boolean) => string,
	{ headers, shared, keyOf }: PiecesOptions<Item>,
): Reply {
	const made: JsonPieces = {
		open,
		items,
		encode: encode as JsonPieces["encode"],
		...(shared === undefined ? {} : { shared }),
		...(keyOf === undefined ? {} : { keyOf: keyOf as (item: unknown) => string }),
	};
	return { status: 200, headers, body: { kind: "json-pieces", pieces: made } };
}
