import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

/** The examples' pages: each folder has one, of one screen, whose links lead somewhere; each script is run by a test. */
const folders = readdirSync("examples", { withFileTypes: true })
	.filter((entry) => entry.isDirectory())
	.map(({ name }) => name);
const tests = ["test/examples", "test/docker", "test/template"]
	.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
	.filter((path) => path.endsWith(".test.ts"))
	.map((path) => readFileSync(path, "utf8"))
	.join("\n");

function brokenLinks(page: string): readonly string[] {
	const links = [...readFileSync(page, "utf8").matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(
		([, path = ""]) => path,
	);
	return links.filter((path) => !existsSync(join(dirname(page), path)));
}

describe("every example", () => {
	it.each(folders)("%s has a page of one screen whose links lead somewhere", (name) => {
		const page = join("examples", name, "README.md");
		expect(existsSync(page), page).toBe(true);
		expect(readFileSync(page, "utf8").trim().split("\n").length).toBeLessThanOrEqual(50);
		expect(brokenLinks(page)).toEqual([]);
	});

	it.each(folders.filter((name) => existsSync(join("examples", name, "run.sh"))))("%s is run by a test", (name) => {
		expect(tests).toContain(`${name}/run.sh`);
	});

	it("is on the map of docs/concepts.md", () => {
		const map = readFileSync("docs/concepts.md", "utf8");
		expect(folders.filter((name) => name !== "common" && !map.includes(`(../examples/${name}/`))).toEqual([]);
		expect(brokenLinks("docs/concepts.md")).toEqual([]);
	});
});
