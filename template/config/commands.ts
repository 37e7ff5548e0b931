import type { Command } from "./types.ts";

/** `{{.Src}}`, blanks allowed. */
const source = /\{\{\s*\.Src\s*\}\}/g;

/** Whether the command names the new file. */
export function namesSource(command: Command): boolean {
	const words = "argv" in command ? command.argv : [command.text];
	return words.some((word) => word.search(source) >= 0);
}

/** The command with the file's path in place of `{{.Src}}`; quoted where a shell reads it. */
export function withSource(command: Command, path: string): Command {
	if ("argv" in command) return { argv: command.argv.map((word) => word.replace(source, () => path)) };
	const plain = /^[\w@%+=:,./-]+$/.test(path);
	return { text: command.text.replace(source, () => (plain ? path : `'${path.replaceAll("'", `'\\''`)}'`)) };
}
