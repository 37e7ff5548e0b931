import { Script } from "node:vm";
import { describe, expect, it } from "vitest";
import { statusPage } from "./index.ts";
import { script } from "./script.ts";

describe("statusPage", () => {
	it("is one file: nothing is loaded from elsewhere", () => {
		expect(statusPage).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
		expect(statusPage).not.toMatch(/@import|url\(/);
	});

	it("has a script that parses and that a style or script end tag cannot break", () => {
		expect(() => new Script(script)).not.toThrow();
		expect(script).not.toContain("</");
	});

	it("never makes markup from data", () => {
		expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
	});

	it("has every element that its script looks for", () => {
		const ids = [...script.matchAll(/byId\("([\w-]+)"\)|fill\("([\w-]+)"/g)].map(([, a, b]) => a ?? b);
		expect(ids.length).toBeGreaterThan(8);
		for (const id of ids) expect(statusPage).toContain(`id="${id}"`);
	});
});
