import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { Clock } from "../../lib/env/index.ts";
import { encodeJson, joined } from "../../lib/json/index.ts";
import type { JsonPieces } from "./reply.ts";

/** Longest stretch that encoding holds the event loop for; then others get their turn (decision 16 allows 50 ms). */
const sliceMsMax = 8;
/** Pieces between two looks at the clock. */
const piecesPerLook = 64;
/** Answers of this size and above are compressed for who asks. */
export const gzipBytesMin = 1400;

const gzipAsync = promisify(gzip);

/** Encoded answers by what they were made from: gone when the state forgets the value. */
export type EncodedAnswers = WeakMap<object, Map<string, Uint8Array | Promise<Uint8Array>>>;

/** The bytes of a list or object; at once when they exist already, else encoded in slices, once for all who ask meanwhile. */
export function encodePieces(
	pieces: JsonPieces,
	options: { readonly pretty: boolean; readonly gzip: boolean },
	encoded: EncodedAnswers,
	clock: Clock,
): Uint8Array | Promise<Uint8Array> {
	const { shared } = pieces;
	if (shared === undefined) return madeBytes(pieces, options, clock);
	const kept = encoded.get(shared.source) ?? new Map<string, Uint8Array | Promise<Uint8Array>>();
	encoded.set(shared.source, kept);
	const variant = `${shared.view}${options.pretty ? " pretty" : ""}${options.gzip ? " gzip" : ""}`;
	const known = kept.get(variant);
	if (known !== undefined) return known;
	const made = madeBytes(pieces, options, clock);
	kept.set(variant, made);
	if (made instanceof Promise) {
		made.then(
			(bytes) => kept.set(variant, bytes),
			() => kept.delete(variant),
		);
	}
	return made;
}

function madeBytes(
	pieces: JsonPieces,
	options: { readonly pretty: boolean; readonly gzip: boolean },
	clock: Clock,
): Uint8Array | Promise<Uint8Array> {
	const plain =
		pieces.items.length <= piecesPerLook
			? encodedAtOnce(pieces, options.pretty)
			: encodedInSlices(pieces, options.pretty, clock);
	if (!options.gzip) return plain;
	return Promise.resolve(plain).then((bytes) => (bytes.byteLength < gzipBytesMin ? bytes : compressed(bytes)));
}

function encodedAtOnce({ open, items, encode }: JsonPieces, pretty: boolean): Uint8Array {
	const texts = items.map((item) => encode(item, pretty));
	return Buffer.from(joined(open, closing(open), texts, pretty, 0) + finalNewline(pretty));
}

async function encodedInSlices(
	{ open, items, encode }: JsonPieces,
	pretty: boolean,
	clock: Clock,
): Promise<Uint8Array> {
	const separator = pretty ? ",\n    " : ",";
	const slices: Uint8Array[] = [Buffer.from(pretty ? `${open}\n    ` : open)];
	for (let next = 0; next < items.length; ) {
		const startMs = clock.monotonicMs();
		const texts: string[] = [];
		while (next < items.length && clock.monotonicMs() - startMs < sliceMsMax) {
			const end = Math.min(next + piecesPerLook, items.length);
			for (; next < end; next++) texts.push(encode(items[next], pretty));
		}
		slices.push(Buffer.from(texts.join(separator) + (next < items.length ? separator : "")));
		await new Promise<void>((resolve) => setImmediate(resolve));
	}
	slices.push(Buffer.from(`${pretty ? "\n" : ""}${closing(open)}${finalNewline(pretty)}`));
	return Buffer.concat(slices);
}

function closing(open: JsonPieces["open"]): string {
	return open === "[" ? "]" : "}";
}

/** A single value, for one reader. */
export function encodeValue(value: Parameters<typeof encodeJson>[0], pretty: boolean): Uint8Array {
	return Buffer.from(encodeJson(value, pretty) + finalNewline(pretty));
}

/** Compressed in the thread pool; speed counts more than the last per cent. */
export function compressed(bytes: Uint8Array): Promise<Uint8Array> {
	return gzipAsync(bytes, { level: constants.Z_BEST_SPEED });
}

function finalNewline(pretty: boolean): string {
	return pretty ? "\n" : "";
}
