import { DiscoError, errorMessage } from "../../../lib/errors.ts";
import { attributes } from "./attributes.ts";
import { functions, type PipeValue } from "./functions.ts";
import { type InterfaceAddress, interfaceAddresses } from "./interface-address.ts";

/**
 * A text with its `{{ ... }}` replaced by what they say of this machine's addresses: pipes of go-sockaddr's functions, such as
 * `{{ GetPrivateInterfaces | include "network" "10.0.0.0/8" | attr "address" }}`. A text without is given back as it is.
 *
 * Fails with `CONFIG_INVALID`, naming the key, when a template is wrong, or when nothing is left of the text.
 */
export function expandAddresses(key: string, text: string, known?: readonly InterfaceAddress[]): string {
	if (!text.includes("{{")) return text;
	const addresses = known ?? interfaceAddresses();
	const expanded = text
		.replaceAll(/\{\{-?((?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^"`])*?)-?\}\}/g, (_, inner: string) => {
			try {
				const value = evaluate(inner, addresses);
				if (typeof value === "string") return value;
				throw new Error('it ends with a list; end with attr "address" or join "address" " "');
			} catch (error) {
				throw invalid(`${key}: {{${inner}}}: ${errorMessage(error)}`);
			}
		})
		.trim();
	if (expanded.includes("{{")) throw invalid(`${key}: "${text}" has a {{ without its }}`);
	if (expanded === "") {
		const all = addresses.map((each) => `${each.name} ${attributes["string"]?.(each)}`).join(", ");
		throw invalid(`${key}: "${text}" gives no address; this machine has ${all || "none"}`);
	}
	return expanded;
}

/** A pipe: the first call starts with the machine's addresses, each other takes what the one before gives. */
function evaluate(inner: string, addresses: readonly InterfaceAddress[]): PipeValue {
	let value: PipeValue = addresses;
	for (const [at, words] of callsOf(inner).entries()) {
		const [name = "", ...rest] = words;
		if (name === "." && at === 0 && rest.length === 0) continue;
		const called = Object.hasOwn(functions, name) ? functions[name] : undefined;
		if (called === undefined) {
			throw new Error(`"${name}" is not known here; there are ${Object.keys(functions).join(", ")}`);
		}
		if (called.isSource === true && at > 0) throw new Error(`${name} stands at the beginning of a pipe`);
		if (called.isSource !== true && at === 0) {
			throw new Error(`${name} needs addresses; begin with GetAllInterfaces | ${name}`);
		}
		if (rest.length !== called.words) {
			throw new Error(`${name} takes ${called.words === 1 ? "one word" : `${called.words} words`}, not ${rest.length}`);
		}
		if (typeof value === "string") throw new Error(`${name} needs addresses, and a text comes before it`);
		value = called.run(rest, value);
	}
	return value;
}

/** Words of each call between the `|`; texts in quotes or backquotes, numbers as they are. */
function callsOf(inner: string): string[][] {
	const calls: string[][] = [[]];
	const token = /\s*(?:("(?:[^"\\]|\\.)*")|`([^`]*)`|(\|)|([^\s|"`()]+))\s*/y;
	while (token.lastIndex < inner.length) {
		const match = token.exec(inner);
		if (match === null) throw new Error("only function calls, texts in quotes and | can stand here");
		const [, quoted, raw, bar, word] = match;
		if (bar === undefined) calls.at(-1)?.push(quoted === undefined ? (raw ?? word ?? "") : unquoted(quoted));
		else calls.push([]);
	}
	if (calls.some((call) => call.length === 0)) throw new Error("a function is missing");
	return calls;
}

function unquoted(text: string): string {
	try {
		return JSON.parse(text) as string;
	} catch {
		throw new Error(`${text} is no text that can be read`);
	}
}

function invalid(text: string): DiscoError {
	return new DiscoError("CONFIG_INVALID", text);
}
