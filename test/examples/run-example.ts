import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { outcome } from "../support/programs.ts";

/** A runnable example: its script, what must be installed, and what a reader must see in its output. */
export interface Example {
	/** Below examples/. */
	readonly script: string;
	readonly needs?: readonly string[];
	readonly shows: readonly (string | RegExp)[];
	/** A program that the script runs beside, and that only root can start. */
	readonly wrapper?: readonly string[];
}

const tools = join(process.env["DISCO_TOOLS"] ?? join(homedir(), ".cache/disco-tools"), "bin");
const searched = [...(process.env["PATH"] ?? "").split(delimiter), tools, "/usr/sbin", "/usr/lib/nagios/plugins"];

/** Where a program is; undefined where it is not installed. With CI set a missing one is an error (decision 17). */
export function installed(program: string): string | undefined {
	const found = searched.map((folder) => join(folder, program)).find((path) => existsSync(path));
	if (found === undefined && process.env["CI"]) {
		throw new Error(`${program} is missing: scripts/test-tools.sh installs it`);
	}
	return found;
}

let examples = 0;
/** A loopback address of this process and example: its usual ports meet nobody else's. */
export function nextHost(): string {
	examples++;
	return `127.84.${process.pid % 256}.${examples}`;
}

/** Runs each as a reader would: it must succeed, show what it promises, and leave no process behind. */
export function testExamples(list: readonly Example[]): void {
	for (const { script, needs = [], shows, wrapper = [] } of list) {
		const missing = ["curl", "jq", "dig", ...needs].filter((program) => installed(program) === undefined);
		const barred = wrapper.length > 0 && process.getuid?.() !== 0 && !process.env["CI"];
		test.skipIf(missing.length > 0 || barred)(script, async () => {
			const host = nextHost();
			const [program = "sh", ...args] = [...wrapper, "sh", resolve("examples", script)];
			const { exitCode, stdout, stderr } = await outcome(program, args, { env: { HOST: host }, timeoutMs: 110_000 });
			expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
			for (const text of shows) {
				if (typeof text === "string") expect(stdout).toContain(text.replaceAll("HOST", host));
				else expect(stdout).toMatch(text);
			}
			// A loop that was ended in the middle of a pause leaves that pause behind.
			await expect.poll(() => processesWith(`HOST=${host}`), { timeout: 10_000 }).toEqual([]);
		});
	}
}

/** Command lines of the processes that have this variable. */
function processesWith(variable: string): readonly string[] {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.flatMap((pid) => {
			try {
				const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
				if (!environment.includes(variable)) return [];
				return [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")];
			} catch {
				// It has ended meanwhile, or belongs to somebody else.
				return [];
			}
		});
}
