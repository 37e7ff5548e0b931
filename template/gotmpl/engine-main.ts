/**
 * The language behind a pipe, for the conformance cases: one JSON object per line in (`template`, `data`, `options`), one
 * out (`{"output"}` or `{"error"}`). Formats: test/conformance/template/README.md.
 */
import { createInterface } from "node:readline";
import { wellFormed } from "./bytes.ts";
import { engineData } from "./engine-data.ts";
import { engineFunctions } from "./engine-functions.ts";
import { type MissingKey, parse, TemplateError } from "./index.ts";

type Request = {
	readonly template: string;
	readonly data?: unknown;
	readonly options?: {
		readonly missingkey?: MissingKey;
		readonly left?: string;
		readonly right?: string;
		readonly name?: string;
	};
};

function answer(request: Request): unknown {
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

for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
	if (line.trim() !== "") process.stdout.write(`${JSON.stringify(answer(JSON.parse(line) as Request))}\n`);
}
