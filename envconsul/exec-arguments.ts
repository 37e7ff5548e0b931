import type { Value, Variables } from "./environment.ts";

/** A program with its arguments and environment as `spawn` takes them: texts only. */
export interface Execution {
	readonly file: string;
	readonly args: readonly string[];
	readonly env: Record<string, string>;
}

const shellName = /^[A-Za-z_]\w*$/;

/**
 * Node passes arguments and variables as UTF-8, so a value with other bytes goes through a shell that makes them (`printf` with
 * octal escapes) and an `env` that sets them; both are replaced by the program (exec), so it keeps the process. Variables whose
 * names a shell would drop go through that `env` too. Such a value may have some 30 KB (an argument's limit is 128 KiB).
 *
 * `env` is the path of that program.
 */
export function execution(file: string, args: readonly string[], variables: Variables, env: () => string): Execution {
	const texts: Record<string, string> = Object.create(null);
	const bytes: [string, Uint8Array][] = [];
	for (const [name, value] of variables) {
		if (typeof value === "string") texts[name] = value;
		else bytes.push([name, value]);
	}
	if (bytes.length === 0) return { file, args, env: texts };
	const assignments: [string, Value][] = [...bytes];
	for (const [name, value] of Object.entries(texts)) {
		if (shellName.test(name)) continue;
		assignments.push([name, value]);
		delete texts[name];
	}
	const script = [
		...assignments.map(([name, value], index) => `v${index}=$(printf '${octal(name)}=${octal(value)}x')`),
		`exec ${quoted(env())} ${assignments.map((_, index) => `"\${v${index}%x}"`).join(" ")} "$@"`,
	].join("\n");
	return { file: "/bin/sh", args: ["-c", script, "sh", file, ...args], env: texts };
}

/** Every byte as `\ooo`, which no shell or `printf` reads as something else. */
function octal(value: Value): string {
	return Array.from(Buffer.from(value), (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}

function quoted(word: string): string {
	return `'${word.replaceAll("'", "'\\''")}'`;
}
