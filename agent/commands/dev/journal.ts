import type { CommandIo } from "../command.ts";

/** One thing that happened, as the page shows it. */
export interface DevEvent {
	readonly Time: string;
	readonly Kind: "up" | "down" | "file" | "proxy" | "note";
	readonly Text: string;
}

/** What happens is told in the terminal, a line each, and kept for the page. */
export interface Journal {
	tell(kind: DevEvent["Kind"], text: string): void;
	/** The newest last; at most `eventsMax`. */
	readonly events: readonly DevEvent[];
	/** Bold in a terminal, plain elsewhere. */
	strong(text: string): string;
}

const eventsMax = 100;
const colourCodes: Readonly<Record<DevEvent["Kind"], number>> = { up: 32, down: 31, file: 36, proxy: 35, note: 33 };

export function createJournal(io: CommandIo): Journal {
	const coloured = process.stdout.isTTY === true && io.env["NO_COLOR"] === undefined;
	const paint = (code: number, text: string) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);
	const events: DevEvent[] = [];
	return {
		events,
		strong: (text) => paint(1, text),
		tell(kind, text) {
			const time = new Date();
			events.push({ Time: time.toISOString(), Kind: kind, Text: text });
			if (events.length > eventsMax) events.shift();
			io.stdout(`${time.toTimeString().slice(0, 8)}  ${paint(colourCodes[kind], text)}\n`);
		},
	};
}
