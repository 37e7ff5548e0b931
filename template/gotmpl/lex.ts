import { nameRune, quote } from "./format/quote.ts";
import { type Keyword, keywords, type Token, type TokenType } from "./token.ts";

/** How a text is cut into tokens. */
export type LexOptions = {
	readonly left: string;
	readonly right: string;
	/** Keywords that are ordinary names here: `break` and `continue`, when functions have these names. */
	readonly notKeywords: ReadonlySet<string>;
};

const spaces = " \t\r\n";
const trimMarkerLength = 2;

/** Cuts a template text into tokens; the last one is `eof` or `error`. */
export function lex(text: string, options: LexOptions): Token[] {
	const scan: Scan = { text, ...options, tokens: [], at: 0, line: 1, lineAt: 0, parens: 0 };
	let step: Step = lexText;
	while (step !== "done") step = step(scan);
	return scan.tokens;
}

type Scan = LexOptions & {
	readonly text: string;
	readonly tokens: Token[];
	at: number;
	/** Line of offset `lineAt`; both only move forward. */
	line: number;
	lineAt: number;
	/** Open parentheses in the action. */
	parens: number;
};

/** What to do next: the lexer is a state machine, as template text changes its meaning at every delimiter. */
type Step = ((scan: Scan) => Step) | "done";

function emit(scan: Scan, type: TokenType, start: number, value = scan.text.slice(start, scan.at)): void {
	for (; scan.lineAt < start; scan.lineAt++) if (scan.text[scan.lineAt] === "\n") scan.line++;
	scan.tokens.push({ type, value, at: start, line: scan.line });
}

function fail(scan: Scan, start: number, reason: string): Step {
	emit(scan, "error", start, reason);
	return "done";
}

function lexText(scan: Scan): Step {
	const start = scan.at;
	const next = scan.text.indexOf(scan.left, start);
	if (next === -1) {
		scan.at = scan.text.length;
		if (scan.at > start) emit(scan, "text", start);
		emit(scan, "eof", scan.at);
		return "done";
	}
	scan.at = next;
	if (isLeftTrim(scan, next + scan.left.length)) {
		while (scan.at > start && isSpace(scan.text[scan.at - 1])) scan.at--;
	}
	if (scan.at > start) emit(scan, "text", start);
	scan.at = next;
	return lexLeftDelimiter;
}

function lexLeftDelimiter(scan: Scan): Step {
	const start = scan.at;
	const inside = start + scan.left.length;
	const afterMarker = inside + (isLeftTrim(scan, inside) ? trimMarkerLength : 0);
	if (scan.text.startsWith("/*", afterMarker)) {
		scan.at = afterMarker;
		return lexComment;
	}
	scan.at = inside;
	emit(scan, "leftDelimiter", start);
	scan.at = afterMarker;
	scan.parens = 0;
	return lexAction;
}

function lexComment(scan: Scan): Step {
	const start = scan.at;
	const end = scan.text.indexOf("*/", start + 2);
	if (end === -1) return fail(scan, start, "unclosed comment");
	scan.at = end + 2;
	if (!isRightDelimiter(scan)) return fail(scan, start, "comment ends before closing delimiter");
	closeAction(scan);
	return lexText;
}

/** Steps over the right delimiter, its trim marker and the blanks that the marker swallows; gives its offset. */
function closeAction(scan: Scan): number {
	const trims = isRightTrim(scan, scan.at);
	const start = scan.at + (trims ? trimMarkerLength : 0);
	scan.at = start + scan.right.length;
	if (trims) while (isSpace(scan.text[scan.at])) scan.at++;
	return start;
}

function lexAction(scan: Scan): Step {
	const start = scan.at;
	if (isRightDelimiter(scan)) {
		if (scan.parens > 0) return fail(scan, start, "unclosed left paren");
		const delimiterAt = closeAction(scan);
		emit(scan, "rightDelimiter", delimiterAt, scan.right);
		return lexText;
	}
	const character = characterAt(scan.text, start);
	if (character === "") return fail(scan, start, "unclosed action");
	if (isSpace(character)) return lexSpace;
	if (isAlphanumeric(character) && !isDigit(character)) return lexWord;
	scan.at += character.length;
	switch (character) {
		case "=":
			emit(scan, "assign", start);
			return lexAction;
		case ":":
			if (scan.text[scan.at] !== "=") return fail(scan, start, "expected :=");
			scan.at++;
			emit(scan, "declare", start);
			return lexAction;
		case "|":
			emit(scan, "pipe", start);
			return lexAction;
		case '"':
		case "'":
		case "`":
			scan.at = start;
			return lexQuoted;
		case "$":
			return lexPath(scan, start, "variable");
		case ".":
			if (isDigit(scan.text[scan.at]) || scan.at === scan.text.length) return lexNumber(scan, start);
			return lexPath(scan, start, "field");
		case "(":
			emit(scan, "leftParen", start);
			scan.parens++;
			return lexAction;
		case ")":
			scan.parens--;
			if (scan.parens < 0) return fail(scan, start, "unexpected right paren");
			emit(scan, "rightParen", start);
			return lexAction;
		default:
			break;
	}
	if (character === "+" || character === "-" || isDigit(character)) return lexNumber(scan, start);
	if (character > " " && character < "\x7f") {
		emit(scan, "char", start);
		return lexAction;
	}
	return fail(scan, start, `unrecognized character in action: ${nameRune(character)}`);
}

