import { parseError } from "./error.ts";
import { quote } from "./format/quote.ts";
import { lex } from "./lex.ts";
import {
	type Command,
	describe,
	isEmptyList,
	type List,
	type Operand,
	type Pipe,
	type Statement,
	type Variable,
} from "./nodes.ts";
import { readNumber } from "./number-literal.ts";
import { describeToken, type Token, type TokenType } from "./token.ts";
import { unquote } from "./unquote.ts";

/** What the parser needs to know besides the text. */
export type ParserOptions = {
	readonly name: string;
	readonly text: string;
	readonly left: string;
	readonly right: string;
	readonly isFunction: (name: string) => boolean;
};

/**
 * How deep parentheses and control structures may nest. Go has a limit for parentheses only, and a bigger one; this one
 * keeps every function that walks the tree within the stack.
 */
const depthMax = 250;

/**
 * The templates that a text defines, by name; its own text under its own name.
 *
 * @throws TemplateError `TEMPLATE_PARSE`
 */
export function parseTemplates(options: ParserOptions): Map<string, List> {
	const notKeywords = new Set(["break", "continue"].filter(options.isFunction));
	const parser: Parser = {
		...options,
		tokens: lex(options.text, { left: options.left, right: options.right, notKeywords }),
		next: 0,
		furthest: 0,
		actionLine: 0,
		depth: 0,
		definitions: new Map(),
		scope: newScope(),
	};
	const statements: Statement[] = [];
	while (peek(parser).type !== "eof") {
		if (startsDefinition(parser)) parseDefinition(parser);
		else {
			const item = parseItem(parser);
			if (isEnd(item)) fail(parser, `unexpected ${describeEnd(item)}`);
			statements.push(item);
		}
	}
	define(parser, options.name, statements);
	return parser.definitions;
}

type Parser = ParserOptions & {
	readonly tokens: readonly Token[];
	/** Index of the token that is read next. */
	next: number;
	/** Index of the last token that was looked at; its line is the error's line. */
	furthest: number;
	/** Line on which the current action starts, 0 outside actions. */
	actionLine: number;
	depth: number;
	readonly definitions: Map<string, List>;
	scope: Scope;
};

/** What a definition starts afresh: the variables that exist, and how many `range` are around. */
type Scope = { readonly variables: string[]; ranges: number };

const newScope = (): Scope => ({ variables: ["$"], ranges: 0 });

/** `{{end}}` or `{{else}}`, which end a list of statements. `follows`: the `if` or `with` that is part of the `else`. */
type End = { readonly kind: "end" | "else"; readonly follows: Token | undefined };

function isEnd(item: Statement | End): item is End {
	return item.kind === "end" || item.kind === "else";
}

function describeEnd(end: End): string {
	return `{{${end.kind}}}`;
}

// ------------------------------------------------------------------------------------------------ tokens

function fail(parser: Parser, reason: string): never {
	throw parseError(parser.name, parser.tokens[parser.furthest]?.line ?? 1, reason);
}

function read(parser: Parser): Token {
	const index = Math.min(parser.next, parser.tokens.length - 1);
	parser.next = index + 1;
	if (index > parser.furthest) parser.furthest = index;
	return parser.tokens[index] as Token;
}

function peek(parser: Parser): Token {
	const token = read(parser);
	parser.next--;
	return token;
}

function skipSpace(parser: Parser): void {
	while (peek(parser).type === "space") read(parser);
}

function readNonSpace(parser: Parser): Token {
	skipSpace(parser);
	return read(parser);
}

function peekNonSpace(parser: Parser): Token {
	skipSpace(parser);
	return peek(parser);
}

function expect(parser: Parser, type: TokenType, context: string): Token {
	const token = readNonSpace(parser);
	return token.type === type ? token : unexpected(parser, token, context);
}

