import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { type Background, background, eventually, outcome } from "../support/programs.ts";

const program = "dist/disco-template.js";

/** A folder of each test's own and the programs that it starts; both are gone after it. */
export function useFolder() {
	let folder = "";
	const running: Background[] = [];
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "disco-template-e2e-"));
	});
	afterEach(async () => {
		await Promise.all(running.splice(0).map((one) => one.stop("SIGKILL")));
		rmSync(folder, { recursive: true, force: true });
	});
	const path = (name: string) => join(folder, name);
	const content = (name: string) => (existsSync(path(name)) ? readFileSync(path(name), "utf8") : undefined);
	return {
		path,
		content,
		file: (name: string, text: string) => writeFileSync(path(name), text),
		shows: (name: string, text: string) => eventually(`${name}: ${text}`, () => content(name) === text),
		/** Runs it to its end. */
		run: (...args: readonly string[]) => outcome(process.execPath, [program, ...args]),
		/** Runs it in the background. */
		daemon(...args: readonly string[]): Background {
			const started = background(process.execPath, [program, ...args]);
			running.push(started);
			return started;
		},
	};
}
