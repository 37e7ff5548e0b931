/** Answers one conformance case; see test/conformance/template/README.md for the formats. */
import { wellFormed } from "./bytes.ts";
import { engineData } from "./engine-data.ts";
import { engineFunctions } from "./engine-functions.ts";
import { type MissingKey, parse, TemplateError } from "./index.ts";

/** A case without its name and what is expected. */
export type EngineRequest = {
	readonly template: string;
	readonly data?: unknown;
	readonly options?: {
		readonly missingkey?: MissingKey;
		readonly left?: string;
		readonly right?: string;
		readonly name?: string;
	};
};

/** `{ output }`, or `{ error }` with what is compared: kind, line, message, and for executions template, col, at. */
export function answer(request: EngineRequest): unknown {
	const { template, data, options = {} } = request;
	try {
		const parsed = parse({
			name: options.name ?? "t",
			text: template,
			functions: engineFunctions,
			leftDelimiter: options.left ?? "",
			rightDelimiter: options.right ?? "",
		});
		const output = parsed.execute({
			data: engineData(data),
			functions: engineFunctions,
			missingKey: options.missingkey ?? "default",
		});
		return { output: wellFormed(output) };
	} catch (thrown) {
		if (!(thrown instanceof TemplateError)) throw thrown;
		const { kind, line, reason } = thrown;
		if (kind === "parse") return { error: { kind, line, message: reason } };
		const { executing, column, at } = thrown;
		return { error: { kind, line, message: reason, template: executing, col: column, at } };
	}
}
