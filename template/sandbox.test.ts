import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeClock } from "../lib/node/index.ts";
import { fileDependency } from "./dependencies/index.ts";
import { createFunctions, type FunctionContext } from "./functions/index.ts";
import { parse } from "./gotmpl/index.ts";
import { insideSandbox } from "./sandbox.ts";

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "template-sandbox-"));
	mkdirSync(join(folder, "box/inner"), { recursive: true });
	mkdirSync(join(folder, "boxed"));
	writeFileSync(join(folder, "secret"), "secret");
	writeFileSync(join(folder, "boxed/secret"), "secret");
	writeFileSync(join(folder, "box/in"), "inside");
	symlinkSync("../secret", join(folder, "box/link"));
	symlinkSync("..", join(folder, "box/up"));
	symlinkSync("in", join(folder, "box/own"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the sandbox", () => {
	it.each([
		["box/in", "box/in"],
		["box/own", "box/in"],
		["box/inner/../in", "box/in"],
		["box/not/yet", "box/not/yet"],
		["secret", undefined],
		["boxed/secret", undefined],
		["box/../secret", undefined],
		["box/link", undefined],
		["box/up/secret", undefined],
		["box/up/not-yet", undefined],
	])("%s", (path, wanted) => {
		const place = () => insideSandbox(join(folder, "box"), join(folder, path));
		if (wanted === undefined) expect(place).toThrow("is outside of sandbox");
		else expect(place()).toBe(join(folder, wanted));
	});

	it("holds for a link that is changed after the template has asked", async () => {
		const box = join(folder, "box");
		symlinkSync("in", join(box, "swapped"));
		const dependency = fileDependency(join(box, "swapped"), box);
		const options = { index: 0, waitMs: 0, consistency: "default", signal: new AbortController().signal } as const;
		const fetch = () => dependency.fetch({ clock: nodeClock, client: undefined as never }, options);
		expect((await fetch()).value).toBe("inside");
		rmSync(join(box, "swapped"));
		symlinkSync("../secret", join(box, "swapped"));
		await expect(fetch()).rejects.toThrow("is outside of sandbox");
	});

	it("holds for what templates write and run, but not with -compat", () => {
		const call = (text: string, sandboxesEffects: boolean) => {
			const context = { sandboxPath: join(folder, "box"), sandboxesEffects, environment: process.env };
			const functions = createFunctions(context as unknown as FunctionContext, []);
			return parse({ name: "", text, functions }).execute({ functions });
		};
		const write = (path: string) => `{{ writeToFile "${join(folder, path)}" "" "" "0644" "x" }}`;
		expect(call(write("box/new/file"), true)).toBe("");
		expect(() => call(write("outside"), true)).toThrow("is outside of sandbox");
		expect(() => call(write("box/up/outside"), true)).toThrow("is outside of sandbox");
		expect(call(write("outside"), false)).toBe("");
		const plugin = `{{ plugin "cat" "${join(folder, "secret")}" }}`;
		expect(() => call(plugin, true)).toThrow("could read outside of sandbox_path");
		expect(call(plugin, false)).toBe("secret");
	});
});
