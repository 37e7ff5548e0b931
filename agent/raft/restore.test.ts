import { describe, expect, it } from "vitest";
import { FakeDisk, fakeRandom, settle } from "../../lib/env/fake.ts";
import { type ForeignSnapshot, MemoryLog, type StateMachine } from "./index.ts";
import { LocalLog } from "./testing.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array) => new TextDecoder().decode(content);

/** A list of what was applied; a snapshot of it is its JSON. */
class List implements StateMachine<number> {
	items: string[] = [];

	apply(_index: number, command: Uint8Array): number {
		return this.items.push(text(command));
	}

	snapshot(): Uint8Array[] {
		return [bytes(JSON.stringify(this.items))];
	}

	async restore(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
		let whole = "";
		for await (const piece of pieces) whole += text(piece);
		this.items = JSON.parse(whole);
	}
}

const foreign = (content: string, newestIndex: number): ForeignSnapshot => ({
	pieces: [...content].map(bytes),
	newestIndex,
	giveWay: settle,
});

async function onDisk(disk: FakeDisk) {
	const machine = new List();
	const log = new LocalLog({ disk, folder: "raft", random: fakeRandom(1), machine });
	await log.start();
	return { log, machine };
}

describe.each([
	{ name: "local log", make: () => onDisk(new FakeDisk()) },
	{
		name: "memory log",
		make: async () => {
			const machine = new List();
			const log = new MemoryLog({ machine });
			await log.start();
			return { log, machine };
		},
	},
])("a foreign snapshot in a $name", ({ make }) => {
	it.each([
		{ newestIndex: 2, expected: 5 },
		{ newestIndex: 900, expected: 901 },
	])("of index $newestIndex replaces the state, the log goes on at $expected", async ({ newestIndex, expected }) => {
		const { log, machine } = await make();
		for (const command of ["a", "b", "c"]) await log.propose(bytes(command));
		expect(await log.restore(foreign('["x"]', newestIndex))).toBe(expected);
		expect(machine.items).toEqual(["x"]);
		expect(await log.propose(bytes("d"))).toEqual({ index: expected + 1, result: 2 });
		await log.close();
	});

	it("that cannot be read changes nothing, and the log goes on", async () => {
		const { log, machine } = await make();
		await log.propose(bytes("a"));
		await expect(log.restore(foreign("[", 900))).rejects.toThrow(SyntaxError);
		expect(machine.items).toEqual(["a"]);
		expect((await log.propose(bytes("b"))).index).toBe(3);
		await log.close();
	});
});

describe("a foreign snapshot on disk", () => {
	it("is what a restart finds, with what came after it", async () => {
		const disk = new FakeDisk();
		const first = await onDisk(disk);
		for (const command of ["a", "b", "c"]) await first.log.propose(bytes(command));
		const restored = first.log.restore(foreign('["x"]', 900));
		const after = first.log.propose(bytes("y"));
		await Promise.all([restored, after]);
		const found = await onDisk(disk.crash(fakeRandom(7)));
		expect(found.machine.items).toEqual(["x", "y"]);
		expect(found.log.state().lastIndex).toBeGreaterThan(902);
		await found.log.propose(bytes("z"));
		const again = await onDisk(disk.crash(fakeRandom(8)));
		expect(again.machine.items.slice(0, 2)).toEqual(["x", "y"]);
	});

	it("is there whole, or not at all, whenever the power goes", async () => {
		for (let seed = 1; seed <= 60; seed++) {
			const random = fakeRandom(seed);
			let operations = 3 + (seed % 20);
			const disk = new FakeDisk({ delay: () => (operations-- > 0 ? Promise.resolve() : new Promise(() => undefined)) });
			const machine = new List();
			const log = new LocalLog({ disk, folder: "raft", random: fakeRandom(1), machine });
			let answered = 0;
			const work = (async () => {
				await log.start();
				for (const command of ["a", "b"]) await log.propose(bytes(command));
				answered = 1;
				await log.restore(foreign('["x"]', 50));
				answered = 2;
				await log.propose(bytes("y"));
				answered = 3;
			})();
			work.catch(() => undefined);
			await settle();
			await settle();
			const crashed = disk.crash(random);
			operations = Number.POSITIVE_INFINITY;
			const found = await onDisk(crashed);
			const allowed = [[], ["a"], ["a", "b"], ["x"], ["x", "y"]].slice([0, 2, 3, 4][answered]);
			expect(allowed, `seed ${seed}`).toContainEqual(found.machine.items);
			// And the log that was found can go on.
			await found.log.propose(bytes("more"));
			await found.log.close();
		}
	});
});
