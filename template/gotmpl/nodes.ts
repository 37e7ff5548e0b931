import { quote } from "./format/quote.ts";
import type { NumberForms } from "./number-literal.ts";

/** The syntax tree. `at` is the UTF-16 offset that errors name; `describe` gives a node's source in normal form. */
export type Text = { readonly kind: "text"; readonly at: number; readonly text: string };
export type Action = { readonly kind: "action"; readonly at: number; readonly pipe: Pipe };
/** `if`, `with` and `range` differ in what they do with the value of their pipeline. */
export type Branch = {
	readonly kind: "if" | "with" | "range";
	readonly at: number;
	readonly pipe: Pipe;
	readonly body: List;
	readonly otherwise: List | undefined;
};
export type Jump = { readonly kind: "break" | "continue"; readonly at: number };
/** `{{template "name" pipe}}`; a `block` is one too. */
export type Invocation = {
	readonly kind: "template";
	readonly at: number;
	readonly name: string;
	readonly pipe: Pipe | undefined;
};
export type Statement = Text | Action | Branch | Jump | Invocation;
export type List = readonly Statement[];

/** Commands of which each one's value is the last argument of the next. */
export type Pipe = {
	readonly kind: "pipe";
	readonly at: number;
	/** Variables that get the value, with their `$`. */
	readonly variables: readonly string[];
	/** `=` instead of `:=`. */
	readonly assigns: boolean;
	readonly commands: readonly Command[];
};
export type Command = { readonly kind: "command"; readonly at: number; readonly words: readonly Operand[] };

export type Identifier = { readonly kind: "identifier"; readonly at: number; readonly name: string };
/** `.a.b` */
export type Field = { readonly kind: "field"; readonly at: number; readonly path: readonly string[] };
/** `$x.a.b`; the first of `names` has the `$`. */
export type Variable = {
	readonly kind: "variable";
	readonly at: number;
	readonly name: string;
	readonly path: readonly string[];
};
/** `(pipe).a.b` or `function.a` */
export type Chain = {
	readonly kind: "chain";
	readonly at: number;
	readonly start: Operand;
	readonly path: readonly string[];
};
export type Dot = { readonly kind: "dot"; readonly at: number };
export type Nil = { readonly kind: "nil"; readonly at: number };
export type BoolLiteral = { readonly kind: "bool"; readonly at: number; readonly value: boolean };
export type NumberLiteral = {
	readonly kind: "number";
	readonly at: number;
	readonly text: string;
	readonly forms: NumberForms;
};
export type StringLiteral = {
	readonly kind: "string";
	readonly at: number;
	readonly quoted: string;
	readonly value: string;
};
export type Operand =
	| Identifier
	| Field
	| Variable
	| Chain
	| Dot
	| Nil
	| BoolLiteral
	| NumberLiteral
	| StringLiteral
	| Pipe;
export type Node = Statement | Command | Operand;

/** The node as source text. Texts are written as they are, so trimmed blanks stay trimmed when it is parsed again. */
export function describe(node: Node): string {
	switch (node.kind) {
		case "text":
			return node.text;
		case "action":
			return `{{${describe(node.pipe)}}}`;
		case "if":
		case "with":
		case "range": {
			const otherwise = node.otherwise === undefined ? "" : `{{else}}${describeList(node.otherwise)}`;
			return `{{${node.kind} ${describe(node.pipe)}}}${describeList(node.body)}${otherwise}{{end}}`;
		}
		case "break":
		case "continue":
			return `{{${node.kind}}}`;
		case "template":
			return `{{template ${quote(node.name)}${node.pipe === undefined ? "" : ` ${describe(node.pipe)}`}}}`;
		case "pipe": {
			const target = node.variables.length === 0 ? "" : `${node.variables.join(", ")} ${node.assigns ? "=" : ":="} `;
			return target + node.commands.map(describe).join(" | ");
		}
		case "command":
			return node.words.map(describeOperand).join(" ");
		case "identifier":
			return node.name;
		case "field":
			return dotted(node.path);
		case "variable":
			return node.name + dotted(node.path);
		case "chain":
			return describeOperand(node.start) + dotted(node.path);
		case "dot":
			return ".";
		case "nil":
			return "nil";
		case "bool":
			return String(node.value);
		case "number":
			return node.text;
		case "string":
			return node.quoted;
	}
}

/** As `describe`, for statements in a row. */
export function describeList(list: List): string {
	return list.map(describe).join("");
}

function describeOperand(operand: Operand): string {
	return operand.kind === "pipe" ? `(${describe(operand)})` : describe(operand);
}

function dotted(path: readonly string[]): string {
	return path.map((name) => `.${name}`).join("");
}

/** Whether a template has nothing in it but blanks; such a definition gives way to another one of its name. */
export function isEmptyList(list: List): boolean {
	return list.every((node) => node.kind === "text" && node.text.trim() === "");
}