function unexpected(parser: Parser, token: Token, context: string): never {
	if (token.type !== "error") return fail(parser, `unexpected ${describeToken(token)} in ${context}`);
	if (parser.actionLine === 0 || parser.actionLine === token.line) return fail(parser, token.value);
	const place = `started at ${parser.name}:${parser.actionLine}`;
	return fail(parser, `${token.value} ${token.value.endsWith(" action") ? place : `in action ${place}`}`);
}

/** Runs a part that nests, and refuses to nest without end. */
function nested<T>(parser: Parser, part: () => T): T {
	if (++parser.depth > depthMax) fail(parser, "max expression depth exceeded");
	const result = part();
	parser.depth--;
	return result;
}

// -------------------------------------------------------------------------------------------- definitions

/** Steps over `{{define` if that comes next. */
function startsDefinition(parser: Parser): boolean {
	if (peek(parser).type !== "leftDelimiter") return false;
	const start = parser.next;
	read(parser);
	if (readNonSpace(parser).type === "define") return true;
	parser.next = start;
	return false;
}

function parseDefinition(parser: Parser): void {
	const context = "define clause";
	const name = parseTemplateName(parser, context);
	expect(parser, "rightDelimiter", context);
	define(parser, name, parseDefinedList(parser, context));
}

/** The statements of a `define` or `block`: a template of its own, with its own variables. */
function parseDefinedList(parser: Parser, context: string): List {
	const outer = parser.scope;
	parser.scope = newScope();
	const { list, end } = parseList(parser);
	if (end.kind !== "end") fail(parser, `unexpected ${describeEnd(end)} in ${context}`);
	parser.scope = outer;
	return list;
}

function define(parser: Parser, name: string, list: List): void {
	const known = parser.definitions.get(name);
	if (known === undefined || isEmptyList(known)) parser.definitions.set(name, list);
	else if (!isEmptyList(list)) fail(parser, `template: multiple definition of template ${quote(name)}`);
}

function parseTemplateName(parser: Parser, context: string): string {
	const token = readNonSpace(parser);
	if (token.type !== "string") return unexpected(parser, token, context);
	return unquote(token.value) ?? fail(parser, "invalid syntax");
}

// --------------------------------------------------------------------------------------------- statements

/** Statements up to the `{{end}}` or `{{else}}` that ends them. */
function parseList(parser: Parser): { readonly list: List; readonly end: End } {
	return nested(parser, () => {
		const list: Statement[] = [];
		while (peekNonSpace(parser).type !== "eof") {
			const item = parseItem(parser);
			if (isEnd(item)) return { list, end: item };
			list.push(item);
		}
		return fail(parser, "unexpected EOF");
	});
}

function parseItem(parser: Parser): Statement | End {
	const token = readNonSpace(parser);
	if (token.type === "text") return { kind: "text", at: token.at, text: token.value };
	if (token.type !== "leftDelimiter") return unexpected(parser, token, "input");
	parser.actionLine = token.line;
	const item = parseAction(parser);
	parser.actionLine = 0;
	return item;
}

/** What follows a left delimiter. */
function parseAction(parser: Parser): Statement | End {
	const token = readNonSpace(parser);
	const { type } = token;
	if (type === "if" || type === "with" || type === "range") return parseBranch(parser, type);
	if (type === "else") return parseElse(parser);
	if (type === "end") return parseEnd(parser);
	if (type === "template") return parseInvocation(parser);
	if (type === "block") return parseBlock(parser);
	if (type === "break" || type === "continue") return parseJump(parser, token, type);
	parser.next--;
	return { kind: "action", at: token.at, pipe: parsePipe(parser, "command", "rightDelimiter") };
}

function parseEnd(parser: Parser): End {
	expect(parser, "rightDelimiter", "end");
	return { kind: "end", follows: undefined };
}

/** `{{else if` and `{{else with` mean `{{else}}{{if`; the token that follows decides. */
function parseElse(parser: Parser): End {
	const token = peekNonSpace(parser);
	if (token.type === "if" || token.type === "with") return { kind: "else", follows: token };
	expect(parser, "rightDelimiter", "else");
	return { kind: "else", follows: undefined };
}

