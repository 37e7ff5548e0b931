import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeCommand } from "../agent/fsm/index.ts";
import { RaftLog, StreamTransport } from "../agent/raft/index.ts";
import { nodeClock, nodeDisk, nodeNetwork, nodeRandom } from "../lib/node/index.ts";
import { exchange } from "./agents.ts";
import { until } from "./cluster-processes.ts";
import { keyPut, putAll } from "./fill.ts";
import { cpuMs, residentMb } from "./process-figures.ts";

const entryCount = Number(process.env["BENCH_ENTRIES"] ?? 1_000_000);
/** Filling Consul through its API takes minutes for more. */
const comparedCount = Math.min(entryCount, Number(process.env["BENCH_COMPARED_ENTRIES"] ?? 100_000));
/** Then something is wrong. */
const recoveryLimitMs = 600_000;
/** Proposals that wait at the same time while a log is written. */
const waitingMax = 4_096;

interface Server {
	readonly process: ChildProcess;
	/** From the start of the process on. */
	readonly begunMs: number;
	close(signal: NodeJS.Signals): Promise<void>;
}

/** One server alone, durable, which takes no snapshots for the number of its entries. */
function startServer(name: "disco" | "consul", host: string, folder: string): Server {
	const program = name === "disco" ? [process.execPath, "dist/disco.js"] : ["consul"];
	const log = openSync(join(folder, "output"), "a");
	const settings = "performance { raft_multiplier = 1 } raft_snapshot_threshold = 100000000";
	const own = ["-server", "-bootstrap-expect=1", "-node=n", `-data-dir=${join(folder, "data")}`];
	const [command = "", ...args] = [...program, "agent", ...own, `-bind=${host}`, `-client=${host}`, "-hcl", settings];
	const begunMs = performance.now();
	const child = spawn(command, args, { stdio: ["ignore", log, log] });
	closeSync(log);
	const ended = new Promise((resolve) => child.once("close", resolve));
	return {
		process: child,
		begunMs,
		async close(signal) {
			child.kill(signal);
			await ended;
		},
	};
}

/** The key with this number can be read; `?consistent`: everything that was committed is applied. */
async function untilThere(host: string, number: number): Promise<void> {
	const { path } = keyPut(number);
	const isThere = async () =>
		(await exchange(host, "GET", `${path}?consistent`, undefined, { timeoutMs: 60_000 })).status === 200;
	await until(`key ${number} at ${host}`, isThere, recoveryLimitMs);
}

/** Writes puts `from` to `to` into the log of a server that does not run, through the log's own code. */
async function fillLog(host: string, folder: string, from: number, to: number): Promise<void> {
	const data = join(folder, "data");
	const transport = new StreamTransport({ network: nodeNetwork, clock: nodeClock });
	let onLeading: () => void = () => undefined;
	const leading = new Promise<void>((resolve) => {
		onLeading = resolve;
	});
	const log = new RaftLog<undefined>({
		self: { id: readFileSync(join(data, "node-id"), "utf8").trim(), address: `${host}:8300` },
		clock: nodeClock,
		disk: nodeDisk,
		folder: join(data, "raft"),
		random: nodeRandom,
		machine: { apply: () => undefined, restore: async () => undefined, snapshot: () => [] },
		transport,
		timings: {
			heartbeatTimeoutMs: 1_000,
			electionTimeoutMs: 1_000,
			leaderLeaseTimeoutMs: 500,
			commitTimeoutMs: 50,
			callTimeoutMs: 10_000,
		},
		snapshotAfterEntries: Number.POSITIVE_INFINITY,
		snapshotAfterBytes: Number.POSITIVE_INFINITY,
		onLeading: (leads) => {
			if (leads) onLeading();
		},
	});
	await log.start();
	await leading;
	for (let next = from; next < to; ) {
		const count = Math.min(waitingMax, to - next);
		await Promise.all(Array.from({ length: count }, (_, at) => log.propose(putCommand(next + at))));
		next += count;
	}
	await log.close();
	transport.close();
}

/** What a server writes for `keyPut`. */
function putCommand(number: number): Uint8Array {
	const { path, body } = keyPut(number);
	const write = { operation: "set", key: path.replace("/v1/kv/", ""), value: Buffer.from(body), flags: 0n } as const;
	return encodeCommand({ kind: "kv", write });
}

interface Recovery {
	readonly tookMs: number;
	readonly processorMs: number;
	readonly memoryMb: number;
}

/** Starts the server on what is in the folder and waits for the last of its keys. */
async function recover(name: "disco" | "consul", host: string, folder: string, last: number): Promise<Recovery> {
	const server = startServer(name, host, folder);
	await untilThere(host, last);
	const tookMs = performance.now() - server.begunMs;
	const figures = { tookMs, processorMs: cpuMs(server.process.pid), memoryMb: residentMb(server.process.pid) };
	await server.close("SIGKILL");
	return figures;
}

function folderMb(folder: string): number {
	return readdirSync(folder, { recursive: true, encoding: "utf8" }).reduce((sum, name) => {
		const found = statSync(join(folder, name));
		return sum + (found.isFile() ? found.size : 0) / 1e6;
	}, 0);
}

function print(label: string, count: number, logMb: number, empty: Recovery, full: Recovery): void {
	const tookS = (full.tookMs - empty.tookMs) / 1_000;
	const processorS = (full.processorMs - empty.processorMs) / 1_000;
	const figures = [
		`${count} entries, ${logMb.toFixed(0)} MB`,
		`${(full.tookMs / 1_000).toFixed(2)} s from the start (${(empty.tookMs / 1_000).toFixed(2)} with an empty log)`,
		`${Math.round(count / tookS)} entries/s`,
		`${(logMb / tookS).toFixed(0)} MB/s`,
		`${((processorS * 1e6) / count).toFixed(1)} us of processor time an entry`,
		`${full.memoryMb.toFixed(0)} MB of memory`,
	];
	console.log(`${label.padEnd(8)}${figures.join("; ")}`);
}

/**
 * How soon a server answers that was killed and has all of its log to apply, no snapshot: disco and Consul with the same entries,
 * written through the API of each, then disco with a log of a million, written by the log's own code.
 */
export async function recovery(): Promise<void> {
	for (const [name, host] of [
		["disco", "127.31.2.1"],
		["consul", "127.31.2.2"],
	] as const) {
		const folder = mkdtempSync(join(tmpdir(), `bench-recovery-${name}-`));
		const raft = join(folder, "data", "raft");
		try {
			const first = startServer(name, host, folder);
			await until(`a leader of ${name}`, async () => {
				const { path, body } = keyPut(0);
				return (await exchange(host, "PUT", path, body)).status === 200;
			});
			await first.close("SIGKILL");
			const empty = await recover(name, host, folder, 0);
			const filling = startServer(name, host, folder);
			await untilThere(host, 0);
			await putAll(host, comparedCount, (at) => keyPut(at + 1));
			await filling.close("SIGKILL");
			print(name, comparedCount, folderMb(raft), empty, await recover(name, host, folder, comparedCount));
			if (name === "consul" || comparedCount === entryCount) continue;
			await fillLog(host, folder, comparedCount + 1, entryCount);
			print(name, entryCount, folderMb(raft), empty, await recover(name, host, folder, entryCount - 1));
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	}
}
