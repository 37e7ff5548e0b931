import { DiscoError } from "../lib/errors.ts";

/** One event of a stream; `id` is the last one that was named. */
export interface ServerSentEvent {
	/** `message` unless named; `comment` for a line that only says that the connection lives. */
	readonly event: string;
	readonly id: string;
	readonly data: string;
}

/** An event's largest size; the same as an answer's. */
const eventBytesMax = 256 * 1024 * 1024;

/**
 * Reads a stream of events (WHATWG HTML section 9.2.6), whatever pieces it comes in. An event that is cut off at the end is none.
 * Error: `ANSWER_TOO_LARGE`.
 */
export async function* eventsOf(body: AsyncIterable<Buffer>): AsyncGenerator<ServerSentEvent, void, undefined> {
	const decoder = new TextDecoder("utf-8");
	let pieces: string[] = [];
	let sizeBytes = 0;
	let event = "";
	let id = "";
	let data: string[] = [];
	for await (const chunk of body) {
		sizeBytes += chunk.length;
		if (sizeBytes > eventBytesMax) {
			throw new DiscoError("ANSWER_TOO_LARGE", `an event is larger than ${eventBytesMax} bytes; ask for less`);
		}
		pieces.push(decoder.decode(chunk, { stream: true }));
		if (!chunk.includes(0x0a)) continue;
		const lines = pieces.join("").split("\n");
		pieces = [lines.pop() ?? ""];
		for (const ended of lines) {
			const line = ended.endsWith("\r") ? ended.slice(0, -1) : ended;
			if (line === "") {
				if (data.length > 0) yield { event: event === "" ? "message" : event, id, data: data.join("\n") };
				event = "";
				data = [];
				sizeBytes = 0;
				continue;
			}
			const [, name = "", value = ""] = /^([^:]*)(?:: ?([\s\S]*))?$/.exec(line) ?? [];
			if (name === "") yield { event: "comment", id, data: value };
			else if (name === "event") event = value;
			else if (name === "data") data.push(value);
			else if (name === "id") id = value;
		}
	}
}
