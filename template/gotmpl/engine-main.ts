/**
 * The language behind a pipe, for the conformance cases: one JSON object per line in (`template`, `data`, `options`), one
 * out (`{"output"}` or `{"error"}`). Formats: test/conformance/template/README.md.
 */
import { createInterface } from "node:readline";
import { answer, type EngineRequest } from "./engine.ts";

for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
	if (line.trim() !== "") process.stdout.write(`${JSON.stringify(answer(JSON.parse(line) as EngineRequest))}\n`);
}
