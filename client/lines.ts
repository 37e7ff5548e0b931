import { StringDecoder } from "node:string_decoder";
import { DiscoError } from "../lib/errors.ts";
import type { StreamedAnswer } from "./transport.ts";

/** A line without an end is given up at this length. */
const lineLengthMax = 1024 * 1024;

/** The lines of a streamed answer without their ends; `open` is called when the first one is asked for. Error: `ANSWER_TOO_LARGE`. */
export async function* linesOf(open: () => Promise<StreamedAnswer>): AsyncGenerator<string, void, undefined> {
	const answer = await open();
	const decoder = new StringDecoder("utf8");
	let rest = "";
	try {
		for await (const chunk of answer.body) {
			const parts = (rest + decoder.write(chunk)).split("\n");
			rest = parts.pop() ?? "";
			if (rest.length > lineLengthMax) {
				throw new DiscoError("ANSWER_TOO_LARGE", `a line is longer than ${lineLengthMax} characters`);
			}
			for (const line of parts) yield line;
		}
		if (rest !== "") yield rest;
	} finally {
		answer.cancel();
	}
}
