import { writeFileSync } from "node:fs";
import { DiscoError } from "../../lib/errors.ts";
import { parseFlags } from "../../lib/flags.ts";
import { junitReport, type Outcome } from "./junit.ts";
import { readSpec } from "./read-spec.ts";
import { runCase } from "./run-case.ts";

/**
 * `disco-template test [-junit FILE] [-update] SPEC...`: templates against data, without a server. Resolves with 0 when all
 * cases passed and 1 when one failed. `-update` writes the expected files instead of comparing them.
 */
export async function testCommand(args: readonly string[], print: (text: string) => void): Promise<number> {
	const { values, rest: files } = parseFlags(args, {
		junit: { kind: "string", usage: "write the results in JUnit's format" },
		update: { kind: "bool", usage: "write the expected files" },
	});
	if (files.length === 0)
		throw new DiscoError("FLAG_VALUE_MISSING", "test: name a file with cases, such as haproxy.test.yaml");
	const outcomes: Outcome[] = [];
	for (const file of files) {
		for (const spec of await readSpec(file)) {
			const { failure, text } = await runCase(spec);
			const target = spec.expected.file;
			const updated = values.update === true && target !== undefined && text !== undefined && failure !== undefined;
			if (updated) writeFileSync(target, text);
			outcomes.push({ file, name: spec.name, failure: updated ? undefined : failure });
			print(failure === undefined || updated ? `ok    ${file}: ${spec.name}\n` : `FAIL  ${file}: ${spec.name}\n`);
			if (failure !== undefined && !updated) print(`${failure.replace(/^/gm, "      ").trimEnd()}\n`);
		}
	}
	const failed = outcomes.filter(({ failure }) => failure !== undefined).length;
	print(`${outcomes.length - failed} passed, ${failed} failed\n`);
	if (values.junit !== undefined) writeFileSync(values.junit, junitReport(outcomes));
	return failed === 0 ? 0 : 1;
}
