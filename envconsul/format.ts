import { DiscoError } from "../lib/errors.ts";
import type { Value, Variables } from "./environment.ts";

/** How variables are written in a file. */
export type VariableFormat = "dotenv" | "shell" | "json" | "docker" | "systemd";

export const variableFormats: readonly VariableFormat[] = ["dotenv", "shell", "json", "docker", "systemd"];

/** Writes one variable, or says why the format cannot hold it. */
type LineWriter = (name: string, value: string) => string | { readonly refused: string };

/** docker reads lines of at most 64 KiB. */
const dockerLineBytesMax = 65_000;

/**
 * The variables as a file's content, in their order. What a reader of that format gets back is exactly what went in; what the format
 * cannot hold is refused instead of being changed:
 *
 * - `shell`: `export NAME='...'` for POSIX shells; the only one for values that are not UTF-8
 * - `dotenv`: as npm's dotenv and `node --env-file` read it (no carriage return; not all three kinds of quotes and a line break)
 * - `docker`: `docker run --env-file`, which knows no quotes (no line break)
 * - `systemd`: `EnvironmentFile=`
 * - `json`: one object
 *
 * Error: `VARIABLE_NOT_WRITABLE`, naming the variable.
 */
export function formatVariables(variables: Variables, format: VariableFormat): Buffer {
	for (const [name, value] of variables) refuseNul(name, value);
	if (format === "json") {
		const entries = [...variables].map(([name, value]) => [name, text(name, value, format)] as const);
		// Not an object literal: a variable may be called __proto__.
		return Buffer.from(`${JSON.stringify(Object.fromEntries(entries), null, "\t")}\n`);
	}
	const lines: Uint8Array[] = [];
	for (const [name, value] of variables) {
		if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
			throw refusal(name, format, "the name has other characters than letters, digits and _; give -sanitize");
		}
		if (format === "shell") {
			lines.push(Buffer.from(`export ${name}=`), shellWord(value), Buffer.from("\n"));
			continue;
		}
		const line = writers[format](name, text(name, value, format));
		if (typeof line !== "string") throw refusal(name, format, line.refused);
		lines.push(Buffer.from(`${line}\n`));
	}
	return Buffer.concat(lines);
}

const writers: Readonly<Record<Exclude<VariableFormat, "json" | "shell">, LineWriter>> = {
	dotenv(name, value) {
		if (value.includes("\r")) return { refused: "its readers drop carriage returns" };
		// Literal between single quotes and backquotes; between double quotes, \n is a line break to its readers.
		for (const quote of ["'", "`", '"']) {
			if (!value.includes(quote) && !(quote === '"' && value.includes("\\"))) return `${name}=${quote}${value}${quote}`;
		}
		const bare = !/[\n#]/.test(value) && value.trim() === value && !/^['"`]/.test(value);
		return bare
			? `${name}=${value}`
			: { refused: "it has every kind of quotes, and a line break, # or a quote at its start" };
	},
	docker(name, value) {
		if (value.includes("\n") || value.endsWith("\r")) return { refused: "it has a line break" };
		const line = `${name}=${value}`;
		return Buffer.byteLength(line) > dockerLineBytesMax ? { refused: "it is longer than 64 KiB" } : line;
	},
	/** systemd.exec(5): within double quotes `\` escapes `"`, `\`, `` ` `` and `$`; a line break stands for itself. */
	systemd: (name, value) => `${name}="${value.replace(/["\\`$]/g, "\\$&")}"`,
};

/** Between single quotes everything but a single quote stands for itself. */
function shellWord(value: Value): Uint8Array {
	// latin1 keeps every byte.
	const bytes = Buffer.from(value).toString("latin1");
	return Buffer.from(`'${bytes.replaceAll("'", "'\\''")}'`, "latin1");
}

function text(name: string, value: Value, format: VariableFormat): string {
	if (typeof value === "string") return value;
	throw refusal(name, format, "it is not UTF-8; only the format shell can hold it");
}

function refuseNul(name: string, value: Value): void {
	if (!name.includes("\0") && !(typeof value === "string" ? value.includes("\0") : value.includes(0))) return;
	throw new DiscoError(
		"VARIABLE_NOT_WRITABLE",
		`variable ${JSON.stringify(name)} has a NUL byte, which no environment can hold; change the key or leave it out`,
	);
}

function refusal(name: string, format: VariableFormat, reason: string): DiscoError {
	return new DiscoError(
		"VARIABLE_NOT_WRITABLE",
		`variable ${JSON.stringify(name)} cannot be written as ${format}: ${reason}`,
	);
}
