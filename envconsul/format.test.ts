import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { outcome } from "../test/support/programs.ts";
import type { Variables } from "./environment.ts";
import { formatVariables, type VariableFormat, variableFormats } from "./format.ts";

const folder = mkdtempSync(join(tmpdir(), "disco-env-format-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What is known to go wrong somewhere. */
const nasty = [
	"",
	" blanks around ",
	"tab\there",
	"it's",
	'say "hi"',
	"back`tick`",
	`$HOME ${"${"}HOME} $(id) $$`,
	"a\\b\\n\\\\",
	"# no comment",
	"a#b = c; d & e | f > g * ? ~ !",
	"two\nlines\n",
	"\n",
	"'\"",
	"ünïcödé ☃",
	"--x",
	"{json: [1]}",
];
const named = (values: readonly string[]) => new Map(values.map((value, index) => [`V${index}`, value] as const));
const text = fc.string({ unit: fc.constantFrom(..."ab '\"`\\$\n#=ü") });

/** Those that the format takes, by name. */
function writable(values: readonly string[], format: VariableFormat): Map<string, string> {
	const result = new Map<string, string>();
	for (const [name, value] of named(values)) {
		try {
			formatVariables(new Map([[name, value]]), format);
			result.set(name, value);
		} catch {}
	}
	return result;
}

function viaShell(shell: string, variables: Variables): Record<string, string> {
	const file = join(folder, "sh.env");
	writeFileSync(file, formatVariables(variables, "shell"));
	const dump = "process.stdout.write(JSON.stringify(process.env))";
	const out = execFileSync(shell, ["-c", `. ${file}; exec ${process.execPath} -e '${dump}'`], { env: { SHLVL: "2" } });
	return JSON.parse(out.toString("utf8")) as Record<string, string>;
}

test.each(["/bin/sh", "/bin/bash"])("%s reads every value back", (shell) => {
	expect(viaShell(shell, named(nasty))).toMatchObject(Object.fromEntries(named(nasty)));
	fc.assert(
		fc.property(fc.array(text, { maxLength: 40 }), (values) => {
			expect(viaShell(shell, named(values))).toMatchObject(Object.fromEntries(named(values)));
		}),
		{ numRuns: 5 },
	);
});

test("a shell gets bytes that are no UTF-8", () => {
	const bytes = Uint8Array.of(0xff, 0x27, 0xfe, 0x0a, 0x80);
	writeFileSync(join(folder, "bytes.env"), formatVariables(new Map([["B", bytes]]), "shell"));
	const script = `. ${join(folder, "bytes.env")}; printf %s "$B"`;
	expect(spawnSync("/bin/sh", ["-c", script]).stdout).toEqual(Buffer.from(bytes));
});

test("Node's dotenv parser reads back every value that is taken", () => {
	const refused = nasty.filter((value) => !writable([value], "dotenv").has("V0"));
	expect(refused).toEqual([]);
	fc.assert(
		fc.property(fc.array(text, { maxLength: 40 }), (values) => {
			const variables = writable(values, "dotenv");
			expect(parseEnv(formatVariables(variables, "dotenv").toString())).toEqual(Object.fromEntries(variables));
		}),
	);
});

test("JSON", () => {
	const variables = new Map([...named(nasty), ["__proto__", "p"], ["a/b", "c"]] as const);
	const read = JSON.parse(formatVariables(variables, "json").toString()) as object;
	expect(new Map(Object.entries(read))).toEqual(variables);
});

const docker = spawnSync("docker", ["--version"]).status === 0;
test.skipIf(!docker)("docker's --env-file reads back every value that is taken", async () => {
	const values = [...nasty, ...fc.sample(text, { numRuns: 200, seed: 7 })];
	const variables = writable(values, "docker");
	expect(values.filter((value) => !value.includes("\n")).length).toBe(variables.size);
	const file = join(folder, "docker.env");
	writeFileSync(file, formatVariables(variables, "docker"));
	// The real command line reads the file; what it would send to an engine is taken down here.
	let sent: { Env: readonly string[] } | undefined;
	const engine = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request
			.on("data", (chunk: Buffer) => chunks.push(chunk))
			.on("end", () => {
				const created = /\/containers\/create/.test(request.url ?? "");
				if (created) sent = JSON.parse(Buffer.concat(chunks).toString()) as typeof sent;
				response.setHeader("Api-Version", "1.41").setHeader("Content-Type", "application/json");
				response.statusCode = created ? 201 : 200;
				response.end(created ? '{"Id":"0123456789ab","Warnings":[]}' : "OK");
			});
	});
	const socket = join(folder, "engine.sock");
	await new Promise<void>((resolve) => void engine.listen(socket, resolve));
	try {
		const env = { DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: folder };
		const result = await outcome("docker", ["create", "--env-file", file, "image"], { env });
		expect(result).toMatchObject({ exitCode: 0 });
	} finally {
		engine.close();
	}
	expect(sent?.Env).toEqual([...variables].map(([name, value]) => `${name}=${value}`));
});

/** Reads environment.d with the parser of EnvironmentFile=, then replaces `$`, which is therefore left out here. */
const generator = "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator";
describe.skipIf(!existsSync(generator))("systemd", () => {
	test("its parser reads every value back", () => {
		const values = [...nasty, ...fc.sample(text, { numRuns: 200, seed: 7 })];
		// What expands `$` also takes an empty value for a mistake.
		const variables = named(values.filter((value) => !value.includes("$") && value !== ""));
		mkdirSync(join(folder, "environment.d"));
		writeFileSync(join(folder, "environment.d/x.conf"), formatVariables(variables, "systemd"));
		const out = execFileSync(generator, { env: { XDG_CONFIG_HOME: folder, HOME: folder } }).toString("utf8");
		// It prints NAME=VALUE, or NAME="..." with escapes as in C.
		const read = [...out.matchAll(/^(V\d+)=(?:"((?:[^"\\]|\\.)*)"|(.*))$/gm)].map(
			([, name = "", quoted, bare = ""]) => [name, quoted === undefined ? bare : unescaped(quoted)] as const,
		);
		expect(new Map(read)).toEqual(variables);
	});
});

function unescaped(text: string): string {
	const letters: Readonly<Record<string, string>> = { n: "\n", t: "\t" };
	return text.replace(/\\(.)/g, (_, character: string) => letters[character] ?? character);
}

test("systemd: a dollar is escaped", () => {
	expect(formatVariables(new Map([["A", "$B"]]), "systemd").toString()).toBe('A="\\$B"\n');
});

test.each<[string, VariableFormat, string, string | Uint8Array, RegExp]>([
	["a name with a slash", "shell", "db/host", "x", /variable "db\/host" cannot be written as shell.*-sanitize/],
	["a line break", "docker", "A", "a\nb", /variable "A" cannot be written as docker: it has a line break/],
	["a carriage return", "dotenv", "A", "a\rb", /variable "A" .*carriage returns/],
	["every kind of quotes and a line break", "dotenv", "A", "'`\"\n", /variable "A" .*every kind of quotes/],
	["bytes", "json", "A", Uint8Array.of(255), /variable "A" .*not UTF-8/],
])("refused: %s as %s", (_, format, name, value, message) => {
	expect(() => formatVariables(new Map([[name, value]]), format)).toThrow(message);
});

test.each(variableFormats)("%s refuses NUL and names the variable", (format) => {
	for (const value of ["a\0b", Uint8Array.of(1, 0)]) {
		expect(() => formatVariables(new Map([["BAD", value]]), format)).toThrow('variable "BAD" has a NUL byte');
	}
});
