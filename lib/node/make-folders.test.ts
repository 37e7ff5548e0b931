import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolders } from "./make-folders.ts";

describe("makeFolders", () => {
	let root = "";
	beforeEach(() => {
		root = mkdtempSync(join(tmpdir(), "disco-folders-"));
	});
	afterEach(() => rmSync(root, { recursive: true }));

	it("makes what is missing, with the mode, and tells the first", () => {
		expect(makeFolders(join(root, "a/b/c"), 0o700)).toBe(join(root, "a"));
		expect(statSync(join(root, "a/b")).mode & 0o777).toBe(0o700);
		expect(makeFolders(join(root, "a/b/c"))).toBeUndefined();
		expect(makeFolders(join(root, "a/d"))).toBe(join(root, "a/d"));
	});

	it("says what stands in the way", () => {
		writeFileSync(join(root, "file"), "");
		expect(() => makeFolders(join(root, "file"))).toThrow(/EEXIST/);
		expect(() => makeFolders(join(root, "file/a/b"))).toThrow(/ENOTDIR/);
	});

	it.runIf(process.platform === "linux")("ends where no folder can be made below one that exists", () => {
		expect(() => makeFolders("/proc/nope/x")).toThrow(/ENOENT/);
	});
});
