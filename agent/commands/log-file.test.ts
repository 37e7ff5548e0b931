import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FakeClock } from "../../lib/env/fake-clock.ts";
import { openLogFile } from "./log-file.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "disco-log-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fail = (text: string) => expect.unreachable(text);

it("begins a new file when one is full or old, and keeps so many old ones", () => {
	const clock = new FakeClock();
	writeFileSync(join(folder, "agent-notes.log"), "stays");
	const settings = { path: join(folder, "agent.log"), sizeBytesMax: 8, ageMsMax: 1000, filesMax: 1 };
	const log = openLogFile(settings, clock, fail);
	const write = (line: string, laterMs: number) => {
		clock.advance(laterMs);
		log.write(line);
	};
	write("first\n", 1);
	write("second\n", 1);
	write("full\n", 1);
	write("old\n", 1000);
	log.close();
	log.write("nobody\n");
	const files = readdirSync(folder).sort();
	expect(files).toHaveLength(3);
	expect(files.map((name) => readFileSync(join(folder, name), "utf8"))).toEqual(["full\n", "old\n", "stays"]);
	expect(files[0]).toMatch(/^agent-\d{19}\.log$/);
});

it("says which folder is missing", () => {
	const settings = { path: join(folder, "none", "agent.log"), sizeBytesMax: 0, ageMsMax: 1000, filesMax: 0 };
	expect(() => openLogFile(settings, new FakeClock(), fail)).toThrow(/log_file .*none.* cannot be written/);
});