function parseJump(parser: Parser, token: Token, kind: "break" | "continue"): Statement {
	const next = readNonSpace(parser);
	if (next.type !== "rightDelimiter") unexpected(parser, next, `{{${kind}}}`);
	if (parser.scope.ranges === 0) fail(parser, `{{${kind}}} outside {{range}}`);
	return { kind, at: token.at };
}

/** The rest of `{{template "name" pipe}}`; its place is the name's. */
function parseInvocation(parser: Parser): Statement {
	const context = "template clause";
	const { at } = peekNonSpace(parser);
	const name = parseTemplateName(parser, context);
	if (readNonSpace(parser).type === "rightDelimiter") return { kind: "template", at, name, pipe: undefined };
	parser.next--;
	return { kind: "template", at, name, pipe: parsePipe(parser, context, "rightDelimiter") };
}

/** `{{block "name" pipe}} ... {{end}}` defines the template and invokes it. */
function parseBlock(parser: Parser): Statement {
	const context = "block clause";
	const token = peekNonSpace(parser);
	const name = parseTemplateName(parser, context);
	const pipe = parsePipe(parser, context, "rightDelimiter");
	define(parser, name, parseDefinedList(parser, context));
	return { kind: "template", at: token.at, name, pipe };
}

/** The rest of `{{if`, `{{with` or `{{range`, to its `{{end}}`. Variables declared inside end with it. */
function parseBranch(parser: Parser, kind: "if" | "with" | "range"): Statement {
	const variables = parser.scope.variables.length;
	const pipe = parsePipe(parser, kind, "rightDelimiter");
	if (kind === "range") parser.scope.ranges++;
	const { list: body, end } = parseList(parser);
	if (kind === "range") parser.scope.ranges--;
	const otherwise = end.kind === "else" ? parseOtherwise(parser, kind, end) : undefined;
	parser.scope.variables.length = variables;
	return { kind, at: pipe.at, pipe, body, otherwise };
}

function parseOtherwise(parser: Parser, kind: "if" | "with" | "range", start: End): List {
	if (kind !== "range" && start.follows?.type === kind) {
		readNonSpace(parser);
		return [nested(parser, () => parseBranch(parser, kind))];
	}
	const { list, end } = parseList(parser);
	if (end.kind !== "end") fail(parser, `expected end; found ${describeEnd(end)}`);
	return list;
}

// ---------------------------------------------------------------------------------------------- pipelines

/** Kinds of operand that are just values: they have no fields and cannot take the value of the command before them. */
const notExecutable: ReadonlySet<Operand["kind"]> = new Set(["bool", "dot", "nil", "number", "string"]);

function parsePipe(parser: Parser, context: string, end: "rightDelimiter" | "rightParen"): Pipe {
	const { at } = peekNonSpace(parser);
	const { variables, assigns } = parseVariables(parser, context);
	const commands: Command[] = [];
	for (;;) {
		const token = readNonSpace(parser);
		if (token.type === end) break;
		if (termReaders[token.type] === undefined) return unexpected(parser, token, context);
		parser.next--;
		commands.push(parseCommand(parser));
	}
	if (commands.length === 0) fail(parser, `missing value for ${context}`);
	commands.forEach((command, i) => {
		const first = command.words[0];
		if (i > 0 && first !== undefined && notExecutable.has(first.kind)) {
			fail(parser, `non executable command in pipeline stage ${i + 1}`);
		}
	});
	return { kind: "pipe", at, variables, assigns, commands };
}

