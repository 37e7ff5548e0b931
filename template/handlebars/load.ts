import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Handlebars from "handlebars";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import type { TemplateConfig } from "../config/index.ts";
import { createFunctions, preloadFunctions } from "../functions/index.ts";
import { builtins } from "../gotmpl/index.ts";
import { readPartials } from "../partials.ts";
import { createRecorder, type RenderingWorld } from "../recorder.ts";
import type { Renderer } from "../renderer.ts";
import { eachHelper, functionHelpers, HelperError, logHelper, scratchHelpers, type Work } from "./helpers.ts";
import { plainOf, roundsMax } from "./plain.ts";
import { createProgress } from "./progress.ts";

/** Handlebars' own; they are known beside ours. */
const ownHelpers = ["if", "unless", "each", "with", "lookup", "log"];

/** Names that are Handlebars' own and not Go's, although Go has a function of the name. */
const shadowed = new Set(["with", "if"]);

/**
 * A Handlebars template with the functions of Go templates as helpers (HANDLEBARS.md).
 *
 * Errors: `TEMPLATE_PARSE` (`SOURCE: parse: template: :LINE: REASON`); executions fail with `TEMPLATE_EXECUTE`.
 */
export async function loadHandlebarsTemplate(
	name: string,
	text: string,
	config: TemplateConfig,
	world: RenderingWorld,
): Promise<Renderer> {
	if (config.leftDelimiter !== "{{" || config.rightDelimiter !== "}}") {
		throw new DiscoError("TEMPLATE_PARSE", `${name}: parse: delimiters cannot be changed in a Handlebars template`);
	}
	const engine = Handlebars.create();
	const partials = namedPartials(engine, name, text, config);
	await preloadFunctions([text, ...Object.values(partials)].join("\n"));
	const recorder = createRecorder(world, {
		text,
		sandboxPath: config.sandboxPath,
		executeNamed: (template) => {
			throw new Error(`executeTemplate ${JSON.stringify(template)}: use {{> ${template}}} in Handlebars`);
		},
	});
	const goFunctions = createFunctions(recorder.context, config.functionDenylist);
	const functions = new Map([...builtins, ...goFunctions]);
	for (const own of shadowed) functions.delete(own);
	const progress = createProgress();
	const work: Work = { progress, roundsLeft: roundsMax };
	const helpers = {
		...functionHelpers(functions, recorder.called, work),
		...scratchHelpers(recorder.context.scratch, work),
		...logHelper(world.log, name, work),
		...eachHelper(work),
	};
	engine.registerHelper(helpers);
	engine.registerPartial(partials);
	const options = {
		noEscape: true,
		strict: config.errorOnMissingKey,
		knownHelpersOnly: true,
		knownHelpers: Object.fromEntries([...ownHelpers, ...Object.keys(helpers)].map((known) => [known, true])),
	};
	checkSyntax(engine, name, text, options);
	const compiled = engine.compile(text, options);
	return {
		name,
		text,
		recorder,
		functions: goFunctions,
		async render(data, pacer) {
			progress.reset();
			work.roundsLeft = roundsMax;
			const context = plainOf(data ?? new Map());
			for (;;) {
				const text = executed(name, () => progress.attempt(() => compiled(context), pacer.due));
				if (text !== undefined) return text;
				await pacer.rest();
			}
		},
	};
}

/** `precompile` finds what `compile` would find only when it first runs: syntax errors and unknown helpers. */
function checkSyntax(engine: typeof Handlebars, name: string, text: string, options: CompileOptions): void {
	try {
		engine.precompile(text, options);
	} catch (error) {
		throw parseError(name, error);
	}
}

function parseError(name: string, error: unknown): DiscoError {
	const message = errorMessage(error);
	const line = lineOf(error) ?? /line (\d+)/.exec(message)?.[1] ?? "0";
	const unknown = /unknown helper (\S+)/.exec(message)?.[1];
	if (unknown !== undefined) {
		return new DiscoError("TEMPLATE_PARSE", `${name}: parse: template: :${line}: function "${unknown}" not defined`);
	}
	const reason = message.replace(/^Parse error on line \d+:\n/, "").replace(/\s*\n\s*/g, " ");
	return new DiscoError("TEMPLATE_PARSE", `${name}: parse: template: :${line}: ${reason}`, { cause: error });
}

function executed<T>(name: string, run: () => T): T {
	try {
		return run();
	} catch (error) {
		const place = error instanceof HelperError ? "" : `:${lineOf(error) ?? 0}: `;
		throw new DiscoError("TEMPLATE_EXECUTE", `${name}: execute: template: ${place}${errorMessage(error)}`, {
			cause: error,
		});
	}
}

function lineOf(error: unknown): number | undefined {
	if (typeof error !== "object" || error === null || !("lineNumber" in error)) return undefined;
	return typeof error.lineNumber === "number" ? error.lineNumber : undefined;
}

/** The texts of all partials that the template and its partials name: from `partials`, or beside it as `NAME.hbs`. */
function namedPartials(
	engine: typeof Handlebars,
	name: string,
	text: string,
	config: TemplateConfig,
): Record<string, string> {
	const shared = new Map(readPartials(config).map((file) => [file.name.replace(/\.[^.]+$/, ""), file.text]));
	const found: Record<string, string> = {};
	const open = [text];
	for (let source = open.pop(); source !== undefined; source = open.pop()) {
		for (const partial of partialNames(engine, name, source)) {
			if (Object.hasOwn(found, partial)) continue;
			const path = join(dirname(name), `${partial}.hbs`);
			try {
				found[partial] = shared.get(partial) ?? readFileSync(path, "utf8");
			} catch (error) {
				throw new DiscoError("TEMPLATE_PARSE", `${name}: parse: partial "${partial}": ${errorMessage(error)}`);
			}
			open.push(found[partial] ?? "");
		}
	}
	return found;
}

/** Static names of `{{> name}}`, without those that an inline partial of the text defines. */
function partialNames(engine: typeof Handlebars, name: string, text: string): readonly string[] {
	let program: hbs.AST.Program;
	try {
		program = engine.parse(text);
	} catch (error) {
		throw parseError(name, error);
	}
	const used = new Set<string>();
	const inline = new Set<string>();
	const visitor = new Handlebars.Visitor();
	const enter = (node: hbs.AST.Node, children: (node: never) => void) => children.call(visitor, node as never);
	const { PartialStatement, PartialBlockStatement, DecoratorBlock } = visitor;
	visitor.PartialStatement = (node) => {
		if ("original" in node.name) used.add(String(node.name.original));
		enter(node, PartialStatement as (node: never) => void);
	};
	visitor.PartialBlockStatement = (node) => {
		enter(node, PartialBlockStatement as (node: never) => void);
	};
	visitor.DecoratorBlock = (node) => {
		const first = node.params[0];
		if (first !== undefined && "value" in first) inline.add(String(first.value));
		enter(node, DecoratorBlock as (node: never) => void);
	};
	visitor.accept(program);
	return [...used].filter((each) => !inline.has(each) && each !== "@partial-block");
}
