import { describe, expect, it } from "vitest";
import { between, type DiskOperation, FakeClock, FakeDisk, fakeRandom, settle } from "../../lib/env/fake.ts";
import type { Random } from "../../lib/env/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { RaftLog, type StateMachine } from "./index.ts";
import { LocalLog } from "./testing.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array) => new TextDecoder().decode(content);
const timings = {
	heartbeatTimeoutMs: 1000,
	electionTimeoutMs: 1000,
	leaderLeaseTimeoutMs: 500,
	commitTimeoutMs: 50,
	callTimeoutMs: 10_000,
};

/** What was applied, in order. */
class List implements StateMachine<number> {
	items: string[] = [];

	apply(index: number, command: Uint8Array): number {
		return this.items.push(`${index} ${text(command)}`);
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

/** A folder of the former layout, and what it holds. */
async function former(random: Random, delay?: (operation: DiskOperation) => Promise<void>) {
	const disk = new FakeDisk(delay === undefined ? {} : { delay });
	const machine = new List();
	for (let life = 0; life < between(random, 1, 4); life++) {
		const part = new List();
		const snapshotAfterEntries = between(random, 4, 60);
		const log = new LocalLog({ disk, folder: "raft", random, machine: part, snapshotAfterEntries });
		await log.start();
		for (let at = 0; at < between(random, 0, 25); at++) await log.propose(bytes(`${life}.${at}`));
		if (random.next() < 0.3) {
			const pieces = [bytes(JSON.stringify([`${life} restored`]))];
			await log.restore({ pieces, newestIndex: between(random, 1, 500), giveWay: settle });
		}
		for (let at = 0; at < between(random, 0, 5); at++) await log.propose(bytes(`${life}.${at} later`));
		await log.close();
		machine.items = part.items;
	}
	return { disk, items: machine.items };
}

function raftLog(disk: FakeDisk) {
	const machine = new List();
	const log = new RaftLog({
		self: { id: "a", address: "a:8300" },
		clock: new FakeClock(),
		disk,
		folder: "raft",
		random: fakeRandom(7),
		machine,
		transport: { call: () => Promise.reject(new DiscoError("CONNECTION_REFUSED", "nobody is there")) },
		timings,
	});
	return { log, machine };
}

/** Starts, and expects a server that leads alone and has everything; gives the index of what it writes then. */
async function expectUpgraded(disk: FakeDisk, items: readonly string[]): Promise<void> {
	const { log, machine } = raftLog(disk);
	await log.start();
	await settle();
	expect(log.state().role).toBe("leader");
	expect(log.cluster().configuration).toEqual({ servers: [{ id: "a", address: "a:8300", voter: true }] });
	expect(machine.items).toEqual(items);
	const lastIndex = Math.max(0, ...items.map((item) => Number.parseInt(item, 10)));
	const { index } = await log.propose(bytes("new"));
	expect(index).toBeGreaterThan(lastIndex);
	await log.close();
	const names = await disk.list("raft");
	expect(names.filter((name) => name.startsWith("upgraded-"))).toEqual([]);
	const again = raftLog(disk);
	await again.log.start();
	await settle();
	expect(again.machine.items).toEqual([...items, `${index} new`]);
	await again.log.close();
}

describe("the log of a single server", () => {
	it("becomes Raft's, with everything in it", async () => {
		for (let seed = 0; seed < 50; seed++) {
			const { disk, items } = await former(fakeRandom(seed));
			await expectUpgraded(disk, items);
			expect(text((await disk.read("raft/raft.db")) ?? new Uint8Array())).toBe("disco-raft 1\n");
		}
	});

	it("has lost nothing when the upgrade crashes at any step, once or twice in a row", async () => {
		for (let seed = 0; seed < 15; seed++) {
			const stepCount = await crashingAt(seed, [Number.POSITIVE_INFINITY]);
			expect(stepCount).toBeGreaterThan(10);
			for (let step = 0; step < stepCount; step++) {
				await crashingAt(seed, [step]);
				await crashingAt(seed, [step, between(fakeRandom(step), 0, stepCount)]);
			}
		}
	}, 60_000);

	it("stays as it was when the disk fails on the way", async () => {
		for (const operation of ["open", "append", "sync", "rename", "write", "remove"] as const) {
			const { disk, items } = await former(fakeRandom(3));
			disk.plant((tried) => (tried === operation ? new DiscoError("ENOSPC", "no space left") : undefined));
			const { log } = raftLog(disk);
			await log.start().catch(() => undefined);
			disk.plant(undefined);
			await log.close();
			await expectUpgraded(disk, items);
		}
	});
});

/** Starts the upgrade once per step given, which is the last that the disk does not carry out. Gives the steps that it took. */
async function crashingAt(seed: number, steps: readonly number[]): Promise<number> {
	let stepsLeft = Number.POSITIVE_INFINITY;
	let stop: () => void = () => undefined;
	let count = 0;
	const delay = async () => {
		count++;
		if (stepsLeft-- > 0) return;
		stop();
		await new Promise(() => undefined);
	};
	const made = await former(fakeRandom(seed), delay);
	const chance = fakeRandom(seed + 1);
	let { disk } = made;
	for (const step of steps) {
		stepsLeft = step;
		count = 0;
		await new Promise<void>((resolve) => {
			stop = resolve;
			void raftLog(disk).log.start().then(resolve, resolve);
		});
		disk = disk.crash(chance);
	}
	stepsLeft = Number.POSITIVE_INFINITY;
	const taken = count;
	await expectUpgraded(disk, made.items);
	return taken;
}
