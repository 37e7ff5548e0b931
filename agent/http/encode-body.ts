import { Readable } from "node:stream";
import { promisify } from "node:util";
import { constants, createGzip, gzip } from "node:zlib";
import type { Clock } from "../../lib/env/index.ts";
import { encodeJson, joined } from "../../lib/json/index.ts";
import type { JsonPieces } from "./reply.ts";

/** Longest stretch that encoding holds the event loop for; then others get their turn (decision 16 allows 50 ms). */
const sliceMsMax = 8;
/** Pieces between two looks at the clock, and the text of them that ends this span sooner: one key may have half a megabyte. */
const piecesPerLook = 64;
const charactersPerLook = 256 * 1024;
/** Text of one slice: joining it and making it bytes takes time, too. */
const charactersPerSlice = 2 * 1024 * 1024;
/** Answers of this size and above are compressed for who asks. */
const gzipBytesMin = 1400;
/**
 * Text up to here is kept as such: Node writes it together with the headers, in one system call and one packet, where bytes take
 * two buffers (15 % more answers per second).
 */
const textBytesMax = 16 * 1024;
/** Copying more than this would hold the event loop for milliseconds. */
const joinedBytesMax = 4 * 1024 * 1024;
const jsonType = "application/json";

const gzipAsync = promisify(gzip);
const gzipOptions = { level: constants.Z_BEST_SPEED };

/** The bytes of an answer, ready to be sent. */
export interface EncodedBody {
	/** Text below `textBytesMax`: it goes out with the headers in one piece. Several pieces when it is so large that joining them takes time. */
	readonly content: string | Uint8Array | readonly Uint8Array[];
	readonly byteLength: number;
	readonly contentType: string;
	readonly isCompressed: boolean;
	/** Of text: as many bytes as characters. */
	readonly isAscii: boolean;
	/** Of one that several readers get: how it was sent last, so that the same bytes can go out again. */
	readonly sent?: SentAnswer;
}

/** An answer's head, and with its second use all of its bytes. */
export interface SentAnswer {
	head: string;
	bytes: Buffer | undefined;
}

/** Encoded answers by what they were made from: gone when the state forgets the value. */
export type EncodedAnswers = WeakMap<object, Map<string, EncodedBody | Promise<EncodedBody>>>;

/** The bytes of a list or object; at once when they exist already, else encoded in slices, once for all who ask meanwhile. */
export function encodePieces(
	pieces: JsonPieces,
	options: { readonly pretty: boolean; readonly gzip: boolean },
	encoded: EncodedAnswers,
	clock: Clock,
): EncodedBody | Promise<EncodedBody> {
	const { shared } = pieces;
	if (shared === undefined) return made(pieces, options, clock);
	let kept = encoded.get(shared.source);
	if (kept === undefined) {
		kept = new Map();
		encoded.set(shared.source, kept);
	}
	const variant = `${shared.view}${options.pretty ? " pretty" : ""}${options.gzip ? " gzip" : ""}`;
	const known = kept.get(variant);
	if (known !== undefined) return known;
	const answer = made(pieces, options, clock);
	if (!(answer instanceof Promise)) {
		const body = forMany(answer);
		kept.set(variant, body);
		return body;
	}
	const later = answer.then(forMany);
	kept.set(variant, later);
	later.then(
		(body) => kept.set(variant, body),
		() => kept.delete(variant),
	);
	return later;
}

function forMany(body: EncodedBody): EncodedBody {
	return { ...body, sent: { head: "", bytes: undefined } };
}

function made(
	pieces: JsonPieces,
	options: { readonly pretty: boolean; readonly gzip: boolean },
	clock: Clock,
): EncodedBody | Promise<EncodedBody> {
	const { open, items } = pieces;
	const texts = encodeSome(pieces, 0, options.pretty);
	if (texts.length < items.length)
		return encodedInSlices(pieces, texts, options.pretty, clock).then((body) => squeezed(body, options.gzip));
	const text = joined(open, closing(open), texts, options.pretty, 0) + finalNewline(options.pretty);
	return squeezed(encodedText(text, jsonType), options.gzip);
}

