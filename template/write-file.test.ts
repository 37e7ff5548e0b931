import {
	chmodSync,
	lstatSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type WriteSettings, writeRendered } from "./write-file.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "template-write-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string, more: Partial<WriteSettings> = {}, dry = false) =>
	writeRendered(
		{ destination: join(folder, name), backup: false, createFolders: true, ...more },
		new TextEncoder().encode(text),
		{ dry },
	);
const mode = (name: string) => statSync(join(folder, name)).mode & 0o7777;
const read = (name: string) => readFileSync(join(folder, name), "utf8");

describe("writing a rendered file", () => {
	it("makes folders and a file of mode 0644", async () => {
		expect(await write("a/b/out", "x")).toEqual({ changed: true });
		expect(read("a/b/out")).toBe("x");
		expect([mode("a/b/out"), mode("a/b")]).toEqual([0o644, 0o755]);
	});

	it("leaves a file with the same content alone, its mode too", async () => {
		writeFileSync(join(folder, "out"), "x");
		chmodSync(join(folder, "out"), 0o600);
		expect(await write("out", "x", { mode: 0o644 })).toEqual({ changed: false });
		expect(mode("out")).toBe(0o600);
	});

	it("keeps the mode of an existing file unless another is given", async () => {
		writeFileSync(join(folder, "out"), "old");
		chmodSync(join(folder, "out"), 0o640);
		await write("out", "new");
		expect(mode("out")).toBe(0o640);
		await write("out", "newer", { mode: 0o600 });
		expect(mode("out")).toBe(0o600);
	});

	it("replaces a symlink and leaves its target alone", async () => {
		writeFileSync(join(folder, "target"), "old");
		symlinkSync(join(folder, "target"), join(folder, "out"));
		await write("out", "new");
		expect(lstatSync(join(folder, "out")).isSymbolicLink()).toBe(false);
		expect(read("target")).toBe("old");
	});

	it("keeps the former content as a backup, none the first time", async () => {
		await write("out", "1", { backup: true });
		expect(readdirSync(folder)).toEqual(["out"]);
		await write("out", "2", { backup: true });
		await write("out", "3", { backup: true });
		expect(read("out.bak")).toBe("2");
	});

	it.skipIf(process.getuid?.() !== 0)(
		"gives the file to its owner, keeps a foreign one, and rewrites for an owner alone",
		async () => {
			const owner = () => {
				const { uid, gid } = statSync(join(folder, "out"));
				return [uid, gid];
			};
			await write("out", "x", { user: "daemon", group: "7" });
			expect(owner()).toEqual([1, 7]);
			expect(await write("out", "y")).toEqual({ changed: true });
			expect(owner()).toEqual([1, 7]);
			expect(await write("out", "y", { user: "0" })).toEqual({ changed: true });
			expect(owner()).toEqual([0, 7]);
			expect(await write("out", "y", { user: "root", group: "7" })).toEqual({ changed: false });
			await expect(write("out", "z", { user: "nobody-there" })).rejects.toMatchObject({ code: "USER_UNKNOWN" });
			expect(read("out")).toBe("y");
		},
	);

	it("touches nothing when dry", async () => {
		expect(await write("n/out", "x", {}, true)).toEqual({ changed: true });
		expect(readdirSync(folder)).toEqual([]);
	});

	it("fails with one line that names the destination and leaves the old file and no other", async () => {
		writeFileSync(join(folder, "plain"), "old");
		await expect(write("plain/out", "x")).rejects.toThrow(/cannot write .*plain\/out: .*is a file, not a folder/);
		await expect(write("none/out", "x", { createFolders: false })).rejects.toThrow("parent directory is missing");
		await expect(write(".", "x")).rejects.toThrow("is a folder");
		await expect(write("out", "x", { user: "no-such-user" })).rejects.toThrow("unknown user no-such-user");
		await expect(
			writeRendered({ destination: "", backup: false, createFolders: true }, new Uint8Array()),
		).rejects.toThrow("missing destination");
		expect(readdirSync(folder)).toEqual(["plain"]);
		expect(read("plain")).toBe("old");
	});
});
