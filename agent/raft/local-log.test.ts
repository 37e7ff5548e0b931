import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { between, type DiskOperation, FakeDisk, fakeRandom } from "../../lib/env/fake.ts";
import type { Disk, Random } from "../../lib/env/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { nodeDisk, nodeRandom } from "../../lib/node/index.ts";
import { entrySizeBytesMax, MemoryLog, pendingProposalsMax, type StateMachine } from "./index.ts";
import { LocalLog } from "./testing.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array) => new TextDecoder().decode(content);

/** Remembers what was applied at which index. */
class Recorder implements StateMachine<string> {
	applied = new Map<number, string>();

	apply(index: number, command: Uint8Array): string {
		if (text(command) === "poison") throw new Error("poison");
		this.applied.set(index, text(command));
		return `did ${text(command)}`;
	}

	*snapshot(): Generator<Uint8Array> {
		const copy = JSON.stringify([...this.applied]);
		for (let at = 0; at < copy.length; at += 50) yield bytes(copy.slice(at, at + 50));
	}

	async restore(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
		let whole = "";
		for await (const piece of pieces) whole += text(piece);
		this.applied = new Map(JSON.parse(whole));
	}
}

// The generator above would copy late: the contract is "as of the call".
class Machine extends Recorder {
	override snapshot(): Generator<Uint8Array> {
		const frozen = new Recorder();
		frozen.applied = new Map(this.applied);
		return Recorder.prototype.snapshot.call(frozen) as Generator<Uint8Array>;
	}
}

async function started(disk: Disk, more: { random?: Random; snapshotAfterEntries?: number; folder?: string } = {}) {
	const machine = new Machine();
	const failures: DiscoError[] = [];
	const log = new LocalLog({
		disk,
		folder: "raft",
		random: fakeRandom(1),
		machine,
		onFailed: (error) => failures.push(error),
		...more,
	});
	await log.start();
	return { log, machine, failures };
}

const failing = (operation: DiskOperation, code: string) => (tried: DiskOperation) =>
	tried === operation ? new DiscoError(code, `${code}: no space left on device`) : undefined;

describe.each([
	{
		name: "local log",
		make: (machine: Machine) => new LocalLog({ disk: new FakeDisk(), folder: "raft", random: fakeRandom(1), machine }),
	},
	{ name: "memory log", make: (machine: Machine) => new MemoryLog({ machine }) },
])("$name", ({ make }) => {
	it("applies in order and answers with index and result", async () => {
		const machine = new Machine();
		const log = make(machine);
		await log.start();
		const answers = await Promise.all(["a", "b", "c"].map((command) => log.propose(bytes(command))));
		expect(answers.map(({ result }) => result)).toEqual(["did a", "did b", "did c"]);
		expect(answers.map(({ index }) => index)).toEqual([2, 3, 4]);
		expect(await log.barrier()).toBe(4);
		expect(log.state()).toMatchObject({
			role: "leader",
			knownLeader: true,
			lastIndex: 4,
			appliedIndex: 4,
			pendingCount: 0,
		});
		await log.verifyLeader();
		await log.close();
		await log.close();
		await expect(log.propose(bytes("late"))).rejects.toMatchObject({ code: "LOG_CLOSED", retryable: true });
	});

	it("refuses before the start, what is too large, and everything once a command could not be applied", async () => {
		const log = make(new Machine());
		await expect(log.propose(bytes("early"))).rejects.toMatchObject({ code: "LOG_CLOSED" });
		await log.start();
		await expect(log.propose(new Uint8Array(entrySizeBytesMax + 1))).rejects.toMatchObject({ code: "ENTRY_TOO_LARGE" });
		await log.propose(bytes("fine"));
		await expect(log.propose(bytes("poison"))).rejects.toMatchObject({ code: "LOG_FAILED" });
		await expect(log.propose(bytes("fine"))).rejects.toMatchObject({ code: "LOG_FAILED" });
		expect(log.state().role).toBe("failed");
	});
});

