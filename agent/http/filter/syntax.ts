import { DiscoError } from "../../../lib/errors.ts";

/** A filter expression's tree. `and` binds tighter than `or`; words are lower case only. */
export type Expression =
	| { readonly kind: "and" | "or"; readonly left: Expression; readonly right: Expression }
	| { readonly kind: "not"; readonly operand: Expression }
	| Match;

export interface Match {
	readonly kind: "match";
	readonly operator: MatchOperator;
	readonly negated: boolean;
	/** `ServiceMeta.env` and `ServiceMeta["env"]` are the same. */
	readonly selector: readonly string[];
	/** Absent for `empty`. */
	readonly value?: string;
}

export type MatchOperator = "equal" | "in" | "empty" | "matches";

/** Longest expression in characters, and how deep parentheses and `not` may nest. */
const lengthMax = 16_384;
const depthMax = 100;

/** Parses an expression. Fails with `FILTER_INVALID`, which names the position (line:column) and what is expected there. */
export function parseFilter(text: string): Expression {
	if (text.length > lengthMax) throw new DiscoError("FILTER_INVALID", `filter is longer than ${lengthMax} characters`);
	const parser: Parser = { text, at: 0, depth: 0 };
	const expression = readOr(parser);
	skipSpace(parser);
	if (parser.at < text.length) throw expected(parser, '"and", "or" or the end');
	return expression;
}

interface Parser {
	readonly text: string;
	at: number;
	depth: number;
}

function readOr(parser: Parser): Expression {
	let left = readAnd(parser);
	while (takeWord(parser, "or")) left = { kind: "or", left, right: readAnd(parser) };
	return left;
}

function readAnd(parser: Parser): Expression {
	let left = readNot(parser);
	while (takeWord(parser, "and")) left = { kind: "and", left, right: readNot(parser) };
	return left;
}

function readNot(parser: Parser): Expression {
	if (++parser.depth > depthMax) throw new DiscoError("FILTER_INVALID", `filter nests deeper than ${depthMax}`);
	try {
		if (takeWord(parser, "not")) return { kind: "not", operand: readNot(parser) };
		if (take(parser, /\(/y) === undefined) return readMatch(parser);
		const inner = readOr(parser);
		if (take(parser, /\)/y) === undefined) throw expected(parser, '")"');
		return inner;
	} finally {
		parser.depth--;
	}
}

/** `SELECTOR operator VALUE`, `VALUE in SELECTOR`, `SELECTOR is empty`. */
function readMatch(parser: Parser): Match {
	const start = parser.at;
	const value = readValue(parser);
	const membership = takeMembership(parser);
	if (membership !== undefined)
		return { kind: "match", operator: "in", ...membership, selector: readSelector(parser), value };
	parser.at = start;
	const selector = readSelector(parser);
	return { kind: "match", selector, ...readOperation(parser) };
}

function takeMembership(parser: Parser): { readonly negated: boolean } | undefined {
	if (takeWord(parser, "in")) return { negated: false };
	const start = parser.at;
	if (takeWord(parser, "not") && takeWord(parser, "in")) return { negated: true };
	parser.at = start;
	return undefined;
}

function readOperation(parser: Parser): Pick<Match, "operator" | "negated" | "value"> {
	if (take(parser, /==/y) !== undefined) return { operator: "equal", negated: false, value: readValue(parser) };
	if (take(parser, /!=/y) !== undefined) return { operator: "equal", negated: true, value: readValue(parser) };
	if (takeWord(parser, "is")) {
		const negated = takeWord(parser, "not");
		if (!takeWord(parser, "empty")) throw expected(parser, '"empty" or "not empty"');
		return { operator: "empty", negated };
	}
	const negated = takeWord(parser, "not");
	if (takeWord(parser, "contains")) return { operator: "in", negated, value: readValue(parser) };
	if (takeWord(parser, "matches")) return { operator: "matches", negated, value: readValue(parser) };
	throw expected(parser, '"!=", "==", "contains", "in", "is", "matches" or "not"');
}