/** `$x :=`, `$x =`, and in a range also `$i, $x :=`. Leaves everything else untouched. */
function parseVariables(
	parser: Parser,
	context: string,
): { readonly variables: readonly string[]; readonly assigns: boolean } {
	const variables: string[] = [];
	for (;;) {
		const start = parser.next;
		const variable = peekNonSpace(parser);
		if (variable.type !== "variable") return { variables, assigns: false };
		read(parser);
		const next = readNonSpace(parser);
		if (next.type === "assign" || next.type === "declare") {
			variables.push(variable.value);
			parser.scope.variables.push(variable.value);
			return { variables, assigns: next.type === "assign" };
		}
		if (next.type !== "char" || next.value !== ",") {
			parser.next = start;
			return { variables, assigns: false };
		}
		variables.push(variable.value);
		parser.scope.variables.push(variable.value);
		if (context !== "range" || variables.length > 1) fail(parser, `too many declarations in ${context}`);
		const { type } = peekNonSpace(parser);
		if (type !== "variable" && type !== "rightDelimiter" && type !== "rightParen") {
			fail(parser, "range can only initialize variables");
		}
	}
}

/** Operands with blanks between them, up to a `|` (which is read) or the end of the pipeline (which is not). */
function parseCommand(parser: Parser): Command {
	const { at } = peekNonSpace(parser);
	const words: Operand[] = [];
	for (;;) {
		skipSpace(parser);
		const operand = parseOperand(parser);
		if (operand !== undefined) words.push(operand);
		const token = read(parser);
		if (token.type === "space") continue;
		if (token.type === "rightDelimiter" || token.type === "rightParen") parser.next--;
		else if (token.type !== "pipe") unexpected(parser, token, "operand");
		break;
	}
	if (words.length === 0) fail(parser, "empty command");
	return { kind: "command", at, words };
}

/** A term and the fields that hang on it: `$x.a.b`, `(f 1).c`. */
function parseOperand(parser: Parser): Operand | undefined {
	const term = parseTerm(parser);
	if (term === undefined || peek(parser).type !== "field") return term;
	const { at } = peek(parser);
	const path: string[] = [];
	while (peek(parser).type === "field") path.push(read(parser).value.slice(1));
	if (notExecutable.has(term.kind)) fail(parser, `unexpected . after term ${quote(describe(term))}`);
	if (term.kind === "field") return { kind: "field", at, path: [...term.path, ...path] };
	if (term.kind === "variable") return { kind: "variable", at, name: term.name, path: [...term.path, ...path] };
	return { kind: "chain", at, start: term, path };
}

/** An operand without fields; undefined, with nothing read, when there is none. */
function parseTerm(parser: Parser): Operand | undefined {
	const token = readNonSpace(parser);
	const term = termReaders[token.type];
	if (term !== undefined) return term(parser, token);
	parser.next--;
	return undefined;
}

const termReaders: Readonly<Partial<Record<TokenType, (parser: Parser, token: Token) => Operand>>> = {
	identifier: (parser, { at, value }) => {
		if (!parser.isFunction(value)) fail(parser, `function ${quote(value)} not defined`);
		return { kind: "identifier", at, name: value };
	},
	dot: (_parser, { at }) => ({ kind: "dot", at }),
	nil: (_parser, { at }) => ({ kind: "nil", at }),
	bool: (_parser, { at, value }) => ({ kind: "bool", at, value: value === "true" }),
	variable: (parser, token) => knownVariable(parser, token),
	field: (_parser, { at, value }) => ({ kind: "field", at, path: [value.slice(1)] }),
	number: (parser, { at, value }) => {
		const forms = readNumber(value);
		return "reason" in forms ? fail(parser, forms.reason) : { kind: "number", at, text: value, forms };
	},
	string: (parser, { at, value }) => {
		const text = unquote(value) ?? fail(parser, "invalid syntax");
		return { kind: "string", at, quoted: value, value: text };
	},
	leftParen: (parser) => nested(parser, () => parsePipe(parser, "parenthesized pipeline", "rightParen")),
};

function knownVariable(parser: Parser, token: Token): Variable {
	if (!parser.scope.variables.includes(token.value)) fail(parser, `undefined variable ${quote(token.value)}`);
	return { kind: "variable", at: token.at, name: token.value, path: [] };
}
