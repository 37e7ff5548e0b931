import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readCache, writeCache } from "./cache.ts";

const folder = mkdtempSync(join(tmpdir(), "disco-env-cache-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "cache");

test("what was written is read again, bytes too; only the owner may", async () => {
	const variables = new Map<string, string | Uint8Array>([
		["A", "two\nlines"],
		["B", Buffer.from([0xff, 1])],
	]);
	writeFileSync(path, "", { mode: 0o644 });
	await writeCache(path, ["prefix a/@", "map X"], variables);
	expect(statSync(path).mode & 0o777).toBe(0o600);
	expect(readCache(path, ["map X", "prefix a/@"])).toEqual(variables);
	expect(() => readCache(path, ["prefix b/@"])).toThrow("holds the values of other sources");
});

test("no file is no cache; another file is refused", () => {
	expect(readCache(join(folder, "none"), [])).toBeUndefined();
	for (const text of ["", "null", "{}", '{"version":1,"sources":[],"variables":[["A",1]]}']) {
		writeFileSync(path, text);
		expect(() => readCache(path, [])).toThrow(`cache ${path}`);
	}
});
