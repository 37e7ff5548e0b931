import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changeExcerpt, unifiedDiff } from "./diff.ts";

describe("unified diff", () => {
	it.each([
		["equal", "a\n", "a\n", ""],
		["a new file", undefined, "a\n", "--- /dev/null\n+++ f\n@@ -0,0 +1 @@\n+a\n"],
		["a removed file", "a\n", undefined, "--- f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"],
		["one line of three", "a\nb\nc\n", "a\nx\nc\n", "--- f\n+++ f\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"],
		["no line end", "a", "a\n", "--- f\n+++ f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"],
	] as const)("%s", (_what, before, after, wanted) => expect(unifiedDiff("f", before, after)).toBe(wanted));

	it("shows far changes as two hunks", () => {
		const lines = Array.from({ length: 30 }, (_, index) => `line ${index}\n`);
		const changed = lines.with(2, "x\n").with(25, "y\n");
		expect(unifiedDiff("f", lines.join(""), changed.join("")).match(/^@@.*@@$/gm)).toEqual([
			"@@ -1,6 +1,6 @@",
			"@@ -23,7 +23,7 @@",
		]);
	});

	it("git apply makes the new text of the old one", () => {
		const folder = mkdtempSync(join(tmpdir(), "template-diff-"));
		const text = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 25 }).map((lines) => lines.join("\n"));
		try {
			fc.assert(
				fc.property(text, text, (before, after) => {
					fc.pre(before !== after);
					const file = join(folder, "f");
					writeFileSync(file, before);
					const diff = unifiedDiff("f", before, after);
					execFileSync("git", ["apply", "--unidiff-zero", "--unsafe-paths", "--allow-empty", "-"], {
						cwd: folder,
						env: { PATH: process.env["PATH"], GIT_DIR: "/nonexistent" },
						input: diff.replace("--- f\n+++ f", "--- a/f\n+++ b/f"),
						stdio: ["pipe", "ignore", "pipe"],
					});
					expect(readFileSync(file, "utf8")).toBe(after);
				}),
				{ numRuns: 25 },
			);
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	});

	it("an excerpt is its first lines, and tells what it leaves out", () => {
		const text = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 25 }).map((lines) => lines.join("\n"));
		fc.assert(
			fc.property(fc.string(), text, text, fc.integer({ min: 1, max: 60 }), (start, before, after, count) => {
				fc.pre(before !== after);
				const lines = unifiedDiff("f", start + before, start + after)
					.replace(/\n$/, "")
					.split("\n");
				const wanted =
					lines.length <= count ? lines : [...lines.slice(0, count), `... ${lines.length - count} more lines`];
				expect(changeExcerpt("f", start + before, start + after, count)).toBe(wanted.join("\n"));
			}),
		);
	});

	it("an excerpt of large texts looks only at its part of them", () => {
		const lines = Array.from({ length: 100_000 }, (_, index) => `line ${index}\n`);
		const changed = lines.map((line, index) => (index < 50_000 ? line : `new ${line}`));
		const shown = changeExcerpt("f", lines.join(""), changed.join(""), 6);
		expect(shown).toMatch(
			/^--- f\n\+\+\+ f\n@@ -49998,\d+ \+49998,\d+ @@\n line 49997\n line 49998\n line 49999\n\.\.\. and more$/,
		);
	});
});
