import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { type FlagSpecs, flagsHelp, type ParsedFlags, parseFlags } from "../../lib/flags.ts";

/** What a command may touch of the process. */
export interface CommandIo {
	readonly stdout: (text: string | Uint8Array) => void;
	readonly stderr: (text: string) => void;
	/** Everything on standard input, up to `stdinBytesMax`. */
	readonly stdin: () => Promise<Buffer>;
	readonly env: Readonly<Record<string, string | undefined>>;
}

/** A command, or a group of them (`kv get`). Loaded when it is run: a short-lived one must not pay for the agent. */
export interface CommandEntry {
	/** One line for the list of commands. */
	readonly summary: string;
	readonly load: () => Promise<Command>;
	/** Not shown in the list. */
	readonly hidden?: boolean;
}

export interface Command {
	/** Gives the exit code. A `DiscoError` becomes one line on stderr and exit code 1. */
	run(args: readonly string[], io: CommandIo, path: string): Promise<number>;
	/** Its options, for completion. */
	readonly flags?: FlagSpecs;
	/** Its subcommands, for completion. */
	readonly commands?: Readonly<Record<string, CommandEntry>>;
}

/** A command without subcommands. `Error: ...` and exit 1 for wrong options, help on stdout and exit 0 when asked for. */
export function simpleCommand<const Specs extends FlagSpecs>(definition: {
	/** What stands after the command's name: `[options] KEY [VALUE]`. */
	readonly usage: string;
	/** A sentence or two. */
	readonly about: string;
	/** Command lines that people type; shown in the help. */
	readonly examples?: readonly string[];
	readonly flags: Specs;
	readonly run: (parsed: ParsedFlags<Specs>, io: CommandIo) => Promise<number>;
}): Command {
	return {
		flags: definition.flags,
		async run(args, io, path) {
			const parsed = parseFlags(args, definition.flags);
			if (parsed.help) {
				const examples = (definition.examples ?? []).map((line) => `  ${line}\n`).join("");
				const about = `${definition.about}\n${examples === "" ? "" : `\n${examples}`}`;
				io.stdout(`Usage: ${path} ${definition.usage}\n\n${about}\n${flagsHelp(definition.flags)}\n`);
				return 0;
			}
			return definition.run(parsed, io);
		},
	};
}

/** A group: runs the subcommand that the first word names; exit 1 and the list when there is none. */
export function commandGroup(about: string, commands: Readonly<Record<string, CommandEntry>>): Command {
	return {
		commands,
		async run(args, io, path) {
			const [name, ...rest] = args;
			const entry = name === undefined ? undefined : commands[name];
			if (entry !== undefined) return (await entry.load()).run(rest, io, `${path} ${name}`);
			const help = `Usage: ${path} COMMAND [options] [arguments]\n\n${about}\n\n${commandList(commands)}\n`;
			if (name === "-h" || name === "-help" || name === "--help") {
				io.stdout(help);
				return 0;
			}
			io.stderr(name === undefined ? help : `Error: unknown command "${path} ${name}"\n\n${help}`);
			return 1;
		},
	};
}

/** Names and summaries in two columns. */
export function commandList(commands: Readonly<Record<string, CommandEntry>>): string {
	const shown = Object.entries(commands).filter(([, { hidden }]) => hidden !== true);
	const width = Math.max(...shown.map(([name]) => name.length));
	return shown.map(([name, { summary }]) => `  ${name.padEnd(width + 2)}${summary}`).join("\n");
}

/** Fails with `ARGUMENT_INVALID` unless there are `min` to `max` words; `what` says what they are. */
export function requireArguments(rest: readonly string[], min: number, max: number, what: string): void {
	if (rest.length > max) {
		throw new DiscoError(
			"ARGUMENT_INVALID",
			`too many arguments: "${rest[max]}" is one too much; give ${what} (options come before them)`,
		);
	}
	if (rest.length < min) throw new DiscoError("ARGUMENT_INVALID", `an argument is missing: give ${what}`);
}

/** The line that a failing command ends with. */
export function errorLine(error: unknown): string {
	return `Error: ${errorMessage(error)}\n`;
}
