import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { between, FakeDisk, fakeRandom } from "../../lib/env/fake.ts";
import { DiscoError } from "../../lib/errors.ts";
import type { Entry } from "./core/index.ts";
import { RaftStore, type SnapshotHead } from "./raft-store.ts";

const folder = "raft";
const configuration = { servers: [{ id: "a", address: "a:1", voter: true }] };
const entry = (index: number, term: number, text = `${index}/${term}`): Entry => ({
	index,
	term,
	type: "command",
	data: new TextEncoder().encode(text),
});
const head = (index: number, term: number): SnapshotHead => ({
	index,
	term,
	configuration,
	configurationIndex: 1,
	indexOffset: 0,
});

async function open(disk: FakeDisk) {
	return RaftStore.open({ disk, folder, random: fakeRandom(1) });
}

/** Index/term of everything that is found after a restart. */
async function found(disk: FakeDisk): Promise<string> {
	const { store, restored } = await open(disk);
	await store.close();
	return restored.entries.map(({ index, term }) => `${index}/${term}`).join(" ");
}

describe("Raft's store", () => {
	it("keeps entries of every type, term and vote", async () => {
		const disk = new FakeDisk();
		const { store, restored } = await open(disk);
		expect(restored).toEqual({ hardState: { term: 0, votedFor: undefined }, snapshot: undefined, entries: [] });
		const entries: Entry[] = [
			{ index: 1, term: 1, type: "configuration", data: new Uint8Array(), configuration },
			{ index: 2, term: 2, type: "no-op", data: new Uint8Array() },
			entry(3, 2),
			{ index: 4, term: 2, type: "barrier", data: new Uint8Array() },
			{ index: 5, term: 2, type: "restore", data: Uint8Array.of(0) },
		];
		await store.append(entries);
		await store.saveHardState({ term: 7, votedFor: "b" });
		await store.close();
		const again = await open(disk);
		expect(again.restored).toEqual({ hardState: { term: 7, votedFor: "b" }, snapshot: undefined, entries });
	});

	it("replaces entries from the first of a batch on, across segments and restarts", async () => {
		const disk = new FakeDisk();
		const { store } = await open(disk);
		await store.append([entry(1, 1), entry(2, 1), entry(3, 1)]);
		await store.append([entry(4, 1)]);
		await store.append([entry(3, 2), entry(4, 2)]);
		expect(await found(disk)).toBe("1/1 2/1 3/2 4/2");
		await store.append([entry(1, 3)]);
		await store.append([entry(2, 3)]);
		await store.close();
		expect(await found(disk)).toBe("1/3 2/3");
	});

	it("reads a long log without holding up others", async () => {
		const disk = new FakeDisk();
		const { store } = await open(disk);
		const count = 150_000;
		// More entries in one segment than a function takes arguments.
		await store.append(Array.from({ length: count }, (_, at) => entry(at + 1, 1, "x")));
		await store.saveHardState({ term: 1, votedFor: undefined });
		await store.close();
		let pauses = 0;
		const read: number[] = [];
		const again = await RaftStore.open({
			disk,
			folder,
			random: fakeRandom(1),
			giveWay: async () => {
				pauses++;
			},
			onRead: (entries) => read.push(entries),
		});
		expect(again.restored.entries.at(-1)).toEqual(entry(count, 1, "x"));
		expect(pauses).toBeGreaterThan(count / 5_000);
		expect(read).toEqual([count]);
	});

	it("after a crash holds a prefix of what was appended, and at least what was acknowledged", async () => {
		await fc.assert(
			fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 12 }), async (seed, steps) => {
				const random = fakeRandom(seed);
				let crashed = false;
				const disk = new FakeDisk();
				const { store } = await open(disk);
				let kept: Entry[] = [];
				let trying: Entry[] = [];
				for (let step = 1; step <= steps; step++) {
					const from = between(random, Math.max(1, kept.length - 2), kept.length + 1);
					const batch = Array.from({ length: between(random, 1, 4) }, (_, at) =>
						entry(from + at, step, "x".repeat(300)),
					);
					trying = [...kept.slice(0, from - 1), ...batch];
					if (step === steps) {
						// The last one is under way when the power goes.
						void store.append(batch);
						crashed = true;
						break;
					}
					await store.append(batch);
					kept = trying;
				}
				expect(crashed).toBe(true);
				const terms = (entries: readonly Entry[]) => entries.map(({ term }) => term);
				const { restored } = await open(disk.crash(random));
				const after = terms(restored.entries);
				const shared = kept.filter((each, at) => trying[at]?.term === each.term).length;
				const isPrefix = [kept, trying].some((whole) => after.every((term, at) => term === whole[at]?.term));
				expect(isPrefix, `${after} of ${terms(kept)} or ${terms(trying)}`).toBe(true);
				// What the last batch was to replace may be gone; nothing before it.
				expect(after.length).toBeGreaterThanOrEqual(Math.min(shared, kept.length));
			}),
		);
	});

	it("a snapshot takes the place of what was compacted; the rest is still there", async () => {
		const disk = new FakeDisk();
		const { store } = await open(disk);
		await store.append([entry(1, 1), entry(2, 1)]);
		await store.takeSnapshot(head(2, 1), [Uint8Array.of(1, 2)], () => 2);
		await store.append([entry(3, 1)]);
		await store.takeSnapshot(head(3, 1), [Uint8Array.of(3)], () => 2);
		await store.close();
		const { restored, snapshot } = await open(disk);
		expect(restored.snapshot).toMatchObject({ index: 3, term: 1, configuration, configurationIndex: 1 });
		expect(snapshot?.pieces).toEqual([Uint8Array.of(3)]);
		expect(restored.entries.map(({ index }) => index)).toEqual([3]);
		expect(
			(await disk.list(folder)).filter((name) => name.startsWith("log-") || name.startsWith("snapshot-")),
		).toHaveLength(2);
	});

	it("a snapshot of the leader replaces the log; what a crash leaves of the old log does not count", async () => {
		for (let seed = 1; seed <= 40; seed++) {
			const disk = new FakeDisk();
			const { store } = await open(disk);
			await store.append([entry(1, 1), entry(2, 1)]);
			store.append([entry(3, 1)]).catch(() => undefined);
			await new Promise((resolve) => setImmediate(resolve));
			const installing = store.installSnapshot(head(9, 4), [Uint8Array.of(9)]);
			if (seed % 2 === 0) await installing;
			else await Promise.race([installing, Promise.resolve()]);
			const after = disk.crash(fakeRandom(seed));
			const { restored } = await open(after);
			if (restored.snapshot?.index === 9) expect(restored.entries).toEqual([]);
			else expect(restored.entries.map(({ index }) => index)).toEqual([1, 2, 3]);
			if (seed % 2 === 0) expect(restored.snapshot?.index).toBe(9);
		}
	});

	it.each([
		{ name: "a damaged entry with later ones behind it", path: /log-/, at: 58, code: "LOG_CORRUPT" },
		{ name: "a damaged vote", path: /vote/, at: 5, code: "LOG_CORRUPT" },
		{ name: "another format", path: /raft\.db/, at: 11, code: "LOG_FORMAT_UNKNOWN" },
	])("does not start with $name", async ({ path, at, code }) => {
		const disk = new FakeDisk();
		const { store } = await open(disk);
		await store.append([entry(1, 1)]);
		await store.append([entry(2, 1)]);
		await store.close();
		const name = (await disk.list(folder)).find((each) => path.test(each));
		disk.edit(`${folder}/${name}`, (bytes) => bytes.map((byte, offset) => (offset === at ? byte ^ 0xff : byte)));
		await expect(open(disk)).rejects.toMatchObject({ code });
	});

	it("does not start without its vote: it could vote twice", async () => {
		const disk = new FakeDisk();
		const { store } = await open(disk);
		await store.append([entry(1, 1)]);
		await store.close();
		await disk.remove(`${folder}/vote`);
		await expect(open(disk)).rejects.toMatchObject({ code: "LOG_CORRUPT" });
	});

	it("cuts off a torn end", async () => {
		const disk = new FakeDisk();
		const { store } = await open(disk);
		await store.append([entry(1, 1)]);
		await store.append([entry(2, 1), entry(3, 1)]);
		await store.close();
		const name = (await disk.list(folder)).find((each) => each.startsWith("log-"));
		disk.edit(`${folder}/${name}`, (bytes) => bytes.subarray(0, bytes.length - 1).slice());
		expect(await found(disk)).toBe("1/1 2/1");
	});

	it("tells when the disk fails", async () => {
		const disk = new FakeDisk();
		const { store } = await open(disk);
		disk.plant(() => new DiscoError("ENOSPC", "no space left on device"));
		await expect(store.append([entry(1, 1)])).rejects.toMatchObject({ code: "ENOSPC" });
		await expect(store.saveHardState({ term: 1, votedFor: "a" })).rejects.toMatchObject({ code: "ENOSPC" });
	});
});
