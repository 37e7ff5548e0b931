import { byteLength } from "./bytes.ts";
import { quote } from "./format/quote.ts";

/** Words that mean something by themselves in an action. */
export type Keyword =
	| "block"
	| "break"
	| "continue"
	| "define"
	| "else"
	| "end"
	| "if"
	| "nil"
	| "range"
	| "template"
	| "with";

export type TokenType =
	| Keyword
	| "assign"
	| "bool"
	| "char"
	| "declare"
	| "dot"
	| "eof"
	| "error"
	| "field"
	| "identifier"
	| "leftDelimiter"
	| "leftParen"
	| "number"
	| "pipe"
	| "rightDelimiter"
	| "rightParen"
	| "space"
	| "string"
	| "text"
	| "variable";

/** A piece of template text. The last one is `eof`, or `error`, whose value is the reason. */
export type Token = {
	readonly type: TokenType;
	readonly value: string;
	/** UTF-16 offset in the text. */
	readonly at: number;
	/** Line on which it starts, from 1. */
	readonly line: number;
};

export const keywords: ReadonlySet<string> = new Set<Keyword>([
	"block",
	"break",
	"continue",
	"define",
	"else",
	"end",
	"if",
	"nil",
	"range",
	"template",
	"with",
]);

/** A token as error texts name it: `<if>`, `"}"`, `EOF`. */
export function describeToken(token: Token): string {
	if (token.type === "eof") return "EOF";
	if (token.type === "error") return token.value;
	if (token.type === "dot" || keywords.has(token.type)) return `<${token.value}>`;
	if (byteLength(token.value) > 10) return `${quote([...token.value].slice(0, 10).join(""))}...`;
	return quote(token.value);
}