describe("the local log", () => {
	it("groups what waits into one append and one sync", async () => {
		const operations: DiskOperation[] = [];
		const disk = new FakeDisk({ delay: async (operation) => void operations.push(operation) });
		const { log } = await started(disk);
		operations.length = 0;
		await Promise.all(Array.from({ length: 100 }, (_, at) => log.propose(bytes(`${at}`))));
		expect(operations).toEqual(["append", "sync"]);
	});

	it("answers only after the sync", async () => {
		let release: () => void = () => undefined;
		let slow = false;
		const disk = new FakeDisk({
			delay: (operation) =>
				slow && operation === "sync" ? new Promise((resolve) => (release = resolve)) : Promise.resolve(),
		});
		const { log, machine } = await started(disk);
		slow = true;
		let answered = false;
		const proposal = log.propose(bytes("a")).then(() => {
			answered = true;
		});
		await new Promise((resolve) => setImmediate(resolve));
		expect(answered).toBe(false);
		expect(machine.applied.size).toBe(0);
		release();
		await proposal;
		expect(machine.applied.size).toBe(1);
	});

	it("says LOG_BUSY when too much waits", async () => {
		let slow = false;
		const disk = new FakeDisk({ delay: () => (slow ? new Promise(() => undefined) : Promise.resolve()) });
		const { log } = await started(disk);
		slow = true;
		void log.propose(bytes("first"));
		await new Promise((resolve) => setImmediate(resolve));
		for (let at = 0; at < pendingProposalsMax; at++) void log.propose(bytes("x"));
		await expect(log.propose(bytes("x"))).rejects.toMatchObject({ code: "LOG_BUSY", retryable: true });
	});

	it("is there again after a restart, in a later term", async () => {
		const disk = new FakeDisk();
		const first = await started(disk);
		for (const command of ["a", "b"]) await first.log.propose(bytes(command));
		await first.log.close();
		const second = await started(disk);
		expect([...second.machine.applied]).toEqual([
			[2, "a"],
			[3, "b"],
		]);
		expect(second.log.state()).toMatchObject({ term: 2, lastIndex: 4 });
		expect((await second.log.propose(bytes("c"))).index).toBe(5);
	});

	it("takes snapshots, removes what they hold, and recovers from snapshot and tail", async () => {
		const disk = new FakeDisk();
		const { log, machine } = await started(disk, { snapshotAfterEntries: 10 });
		for (let at = 0; at < 95; at++) await log.propose(bytes(`${at}`));
		await log.close();
		const names = await disk.list("raft");
		expect(names.filter((name) => name.startsWith("snapshot-"))).toHaveLength(1);
		expect(names.filter((name) => name.startsWith("log-")).length).toBeLessThanOrEqual(2);
		expect(log.state().snapshotIndex).toBeGreaterThan(80);
		const again = await started(disk);
		expect(again.machine.applied).toEqual(machine.applied);
		expect(again.log.state()).toMatchObject({ term: 2, lastIndex: 97 });
	});

	it.each([
		{ operation: "append", code: "ENOSPC" },
		{ operation: "sync", code: "EIO" },
	] as const)(
		"stops accepting when $operation fails, and loses nothing that was answered",
		async ({ operation, code }) => {
			const disk = new FakeDisk();
			const { log, failures } = await started(disk);
			await log.propose(bytes("kept"));
			disk.plant(failing(operation, code));
			const refused = await Promise.allSettled([log.propose(bytes("a")), log.propose(bytes("b")), log.barrier()]);
			expect(refused.map((outcome) => outcome.status === "rejected" && outcome.reason.code)).toEqual(
				Array(3).fill("LOG_FAILED"),
			);
			disk.plant(undefined);
			await expect(log.propose(bytes("c"))).rejects.toMatchObject({ code: "LOG_FAILED" });
			await expect(log.verifyLeader()).rejects.toMatchObject({ code: "LOG_FAILED" });
			expect(failures).toHaveLength(1);
			expect(failures[0]?.message).toContain("no space left on device");
			await log.close();
			expect((await started(disk.crash(fakeRandom(3)))).machine.applied.get(2)).toBe("kept");
		},
	);

	it("goes on when a snapshot cannot be written, and clears what it left", async () => {
		const disk = new FakeDisk();
		const machine = new Machine();
		const problems: unknown[] = [];
		const onSnapshotFailed = (error: unknown) => problems.push(error);
		const log = new LocalLog({
			disk,
			folder: "raft",
			random: fakeRandom(1),
			machine,
			snapshotAfterEntries: 5,
			onSnapshotFailed,
		});
		await log.start();
		disk.plant(failing("rename", "EIO"));
		for (let at = 0; at < 12; at++) await log.propose(bytes(`${at}`));
		await log.close();
		disk.plant(undefined);
		expect(problems.length).toBeGreaterThan(0);
		expect((await started(disk)).machine.applied).toEqual(machine.applied);
		expect((await disk.list("raft")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
	});

	describe("damaged files", () => {
		async function damaged(change: (disk: FakeDisk, segment: string) => void, entries = 3) {
			const disk = new FakeDisk();
			const { log } = await started(disk);
			for (let at = 0; at < entries; at++) await log.propose(bytes(`command ${at}`));
			await log.close();
			const segment = (await disk.list("raft")).find((name) => name.startsWith("log-"));
			change(disk, `raft/${segment}`);
			return started(disk);
		}
		const flip = (at: number) => (content: Uint8Array) => {
			content[at] = (content[at] as number) ^ 0xff;
			return content;
		};

		it("a torn end is cut", async () => {
			const { machine, log } = await damaged((disk, segment) =>
				disk.edit(segment, (content) => content.subarray(0, -3)),
			);
			expect([...machine.applied.values()]).toEqual(["command 0", "command 1"]);
			expect((await log.propose(bytes("next"))).index).toBe(5);
		});

		it.each([
			{ name: "an entry", at: 28 + 29 + 35, offset: 57 },
			{ name: "the header", at: 3, offset: 0 },
		])("$name in the middle is an error that names file and offset", async ({ at, offset }) => {
			await expect(damaged((disk, segment) => disk.edit(segment, flip(at)))).rejects.toMatchObject({
				code: "LOG_CORRUPT",
				message: expect.stringContaining(`raft/log-00000000000000000001, offset ${offset}:`),
			});
		});

		it("a snapshot is not given to the state machine", async () => {
			const disk = new FakeDisk();
			const { log } = await started(disk, { snapshotAfterEntries: 2 });
			for (let at = 0; at < 6; at++) await log.propose(bytes(`${at}`));
			await log.close();
			const name = (await disk.list("raft")).find((found) => found.startsWith("snapshot-"));
			disk.edit(`raft/${name}`, flip(60));
			await expect(started(disk)).rejects.toMatchObject({ code: "LOG_CORRUPT" });
			disk.edit(`raft/${name}`, (content) => content.subarray(0, -8));
			await expect(started(disk)).rejects.toMatchObject({ code: "LOG_CORRUPT" });
		});

		it("another layout is refused by name", async () => {
			const disk = new FakeDisk();
			await (await started(disk)).log.close();
			await disk.writeAtomic("raft/raft.db", bytes("disco-log 2\n"));
			await expect(started(disk)).rejects.toMatchObject({
				code: "LOG_FORMAT_UNKNOWN",
				message:
					'raft/raft.db has format version "disco-log 2", this disco knows "disco-log 1"; run the version that wrote it',
			});
		});

		it("another program's database is refused, our former name of the layout is taken over", async () => {
			const disk = new FakeDisk();
			await disk.writeAtomic("raft/raft.db", new Uint8Array(4096).fill(7));
			await expect(started(disk)).rejects.toMatchObject({
				code: "LOG_FORMAT_UNKNOWN",
				message: expect.stringContaining("disco snapshot restore") as string,
			});
			const former = new FakeDisk();
			await (await started(former)).log.close();
			await former.remove("raft/raft.db");
			await former.writeAtomic("raft/format", bytes("disco-log 1\n"));
			await (await started(former)).log.close();
			expect(await former.list("raft")).toEqual(expect.arrayContaining(["raft.db", "peers.info"]));
			expect(await former.list("raft")).not.toContain("format");
		});

		it("a missing segment is noticed", async () => {
			const disk = new FakeDisk();
			const machine = new Machine();
			const log = new LocalLog({ disk, folder: "raft", random: fakeRandom(1), machine, snapshotAfterEntries: 4 });
			await log.start();
			for (let at = 0; at < 10; at++) await log.propose(bytes(`${at}`));
			await log.close();
			for (const name of await disk.list("raft")) if (name.startsWith("snapshot-")) await disk.remove(`raft/${name}`);
			await expect(started(disk)).rejects.toMatchObject({
				code: "LOG_CORRUPT",
				message: expect.stringContaining("missing"),
			});
		});
	});

	it("works on a real disk", async () => {
		const root = await mkdtemp(`${tmpdir()}/disco-log-`);
		try {
			const folder = `${root}/raft`;
			const first = await started(nodeDisk, { folder, random: nodeRandom, snapshotAfterEntries: 20 });
			await Promise.all(Array.from({ length: 30 }, (_, at) => first.log.propose(bytes(`${at}`))));
			await first.log.close();
			const second = await started(nodeDisk, { folder, random: nodeRandom });
			expect(second.machine.applied).toEqual(first.machine.applied);
			await second.log.close();
		} finally {
			await rm(root, { recursive: true });
		}
	});
});

describe("crashes at random moments", () => {
	it("lose no acknowledged entry and apply nothing that was not proposed, over 1,000 seeds", async () => {
		for (let seed = 0; seed < 1000; seed++) await crashRounds(seed);
	}, 60_000);
});

async function crashRounds(seed: number): Promise<void> {
	const random = fakeRandom(seed);
	const turns = async (count: number) => {
		for (let turn = 0; turn < count; turn++) await undefined;
	};
	let disk = new FakeDisk({ delay: () => turns(between(random, 0, 8)) });
	const proposed = new Set<string>();
	const acknowledged = new Map<number, string>();
	for (let round = 0; round < 4; round++) {
		const machine = new Machine();
		const log = new LocalLog({ disk, folder: "raft", random, machine, snapshotAfterEntries: between(random, 3, 30) });
		const starting = log.start();
		// Now and then the crash comes during the recovery.
		const impatient = random.next() < 0.2;
		if (impatient) await turns(between(random, 0, 120));
		else await starting;
		if (!impatient) {
			checkRecovered(seed, machine.applied, acknowledged, proposed);
			for (let at = 0; at < between(random, 1, 40); at++) {
				const command = `${round}/${at} ${"x".repeat(between(random, 0, 900))}`;
				proposed.add(command);
				log.propose(bytes(command)).then(
					({ index }) => acknowledged.set(index, command),
					() => undefined,
				);
				if (random.next() < 0.5) await turns(between(random, 0, 30));
			}
			await turns(between(random, 0, 60));
		}
		disk = disk.crash(random);
	}
}

function checkRecovered(
	seed: number,
	applied: ReadonlyMap<number, string>,
	acknowledged: ReadonlyMap<number, string>,
	proposed: ReadonlySet<string>,
): void {
	for (const [index, command] of acknowledged)
		if (applied.get(index) !== command) throw new Error(`seed ${seed}: acknowledged entry ${index} is lost`);
	for (const [index, command] of applied)
		if (!proposed.has(command)) throw new Error(`seed ${seed}: entry ${index} was never proposed`);
	if (new Set(applied.values()).size !== applied.size) throw new Error(`seed ${seed}: an entry was applied twice`);
}
