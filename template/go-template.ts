import { DiscoError, errorMessage } from "../lib/errors.ts";
import type { TemplateConfig } from "./config/index.ts";
import { createFunctions, isPure, isRead, preloadFunctions } from "./functions/index.ts";
import { type Budget, newBudget, parse, type Source } from "./gotmpl/index.ts";
import { createNesting } from "./nested-executions.ts";
import { type Partial, readPartials } from "./partials.ts";
import { createRecorder, type RenderingWorld } from "./recorder.ts";
import type { Renderer } from "./renderer.ts";

/**
 * A Go template. Errors: `TEMPLATE_PARSE` (`SOURCE: parse: template: :LINE: REASON`); its executions fail with
 * `TEMPLATE_EXECUTE` (`SOURCE: execute: template: :LINE:COLUMN: ...`).
 */
export async function loadGoTemplate(
	name: string,
	text: string,
	config: TemplateConfig,
	world: RenderingWorld,
): Promise<Renderer> {
	const partials = readPartials(config);
	const texts = [text, ...partials.map((partial) => partial.text)];
	await preloadFunctions(texts.join("\n"));
	let budget: Budget = newBudget();
	const recorder = createRecorder(world, {
		text,
		sandboxPath: config.sandboxPath,
		executeNamed: (template, data) => {
			if (!parsed.templates.includes(template)) {
				throw new Error(`template: no template ${JSON.stringify(template)} associated with template ""`);
			}
			return nesting.execute(() => parsed.start({ ...options, template, data, budget }));
		},
	});
	const nesting = createNesting();
	const created = createFunctions(recorder.context, config.functionDenylist);
	const functions = texts.some((one) => one.includes("executeTemplate"))
		? nesting.remembering(created, isPure)
		: created;
	const missingKey = config.errorOnMissingKey ? ("error" as const) : ("zero" as const);

	const parsed = located(`${name}: parse`, "TEMPLATE_PARSE", () =>
		parse({
			name: "",
			text,
			functions,
			shared: partials,
			leftDelimiter: config.leftDelimiter,
			rightDelimiter: config.rightDelimiter,
		}),
	);
	const onCall = (offset: number, shared: Source | undefined) =>
		recorder.called(shared === undefined ? offset : { offset, source: shared as Partial });
	const options = {
		functions,
		missingKey,
		onCall,
		memo: parsed.memo(isPure, { isRead, ...recorder.reads }),
	};
	return {
		name,
		text: texts.join("\0"),
		recorder,
		functions,
		async render(data, pacer) {
			budget = newBudget();
			const here = <T>(run: () => T): T => located(`${name}: execute`, "TEMPLATE_EXECUTE", run);
			const execution = here(() => parsed.start({ ...options, data, budget }));
			while (!here(() => nesting.advance(execution, pacer.due))) await pacer.rest();
			return execution.output();
		},
	};
}

function located<T>(where: string, code: string, run: () => T): T {
	try {
		return run();
	} catch (error) {
		throw new DiscoError(code, `${where}: ${errorMessage(error)}`, { cause: error });
	}
}