/** Blanks, up to the one that belongs to a trim marker. */
function lexSpace(scan: Scan): Step {
	const start = scan.at;
	while (isSpace(scan.text[scan.at])) scan.at++;
	const last = scan.at - 1;
	if (isRightTrim(scan, last) && scan.text.startsWith(scan.right, last + trimMarkerLength)) scan.at = last;
	if (scan.at > start) emit(scan, "space", start);
	return lexAction;
}

/** A keyword, a boolean or the name of a function. */
function lexWord(scan: Scan): Step {
	const start = scan.at;
	skipAlphanumeric(scan);
	const word = scan.text.slice(start, scan.at);
	if (!isTerminator(scan)) return badCharacter(scan, start);
	if (keywords.has(word) && !scan.notKeywords.has(word)) emit(scan, word as Keyword, start);
	else emit(scan, word === "true" || word === "false" ? "bool" : "identifier", start);
	return lexAction;
}

/** `.name` or `$name`, whose first character is already read; alone they are the dot and the variable `$`. */
function lexPath(scan: Scan, start: number, type: "field" | "variable"): Step {
	if (isTerminator(scan)) {
		emit(scan, type === "field" ? "dot" : "variable", start);
		return lexAction;
	}
	skipAlphanumeric(scan);
	if (!isTerminator(scan)) return badCharacter(scan, start);
	emit(scan, type, start);
	return lexAction;
}

function badCharacter(scan: Scan, start: number): Step {
	return fail(scan, start, `bad character ${nameRune(characterAt(scan.text, scan.at))}`);
}

const unterminated: Readonly<Record<string, string>> = {
	'"': "unterminated quoted string",
	"'": "unterminated character constant",
	"`": "unterminated raw quoted string",
};

function lexQuoted(scan: Scan): Step {
	const start = scan.at;
	const mark = scan.text[start] ?? "";
	const raw = mark === "`";
	for (scan.at++; ; scan.at++) {
		let character = scan.text[scan.at];
		if (character === mark) break;
		if (character === "\\" && !raw) character = scan.text[++scan.at];
		if (character === undefined || (character === "\n" && !raw)) return fail(scan, start, unterminated[mark] ?? "");
	}
	scan.at++;
	emit(scan, mark === "'" ? "number" : "string", start);
	return lexAction;
}

/** A number's extent; its value is read by the parser. `1+2i` has no blanks and ends in `i`. */
function lexNumber(scan: Scan, start: number): Step {
	scan.at = start;
	let valid = scanNumber(scan);
	if (valid && /^[+-]$/.test(scan.text[scan.at] ?? "")) valid = scanNumber(scan) && scan.text[scan.at - 1] === "i";
	if (!valid) return fail(scan, start, `bad number syntax: ${quote(scan.text.slice(start, scan.at))}`);
	emit(scan, "number", start);
	return lexAction;
}

/** Steps over what can be a number; false (and one character more) when a letter or digit follows. */
function scanNumber(scan: Scan): boolean {
	accept(scan, "+-");
	let digits = "0123456789_";
	if (accept(scan, "0")) {
		if (accept(scan, "xX")) digits = "0123456789abcdefABCDEF_";
		else if (accept(scan, "oO")) digits = "01234567_";
		else if (accept(scan, "bB")) digits = "01_";
	}
	acceptRun(scan, digits);
	if (accept(scan, ".")) acceptRun(scan, digits);
	const exponent = digits.length === 11 ? "eE" : digits.length === 23 ? "pP" : "";
	if (accept(scan, exponent)) {
		accept(scan, "+-");
		acceptRun(scan, "0123456789_");
	}
	accept(scan, "i");
	const next = characterAt(scan.text, scan.at);
	if (!isAlphanumeric(next)) return true;
	scan.at += next.length;
	return false;
}

function accept(scan: Scan, characters: string): boolean {
	const character = scan.text[scan.at];
	if (character === undefined || !characters.includes(character)) return false;
	scan.at++;
	return true;
}

function acceptRun(scan: Scan, characters: string): void {
	while (accept(scan, characters));
}

function skipAlphanumeric(scan: Scan): void {
	for (;;) {
		const character = characterAt(scan.text, scan.at);
		if (!isAlphanumeric(character)) return;
		scan.at += character.length;
	}
}

/** Whether a name may end here. */
function isTerminator(scan: Scan): boolean {
	const character = scan.text[scan.at];
	return (
		character === undefined ||
		isSpace(character) ||
		".,|:()".includes(character) ||
		scan.text.startsWith(scan.right, scan.at)
	);
}

function isRightDelimiter(scan: Scan): boolean {
	if (isRightTrim(scan, scan.at) && scan.text.startsWith(scan.right, scan.at + trimMarkerLength)) return true;
	return scan.text.startsWith(scan.right, scan.at);
}

/** `- ` after a left delimiter */
function isLeftTrim(scan: Scan, at: number): boolean {
	return scan.text[at] === "-" && isSpace(scan.text[at + 1]);
}

/** ` -` before a right delimiter */
function isRightTrim(scan: Scan, at: number): boolean {
	return isSpace(scan.text[at]) && scan.text[at + 1] === "-";
}

function isSpace(character: string | undefined): boolean {
	return character !== undefined && character !== "" && spaces.includes(character);
}

function isDigit(character: string | undefined): boolean {
	return character !== undefined && character >= "0" && character <= "9";
}

function isAlphanumeric(character: string): boolean {
	if (character < "\x80") return /^\w$/.test(character);
	return /^[\p{L}\p{Nd}]$/u.test(character);
}

/** The whole character at an offset, `""` at the end. */
function characterAt(text: string, at: number): string {
	const code = text.codePointAt(at);
	return code === undefined ? "" : String.fromCodePoint(code);
}