function readSelector(parser: Parser): readonly string[] {
	const first = take(parser, /[a-zA-Z][a-zA-Z0-9_/]*/y);
	if (first === undefined) throw expected(parser, "a field's name");
	const selector = [first];
	for (;;) {
		const next =
			takeHere(parser, /\.([a-zA-Z0-9][a-zA-Z0-9_/]*)/y) ?? takeHere(parser, /\[\s*(?:"([^"]*)"|`([^`]*)`)\s*\]/y);
		if (next === undefined) return selector;
		selector.push(next);
	}
}

/** A bare word, a number, or text in `"` or backticks. */
function readValue(parser: Parser): string {
	skipSpace(parser);
	const quote = parser.text[parser.at];
	if (quote === '"' || quote === "`") return readQuoted(parser, quote);
	const bare = takeHere(parser, /([a-zA-Z][a-zA-Z0-9_/]*(?:\.[a-zA-Z0-9][a-zA-Z0-9_/]*)*|-?\d+(?:\.\d+)?(?=[\s)]|$))/y);
	if (bare === undefined) throw expected(parser, "a value: a word, a number, or text in quotes");
	return bare;
}

function readQuoted(parser: Parser, quote: string): string {
	// A quote ends the text even behind a backslash, which is an error then (measured): such texts stand in backticks.
	const pattern = quote === '"' ? /"([^"]*)"/y : /`([^`]*)`/y;
	const start = parser.at;
	const inner = takeHere(parser, pattern);
	if (inner === undefined) {
		parser.at = start;
		throw new DiscoError("FILTER_INVALID", `${position(parser)}: unterminated text, expected ${quote}`);
	}
	if (quote === "`") return inner;
	const text = unescaped(inner);
	if (text !== undefined) return text;
	parser.at = start;
	throw new DiscoError("FILTER_INVALID", `${position(parser)}: rule "string": invalid syntax`);
}

const escapeForm = /\\(?:([abfnrtv\\])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([0-7]{3}))|\\/g;
const controls: Readonly<Record<string, string>> = {
	a: "\x07",
	b: "\b",
	f: "\f",
	n: "\n",
	r: "\r",
	t: "\t",
	v: "\v",
	"\\": "\\",
};

/** Escapes as Go writes them; undefined for one that does not exist. */
function unescaped(text: string): string | undefined {
	if (/[\n\r]/.test(text)) return undefined;
	let good = true;
	const plain = text.replaceAll(
		escapeForm,
		(_whole, control?: string, hex?: string, unicode?: string, octal?: string) => {
			if (control !== undefined) return controls[control] ?? "";
			const digits = hex ?? unicode;
			if (digits !== undefined) return String.fromCharCode(Number.parseInt(digits, 16));
			if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
			good = false;
			return "";
		},
	);
	return good ? plain : undefined;
}

function takeWord(parser: Parser, word: string): boolean {
	// White space has to follow, also before a parenthesis (measured); only `empty` may be the end.
	const end = word === "empty" ? "(?![a-zA-Z0-9_/.])" : "(?=[ \\t\\r\\n])";
	return take(parser, new RegExp(`${word}${end}`, "y")) !== undefined;
}

/** Takes what the pattern matches after white space; its first group if it has one. */
function take(parser: Parser, pattern: RegExp): string | undefined {
	const start = parser.at;
	skipSpace(parser);
	const taken = takeHere(parser, pattern);
	if (taken === undefined) parser.at = start;
	return taken;
}

function takeHere(parser: Parser, pattern: RegExp): string | undefined {
	pattern.lastIndex = parser.at;
	const match = pattern.exec(parser.text);
	if (match === null) return undefined;
	parser.at = pattern.lastIndex;
	return match.slice(1).find((group) => group !== undefined) ?? match[0];
}

function skipSpace(parser: Parser): void {
	while (/[ \t\r\n]/.test(parser.text[parser.at] ?? "")) parser.at++;
}

function expected(parser: Parser, what: string): DiscoError {
	skipSpace(parser);
	return new DiscoError("FILTER_INVALID", `${position(parser)}: no match found, expected: ${what}`);
}

/** `line:column (offset)`, from 1. */
function position(parser: Parser): string {
	const before = parser.text.slice(0, parser.at).split("\n");
	return `${before.length}:${(before.at(-1) ?? "").length + 1} (${parser.at})`;
}
