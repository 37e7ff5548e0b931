import { readFileSync } from "node:fs";
import { textOrBytes, type Value, type Variables } from "./environment.ts";
import { reaperMark } from "./process-one.ts";

/**
 * The program's own variables. Node replaces bytes that are no UTF-8 by U+FFFD; where that character shows up, the real bytes
 * are read from Linux. Below a shell that reaps (process-one.ts), those of process 1: shells drop names that are not theirs.
 */
export function ownVariables(): Variables {
	const own = allVariables(process.env[reaperMark] === undefined ? "self" : "1");
	own.delete(reaperMark);
	return own;
}

function allVariables(of: "self" | "1"): Map<string, Value> {
	const variables = new Map<string, Value>();
	for (const [name, value] of Object.entries(process.env)) variables.set(name, value ?? "");
	const damaged = [...variables.values()].some((value) => (value as string).includes("\ufffd"));
	return (damaged || of === "1" ? rawVariables(of) : undefined) ?? variables;
}

function rawVariables(of: "self" | "1"): Map<string, Value> | undefined {
	try {
		const variables = new Map<string, Value>();
		for (const entry of readFileSync(`/proc/${of}/environ`, "latin1").split("\0")) {
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
