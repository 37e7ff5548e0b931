import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadConfigText } from "./config/index.ts";
import { createProgramLog } from "./logging.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "template-log-"));
	vi.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterEach(() => {
	vi.restoreAllMocks();
	rmSync(folder, { recursive: true, force: true });
});

const logTo = (more: string) =>
	createProgramLog(loadConfigText(`log_level = "info" log_file { path = "${folder}/t.log" ${more} }`, "c.hcl"));
const files = () => readdirSync(folder).sort();
const lines = () => files().flatMap((name) => readFileSync(join(folder, name), "utf8").trim().split("\n"));

describe("the log file", () => {
	it("has a time in its name, and standard error gets the lines, too", () => {
		const log = logTo("");
		for (const word of ["one", "two"]) log.info(word);
		log.debug("not this");
		expect(files()).toEqual([expect.stringMatching(/^t-\d+\.log$/)]);
		expect(lines()).toEqual([expect.stringMatching(/\[INFO\] +one$/), expect.stringMatching(/\[INFO\] +two$/)]);
		expect(process.stderr.write).toHaveBeenCalledTimes(2);
	});

	it("is followed by another one when it is full, and only so many old ones stay", () => {
		writeFileSync(join(folder, "foreign.log"), "mine");
		let nowMs = 1_000;
		vi.spyOn(Date, "now").mockImplementation(() => nowMs++);
		const log = logTo("log_rotate_bytes = 1 log_rotate_max_files = 2");
		for (const word of ["one", "two", "three", "four"]) log.info(word);
		expect(lines().map((line) => line.split(" ").at(-1))).toEqual(["mine", "two", "three", "four"]);
	});

	it("that cannot be written ends nothing", () => {
		const log = createProgramLog(loadConfigText('log_level = "info" log_file { path = "/proc/none/t.log" }', "c.hcl"));
		log.info("still on standard error");
		expect(process.stderr.write).toHaveBeenCalledTimes(1);
	});
});
