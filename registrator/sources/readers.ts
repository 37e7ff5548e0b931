import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { fields, inspectOfDeclared } from "./declared.ts";
import type { SourceOption } from "./source-option.ts";
import { inspectsOfUnits, shownProperties } from "./systemd.ts";

/** Everything a source declares now, as Docker would answer about it. */
export type Reader = () => Promise<readonly unknown[]>;

type Environment = Readonly<Record<string, string | undefined>>;

/** A command that has not ended by then, or prints more, has failed. */
const commandMsMax = 10_000;
const outputBytesMax = 4 * 1024 * 1024;

/** Reads a source other than Docker. Errors: `SOURCE_INVALID` and `SOURCE_UNREADABLE`, which name the file and the field. */
export function readerOf(source: Exclude<SourceOption, { readonly kind: "docker" }>, environment: Environment): Reader {
	switch (source.kind) {
		case "compose":
			return () => readCompose(source.path, environment);
		case "dir":
			return () => readFolder(source.path);
		case "exec":
			return () => readCommand(source.command);
		case "systemd":
			return () => readSystemd(source.pattern, environment);
	}
}

/** Every service of a Compose file that has no profile (those run only when asked for). */
async function readCompose(path: string, environment: Environment): Promise<unknown[]> {
	// A bundle in parts gives a CommonJS package that is imported late only as its default.
	const [{ default: yaml }, content] = await Promise.all([import("yaml"), readText(path)]);
	const file = fields(
		parsed(path, () => yaml.parse(interpolated(content, environment)) as unknown),
		path,
		"must be an object",
	);
	const project = typeof file["name"] === "string" ? file["name"] : basename(dirname(resolve(path))).toLowerCase();
	return Object.entries(fields(file["services"] ?? {}, `${path}: services`, "must be an object"))
		.filter(([, service]) => !(typeof service === "object" && service !== null && "profiles" in service))
		.map(([name, service]) => inspectOfDeclared(`${project}-${name}-1`, service, `${path}: services: ${name}`));
}

/** Every `*.json` file of a folder is a service; its name is the file's. */
async function readFolder(folder: string): Promise<unknown[]> {
	const names = await readdir(folder).catch((error: unknown) => {
		throw unreadable(folder, error);
	});
	const files = names.filter((name) => name.endsWith(".json") && !name.startsWith(".")).sort();
	return Promise.all(
		files.map(async (name) => {
			const path = join(folder, name);
			const content = await readText(path);
			return inspectOfDeclared(
				basename(name, ".json"),
				parsed(path, () => JSON.parse(content) as unknown),
				path,
			);
		}),
	);
}

/** The command prints a JSON object: names to services. */
async function readCommand(command: string): Promise<unknown[]> {
	const where = `-source exec=${command}`;
	const { stdout } = await promisify(execFile)("/bin/sh", ["-c", command], {
		timeout: commandMsMax,
		maxBuffer: outputBytesMax,
	}).catch((error: unknown) => {
		throw unreadable(where, error);
	});
	const services = fields(
		parsed(where, () => JSON.parse(stdout) as unknown),
		where,
		"must print a JSON object",
	);
	return Object.entries(services).map(([name, service]) => inspectOfDeclared(name, service, `${where}: ${name}`));
}

/** Every active unit that `systemctl` (by PATH) shows for the pattern. */
async function readSystemd(pattern: string, environment: Environment): Promise<unknown[]> {
	const where = "-source systemd";
	const words = ["show", `--property=${shownProperties.join(",")}`, "--", pattern];
	const { stdout } = await promisify(execFile)("systemctl", words, {
		timeout: commandMsMax,
		maxBuffer: outputBytesMax,
		env: { ...environment, SYSTEMD_COLORS: "0" },
	}).catch((error: unknown) => {
		throw unreadable(where, error);
	});
	return inspectsOfUnits(stdout, where);
}

async function readText(path: string): Promise<string> {
	return readFile(path, "utf8").catch((error: unknown) => {
		throw unreadable(path, error);
	});
}

function parsed(where: string, parse: () => unknown): unknown {
	try {
		return parse();
	} catch (error) {
		const [line = ""] = errorMessage(error).split("\n");
		throw new DiscoError("SOURCE_INVALID", `${where}: ${line}`, { cause: error, retryable: true });
	}
}

function unreadable(where: string, error: unknown): DiscoError {
	const [line = ""] = errorMessage(error).split("\n");
	return new DiscoError("SOURCE_UNREADABLE", `${where}: ${line}`, { cause: error, retryable: true });
}

/** Compose's `$NAME`, `${NAME}`, `${NAME:-default}` and `$$`; a name that is not set is empty. */
function interpolated(content: string, environment: Environment): string {
	return content.replace(
		/\$(?:(\$)|(\w+)|\{(\w+)(?:(:?)-([^}]*))?\})/g,
		(_, dollar?: string, plain?: string, name?: string, colon?: string, otherwise?: string) => {
			if (dollar !== undefined) return "$";
			const value = environment[plain ?? name ?? ""];
			const missing = value === undefined || (colon === ":" && value === "");
			return missing ? (otherwise ?? "") : value;
		},
	);
}
