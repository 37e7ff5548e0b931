import { DiscoError } from "../lib/errors.ts";

/** What an expression in a small template may use: names without arguments, and functions of texts. */
export interface TemplateScope {
	readonly [name: string]: string | ((...args: readonly string[]) => string);
}

/** A word, or a text in double quotes or backquotes, or the bar between two steps. */
const tokens = /\s*(?:([A-Za-z_]\w*)|"((?:[^"\\]|\\.)*)"|`([^`]*)`|(\|))/y;

/**
 * Fills in the one-line templates that prefixes and formats may be: text with `{{ name }}`, `{{ function "argument" }}` and
 * `{{ value | function "argument" }}` (the piped value is the last argument, as in Go's templates). Pure.
 *
 * Error: `TEMPLATE_INVALID`, naming the expression; and what a function of the scope throws.
 */
export function fillTemplate(template: string, scope: TemplateScope): string {
	const filled = template.replace(/\{\{-?([\s\S]*?)-?\}\}/g, (_, expression: string) => evaluate(expression, scope));
	if (template.replace(/\{\{[\s\S]*?\}\}/g, "").includes("{{")) {
		throw new DiscoError("TEMPLATE_INVALID", `template "${template}": "{{" has no "}}"`);
	}
	return filled;
}

function evaluate(expression: string, scope: TemplateScope): string {
	let piped: string | undefined;
	for (const step of steps(expression)) {
		const [head, ...rest] = step;
		if (head === undefined) throw invalid(expression, "a step between bars is empty");
		const args = [...rest.map((part) => partValue(part, expression, scope)), ...(piped === undefined ? [] : [piped])];
		const found = head.name === undefined ? undefined : lookup(head.name, expression, scope);
		if (typeof found === "function") piped = found(...args);
		else if (args.length > 0) throw invalid(expression, `${head.name ?? "a text"} takes no argument`);
		else piped = found ?? head.text ?? "";
	}
	return piped ?? "";
}

interface Part {
	readonly name?: string;
	readonly text?: string;
}

/** The expression's parts, cut at the bars. */
function steps(expression: string): Part[][] {
	const cut: Part[][] = [[]];
	tokens.lastIndex = 0;
	while (expression.slice(tokens.lastIndex).trim() !== "") {
		const match = tokens.exec(expression);
		if (match === null) throw invalid(expression, "expected a name, a text in quotes or a bar");
		const [, name, quoted, raw, bar] = match;
		if (bar !== undefined) cut.push([]);
		else if (name !== undefined) cut.at(-1)?.push({ name });
		else cut.at(-1)?.push({ text: raw ?? (quoted ?? "").replace(/\\(.)/g, "$1") });
	}
	return cut;
}

function partValue(part: Part, expression: string, scope: TemplateScope): string {
	if (part.name === undefined) return part.text ?? "";
	const found = lookup(part.name, expression, scope);
	if (typeof found === "function") throw invalid(expression, `${part.name} needs brackets or a bar`);
	return found;
}

function lookup(name: string, expression: string, scope: TemplateScope): TemplateScope[string] {
	const found = Object.hasOwn(scope, name) ? scope[name] : undefined;
	if (found === undefined) {
		throw invalid(expression, `${name} is not known; known are ${Object.keys(scope).join(", ")}`);
	}
	return found;
}

function invalid(expression: string, reason: string): DiscoError {
	return new DiscoError("TEMPLATE_INVALID", `template {{${expression}}}: ${reason}`);
}
