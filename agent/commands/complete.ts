import type { FlagSpecs } from "../../lib/flags.ts";
import type { CommandEntry } from "./command.ts";

/**
 * What may stand where the last word is begun: subcommands, or options when it begins with a dash. Empty where a value or an
 * argument is due: the shell offers files then.
 */
export async function candidates(
	words: readonly string[],
	commands: Readonly<Record<string, CommandEntry>>,
): Promise<readonly string[]> {
	const begun = words.at(-1) ?? "";
	let known: Readonly<Record<string, CommandEntry>> | undefined = commands;
	let flags: FlagSpecs = {};
	for (const word of words.slice(0, -1)) {
		// Options and their values stand after the last subcommand.
		if (known === undefined) break;
		const entry: CommandEntry | undefined = Object.hasOwn(known, word) ? known[word] : undefined;
		if (entry === undefined) return [];
		const command = await entry.load();
		known = command.commands;
		flags = command.flags ?? {};
	}
	const all =
		known === undefined
			? begun.startsWith("-")
				? Object.entries(flags).map(([name, { hidden }]) => (hidden === true ? "" : `-${name}`))
				: []
			: Object.entries(known).map(([name, { hidden }]) => (hidden === true ? "" : name));
	return all.filter((each) => each !== "" && each.startsWith(begun.replace(/^--/, "-")));
}
