import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { FakeDisk, fakeRandom } from "../env/fake.ts";
import type { Disk } from "../env/index.ts";
import { nodeDisk } from "./index.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array | undefined) =>
	content === undefined ? undefined : new TextDecoder().decode(content);

const made: string[] = [];
const implementations = [
	{ name: "fake", make: async () => ({ disk: new FakeDisk() as Disk, root: "/data" }) },
	{
		name: "node",
		make: async () => {
			const root = await mkdtemp(join(tmpdir(), "disco-disk-"));
			made.push(root);
			return { disk: nodeDisk, root };
		},
	},
];
afterAll(() => Promise.all(made.map((root) => rm(root, { recursive: true, force: true }))));

describe.each(implementations)("$name disk", ({ make }) => {
	let disk: Disk;
	let folder: string;
	beforeEach(async () => {
		const { disk: fresh, root } = await make();
		disk = fresh;
		folder = `${root}/raft/deep`;
		await disk.makeFolder(folder);
	});

	it("has nothing at first", async () => {
		expect(await disk.read(`${folder}/none`)).toBeUndefined();
		expect(await disk.list(folder)).toEqual([]);
		expect(await disk.list(`${folder}/none`)).toEqual([]);
		await disk.remove(`${folder}/none`);
		await disk.makeFolder(folder);
	});

	it("replaces whole files", async () => {
		await disk.writeAtomic(`${folder}/f`, bytes("long content"));
		await disk.writeAtomic(`${folder}/f`, bytes("short"), 0o644);
		expect(text(await disk.read(`${folder}/f`))).toBe("short");
		expect(await disk.list(folder)).toEqual(["f"]);
	});

	it("appends, truncates, and goes on where it was closed", async () => {
		const file = await disk.openAppend(`${folder}/log`);
		expect(file.sizeBytes).toBe(0);
		await file.append([bytes("one "), bytes(""), bytes("two ")]);
		await file.append([]);
		await file.sync();
		expect(file.sizeBytes).toBe(8);
		await file.truncate(4);
		await file.append([bytes("three")]);
		await file.close();
		await file.close();
		const again = await disk.openAppend(`${folder}/log`);
		expect(again.sizeBytes).toBe(9);
		await again.append([bytes("!")]);
		await again.sync();
		await again.close();
		expect(text(await disk.read(`${folder}/log`))).toBe("one three!");
	});

	it("appends synced, between other appends", async () => {
		const file = await disk.openAppend(`${folder}/log`);
		await file.append([bytes("one ")]);
		await file.appendSynced([bytes("two "), bytes("three ")]);
		await file.appendSynced([]);
		expect(file.sizeBytes).toBe(14);
		await file.truncate(8);
		await file.appendSynced([bytes("four ")]);
		await file.append([bytes("five")]);
		await file.close();
		expect(text(await disk.read(`${folder}/log`))).toBe("one two four five");
	});

	it("takes many pieces at once", async () => {
		const file = await disk.openAppend(`${folder}/log`);
		await file.append(Array.from({ length: 3000 }, (_, at) => bytes(`${at},`)));
		await file.close();
		expect(text(await disk.read(`${folder}/log`))).toBe(Array.from({ length: 3000 }, (_, at) => `${at},`).join(""));
	});

	it("lists in order, renames over, removes", async () => {
		for (const name of ["b", "a", "c"]) await disk.writeAtomic(`${folder}/${name}`, bytes(name));
		await disk.rename(`${folder}/b`, `${folder}/c`);
		await disk.remove(`${folder}/a`);
		expect(await disk.list(folder)).toEqual(["c"]);
		expect(text(await disk.read(`${folder}/c`))).toBe("b");
		await expect(disk.rename(`${folder}/none`, `${folder}/x`)).rejects.toMatchObject({ code: "ENOENT" });
	});

	it("gives bytes that nobody else writes to", async () => {
		const content = bytes("mine");
		await disk.writeAtomic(`${folder}/f`, content);
		content.fill(0);
		const read = await disk.read(`${folder}/f`);
		read?.fill(1);
		expect(text(await disk.read(`${folder}/f`))).toBe("mine");
	});
});

describe("the Node disk", () => {
	it("keeps files and folders to their owner", async () => {
		const root = await mkdtemp(join(tmpdir(), "disco-disk-"));
		made.push(root);
		await nodeDisk.makeFolder(`${root}/d`);
		await (await nodeDisk.openAppend(`${root}/d/log`)).close();
		await nodeDisk.writeAtomic(`${root}/d/f`, bytes("x"));
		const modes = await Promise.all(
			["d", "d/log", "d/f"].map(async (name) => (await stat(join(root, name))).mode & 0o777),
		);
		expect(modes).toEqual([0o700, 0o600, 0o600]);
		expect(await readFile(join(root, "d/f"), "utf8")).toBe("x");
	});
});

describe("a crash of the fake disk", () => {
	it("never takes synced bytes, and leaves at most what was written", async () => {
		for (let seed = 0; seed < 200; seed++) {
			const disk = new FakeDisk();
			const file = await disk.openAppend("log");
			await file.append([bytes("synced ".repeat(100))]);
			await file.sync();
			await file.append([bytes("unsynced ".repeat(300))]);
			const left = text(await disk.crash(fakeRandom(seed)).read("log")) ?? "";
			expect(left.startsWith("synced ".repeat(100))).toBe(true);
			expect(left.length).toBeLessThanOrEqual(700 + 2700);
		}
	});

	it("decides by chance of what is in flight, and nobody hears of it", async () => {
		const outcomes = new Set<string | undefined>();
		for (let seed = 0; seed < 20; seed++) {
			let slow = false;
			const disk = new FakeDisk({ delay: () => (slow ? new Promise(() => undefined) : Promise.resolve()) });
			await disk.writeAtomic("f", bytes("old"));
			slow = true;
			let answered = false;
			void disk.writeAtomic("f", bytes("new")).then(() => {
				answered = true;
			});
			const found = disk.crash(fakeRandom(seed));
			slow = false;
			outcomes.add(text(await found.read("f")));
			expect(answered).toBe(false);
		}
		expect([...outcomes].sort()).toEqual(["new", "old"]);
	});
});
