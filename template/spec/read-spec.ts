import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { loadConfigText, type TemplateConfig } from "../config/index.ts";

/** One rendering and what is expected of it. */
export interface SpecCase {
	readonly name: string;
	readonly template: TemplateConfig;
	/** Values by the id of their dependency, as messages and `record` write them: `kv.block(app/name)`. */
	readonly data: Readonly<Record<string, unknown>>;
	readonly environment: Readonly<Record<string, string>>;
	readonly nowMs: number;
	readonly expected: Expected;
}

export interface Expected {
	/** The whole text, and the file it was read from (`-update` writes it). */
	readonly text?: string;
	readonly file?: string;
	/** With `for_each`: the text of each destination. */
	readonly files?: Readonly<Record<string, string>>;
	/** Parts of the text. */
	readonly contains: readonly string[];
	/** A part of the error that is wanted. */
	readonly error?: string;
	/** Ids of what it must wait for. */
	readonly waits?: readonly string[];
	/** Whether the template's limits and its check run on the text. */
	readonly check: boolean;
}

const fileKeys = ["template", "data", "environment", "time", "cases"];
const caseKeys = [
	"name",
	"template",
	"data",
	"environment",
	"time",
	"expect",
	"text",
	"files",
	"contains",
	"error",
	"waits",
	"check",
];

/**
 * The cases of a file in YAML or JSON (docs/templates.md "Tests"); paths in it are relative to its folder. What stands beside
 * `cases` holds for all of them. Error: `SPEC_INVALID`, whose text begins with the file.
 */
export async function readSpec(path: string): Promise<readonly SpecCase[]> {
	const { parse } = await import("../yaml-library.ts");
	const folder = dirname(resolve(path));
	const wrong = (reason: string, cause?: unknown) => new DiscoError("SPEC_INVALID", `${path}: ${reason}`, { cause });
	const read = (name: string): string => {
		try {
			return readFileSync(resolve(folder, name), "utf8");
		} catch (error) {
			throw wrong(errorMessage(error), error);
		}
	};
	const parsed = (name: string, text: string): unknown => {
		try {
			return parse(text);
		} catch (error) {
			throw wrong(`${name} is neither YAML nor JSON: ${errorMessage(error).split("\n")[0]}`, error);
		}
	};
	const known = (object: Readonly<Record<string, unknown>>, keys: readonly string[], where: string) => {
		const unknown = Object.keys(object).find((key) => !keys.includes(key));
		if (unknown !== undefined) throw wrong(`${where}: unknown key "${unknown}"; known are ${keys.join(", ")}`);
	};
	const data = (given: unknown): Readonly<Record<string, unknown>> => {
		if (given === undefined) return {};
		const value = typeof given === "string" ? parsed(given, read(given)) : given;
		if (!isObject(value)) throw wrong("data: is not a map of dependencies (or the name of a file with one)");
		return value;
	};

	const top = parsed(path, read(resolve(path)));
	if (!isObject(top) || !Array.isArray(top["cases"])) throw wrong("is not a map with a list of cases");
	known(top, fileKeys, "the file");
	return top["cases"].map((one: unknown, position): SpecCase => {
		if (!isObject(one)) throw wrong(`case ${position + 1}: is not a map`);
		const name = textOr(one["name"], `case ${position + 1}`);
		known(one, caseKeys, name);
		const time = one["time"] ?? top["time"] ?? "2000-01-01T00:00:00Z";
		const nowMs = Date.parse(String(time));
		if (Number.isNaN(nowMs)) throw wrong(`${name}: time "${String(time)}" is not RFC 3339`);
		const expect = one["expect"];
		const inline = one["text"];
		const file = typeof expect === "string" ? resolve(folder, expect) : undefined;
		const text = typeof inline === "string" ? inline : file === undefined ? undefined : readIfThere(file);
		return {
			name,
			template: templateOf(one["template"] ?? top["template"], folder, (reason) => wrong(`${name}: ${reason}`)),
			data: { ...data(top["data"]), ...data(one["data"]) },
			environment: { ...texts(top["environment"]), ...texts(one["environment"]) },
			nowMs,
			expected: {
				...(text === undefined ? {} : { text }),
				...(file === undefined ? {} : { file }),
				...(isObject(one["files"]) ? { files: texts(one["files"]) } : {}),
				contains: list(one["contains"]),
				...(one["error"] === undefined ? {} : { error: String(one["error"]) }),
				...(one["waits"] === undefined ? {} : { waits: list(one["waits"]) }),
				check: one["check"] === true,
			},
		};
	});
}

/** A path, or the keys of a configuration file's `template`. */
function templateOf(given: unknown, folder: string, wrong: (reason: string) => DiscoError): TemplateConfig {
	const keys = typeof given === "string" ? { source: given } : given;
	if (!isObject(keys)) throw wrong("template: give a path, or a map of a template's configuration keys");
	const { source, partials } = keys;
	const located = {
		...keys,
		...(typeof source === "string" ? { source: resolve(folder, source) } : {}),
		...(partials === undefined ? {} : { partials: list(partials).map((path) => resolve(folder, path)) }),
	};
	try {
		const [template] = loadConfigText(JSON.stringify({ template: [located] }), "template").templates;
		return template as TemplateConfig;
	} catch (error) {
		throw wrong(errorMessage(error));
	}
}

function readIfThere(file: string): string | undefined {
	try {
		return readFileSync(file, "utf8");
	} catch {
		return undefined;
	}
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOr(value: unknown, otherwise: string): string {
	return value === undefined ? otherwise : String(value);
}

function texts(value: unknown): Readonly<Record<string, string>> {
	return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, String(one)])) : {};
}

function list(value: unknown): readonly string[] {
	return value === undefined ? [] : Array.isArray(value) ? value.map(String) : [String(value)];
}
