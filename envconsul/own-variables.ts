import { readFileSync } from "node:fs";
import { textOrBytes, type Value, type Variables } from "./environment.ts";

/**
 * The program's own variables. Node replaces bytes that are no UTF-8 by U+FFFD; where that character shows up, the real bytes
 * are read from Linux.
 */
export function ownVariables(): Variables {
	const variables = new Map<string, Value>();
	for (const [name, value] of Object.entries(process.env)) variables.set(name, value ?? "");
	const damaged = [...variables.values()].some((value) => (value as string).includes("\ufffd"));
	return (damaged ? rawVariables() : undefined) ?? variables;
}

function rawVariables(): Variables | undefined {
	try {
		const variables = new Map<string, Value>();
		for (const entry of readFileSync("/proc/self/environ", "latin1").split("\0")) {
			const equals = entry.indexOf("=");
			if (equals < 1) continue;
			const name = Buffer.from(entry.slice(0, equals), "latin1").toString("utf8");
			variables.set(name, textOrBytes(Buffer.from(entry.slice(equals + 1), "latin1")));
		}
		return variables;
	} catch {
		return undefined;
	}
}