/** As many items from `next` on as may be encoded without a look at the clock. */
function encodeSome({ items, encode }: JsonPieces, next: number, pretty: boolean): string[] {
	const texts: string[] = [];
	const end = Math.min(next + piecesPerLook, items.length);
	for (let at = next, characters = 0; at < end && characters < charactersPerLook; at++) {
		const text = encode(items[at], pretty);
		characters += text.length;
		texts.push(text);
	}
	return texts;
}

/** `first`: the items that are encoded already. */
async function encodedInSlices(
	pieces: JsonPieces,
	first: readonly string[],
	pretty: boolean,
	clock: Clock,
): Promise<EncodedBody> {
	const { open, items } = pieces;
	const separator = pretty ? ",\n    " : ",";
	const slices: Uint8Array[] = [Buffer.from(pretty ? `${open}\n    ` : open)];
	slices.push(Buffer.from(first.join(separator) + separator));
	for (let next = first.length; next < items.length; ) {
		await new Promise<void>((resolve) => setImmediate(resolve));
		const startMs = clock.monotonicMs();
		const texts: string[] = [];
		let characters = 0;
		while (next < items.length && characters < charactersPerSlice && clock.monotonicMs() - startMs < sliceMsMax) {
			const some = encodeSome(pieces, next, pretty);
			for (const text of some) characters += text.length;
			texts.push(...some);
			next += some.length;
		}
		slices.push(Buffer.from(texts.join(separator) + (next < items.length ? separator : "")));
	}
	await new Promise<void>((resolve) => setImmediate(resolve));
	slices.push(Buffer.from(`${pretty ? "\n" : ""}${closing(open)}${finalNewline(pretty)}`));
	const byteLength = slices.reduce((sum, { length }) => sum + length, 0);
	const content = byteLength <= joinedBytesMax ? Buffer.concat(slices) : slices;
	return { content, byteLength, contentType: jsonType, isCompressed: false, isAscii: false };
}

function closing(open: JsonPieces["open"]): string {
	return open === "[" ? "]" : "}";
}

/** A single value, for one reader. */
export function encodeValue(value: Parameters<typeof encodeJson>[0], pretty: boolean): EncodedBody {
	return encodedText(encodeJson(value, pretty) + finalNewline(pretty), jsonType);
}

export function encodedText(text: string, contentType: string): EncodedBody {
	const byteLength = Buffer.byteLength(text);
	const isAscii = byteLength === text.length;
	const content = byteLength <= textBytesMax ? text : Buffer.from(text);
	return { content, byteLength, contentType, isCompressed: false, isAscii };
}

/** Compressed in the thread pool when the client takes it and it is worth it; speed counts more than the last per cent. */
export function squeezed(body: EncodedBody, gzip: boolean): EncodedBody | Promise<EncodedBody> {
	if (!gzip || body.byteLength < gzipBytesMin) return body;
	const { content, contentType } = body;
	if (isPieces(content)) {
		return squeezedPieces(content).then((pieces) => ({
			content: pieces,
			byteLength: pieces.reduce((sum, { length }) => sum + length, 0),
			contentType,
			isCompressed: true,
			isAscii: false,
		}));
	}
	return gzipAsync(content, gzipOptions).then((compressed) => ({
		content: compressed,
		byteLength: compressed.byteLength,
		contentType,
		isCompressed: true,
		isAscii: false,
	}));
}

async function squeezedPieces(pieces: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
	const squeezing = Readable.from(pieces, { objectMode: true }).pipe(createGzip(gzipOptions));
	const compressed: Buffer[] = [];
	for await (const piece of squeezing) compressed.push(piece as Buffer);
	return compressed;
}

function isPieces(content: EncodedBody["content"]): content is readonly Uint8Array[] {
	return Array.isArray(content);
}

/** What is written one after the other. */
export function piecesOf(content: EncodedBody["content"]): readonly (string | Uint8Array)[] {
	return isPieces(content) ? content : [content];
}

function finalNewline(pretty: boolean): string {
	return pretty ? "\n" : "";
}
