// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the templates' own syntax
import { RE2JS } from "re2js";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import type { PreparedQueryContent, PreparedQueryRecord, QueryService, StringMap } from "../state/index.ts";

/** What a template's `${...}` may name. */
interface TemplateContext {
	/** As it was asked for. */
	readonly name: string;
	/** The template's own name. */
	readonly prefix: string;
	/** What the regular expression found: the whole match, then its groups. */
	readonly matches: readonly string[];
}

/** One piece of a text: fixed, or to be filled in. */
type Piece = (context: TemplateContext) => string;

/** `$${` stands for itself; `${`, whatever is no closing brace (but may be in quotes), `}`. */
const interpolation = /\$\$\{|\$\{((?:"(?:[^"\\]|\\.)*"|[^}"])*)(\}|$)/g;
const matchCall = /^match\(\s*(\d{1,9})\s*\)$/;

/**
 * Refuses a template that could never be filled in. Fails with `QUERY_INVALID`. Of the reference's expression language this
 * knows what its documentation shows: `name.full`, `name.prefix`, `name.suffix`, `match(N)`, `agent.segment`, quoted text.
 */
export function assertTemplate(query: Omit<PreparedQueryContent, "id">): void {
	const { type, regexp } = query.template;
	if (type === "") return;
	if (type !== "name_prefix_match") throw invalid(`Bad Template.Type '${type}'`);
	if (regexp !== "") compileRegexp(regexp);
	mapTexts(query.service, (text) => {
		compileText(text);
		return text;
	});
}

/** The query that a template is for `name`; what is no template stays as it is. Fails with `QUERY_INVALID`. */
export function renderTemplate(query: PreparedQueryRecord, name: string): PreparedQueryRecord {
	const { type, regexp, removeEmptyTags } = query.template;
	if (type === "") return query;
	const context = { name, prefix: query.name, matches: regexp === "" ? [] : matchesOf(regexp, name) };
	const service = mapTexts(query.service, (text) =>
		compileText(text)
			.map((piece) => piece(context))
			.join(""),
	);
	const tags = removeEmptyTags ? (service.tags?.filter((tag) => tag !== "") ?? null) : service.tags;
	return { ...query, service: { ...service, tags } };
}

function compileRegexp(regexp: string): RE2JS {
	try {
		return RE2JS.compile(regexp);
	} catch (error) {
		const why = errorMessage(error).replace(/^error parsing regexp: /, "");
		throw invalid(`Bad Regexp: error parsing regexp: ${why}`);
	}
}

function matchesOf(regexp: string, name: string): string[] {
	const matcher = compileRegexp(regexp).matcher(name);
	if (!matcher.find()) return [];
	return Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? "");
}

function compileText(text: string): Piece[] {
	const pieces: Piece[] = [];
	let from = 0;
	for (const found of text.matchAll(interpolation)) {
		const before = text.slice(from, found.index);
		pieces.push(() => before);
		pieces.push(found[1] === undefined ? () => "${" : compileExpression(found[1], found[2] === "}", text));
		from = found.index + found[0].length;
	}
	const rest = text.slice(from);
	return [...pieces, () => rest];
}

function compileExpression(source: string, closed: boolean, text: string): Piece {
	const expression = source.trim();
	if (!closed) throw invalid(`Bad format '${text}': \${ without }`);
	const group = matchCall.exec(expression)?.[1];
	if (group !== undefined) return ({ matches }) => matches[Number(group)] ?? "";
	switch (expression) {
		case "name.full":
			return ({ name }) => name;
		case "name.prefix":
			return ({ prefix }) => prefix;
		case "name.suffix":
			return ({ name, prefix }) => (name.startsWith(prefix) ? name.slice(prefix.length) : name);
		case "agent.segment":
			return () => "";
		default:
			return quotedText(expression, text);
	}
}

function quotedText(expression: string, text: string): Piece {
	if (/^"(?:[^"\\$]|\\.)*"$/.test(expression)) {
		const content = expression.slice(1, -1).replace(/\\(.)/g, "$1");
		return () => content;
	}
	throw invalid(
		`Bad evaluation for '${text}': ${JSON.stringify(expression)} is none of name.full, name.prefix, name.suffix, match(N), agent.segment`,
	);
}

/** Every text of the service's definition, changed. */
function mapTexts(service: QueryService, change: (text: string) => string): QueryService {
	const list = (texts: readonly string[] | null) => texts?.map(change) ?? null;
	const map = (pairs: StringMap | null) =>
		pairs === null ? null : Object.fromEntries(Object.entries(pairs).map(([key, value]) => [key, change(value)]));
	return {
		...service,
		service: change(service.service),
		failover: { ...service.failover, datacenters: list(service.failover.datacenters) },
		ignoreCheckIds: list(service.ignoreCheckIds),
		near: change(service.near),
		tags: list(service.tags),
		nodeMeta: map(service.nodeMeta),
		serviceMeta: map(service.serviceMeta),
	};
}

function invalid(message: string): DiscoError {
	return new DiscoError("QUERY_INVALID", `raft apply failed: failed compiling template: ${message}`);
}
