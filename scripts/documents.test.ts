import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

// Documents rot where nothing ties them to the code: every path they name must exist.
it.each(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/conformance.md", "docs/differences.md"])(
	"%s names files that exist",
	(document) => {
		const text = readFileSync(document, "utf8");
		const files = [
			...text.matchAll(
				/`((?:agent|registrator|template|envconsul|client|lib|scripts|test|bench|examples)\/[\w./-]+\.\w+)`/g,
			),
		];
		const links = [...text.matchAll(/\]\(((?!https?:)[^)#]+)\)/g)].map(([, path = ""]) => {
			const folder = document.includes("/") ? "docs/" : "";
			return `${folder}${path}`;
		});
		const named = [...files.map(([, path = ""]) => path), ...links];
		expect(named.filter((path) => !existsSync(path))).toEqual([]);
	},
);
