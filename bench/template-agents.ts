import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, createClient } from "../client/index.ts";
import { toolsFolder } from "./agents.ts";

const longestMs = 120_000;

/** What the renderers read from. */
export interface SourceAgent {
	readonly host: string;
	readonly client: Client;
	close(): void;
}

/** A development agent that takes as many connections as there are watches, with its leader. */
export async function startSource(kind: "consul" | "disco", host: string): Promise<SourceAgent> {
	const options = ["agent", "-dev", "-bind", host, "-client", host, "-log-level", "error"];
	const limits = ["-hcl", "limits { http_max_conns_per_client = 5000 }"];
	const child =
		kind === "consul"
			? spawn(tool("consul"), [...options, ...limits], { stdio: "ignore" })
			: spawn(process.execPath, [`${dist}/disco.js`, ...options, ...limits], { stdio: "ignore" });
	const client = createClient({ address: `${host}:8500` });
	await until(`${kind} on ${host}: a leader`, () =>
		client.status.leader().then(
			(leader) => leader !== "",
			() => false,
		),
	);
	return {
		host,
		client,
		close() {
			client.close();
			child.kill("SIGKILL");
		},
	};
}

/** Where the built programs are. */
export const dist = process.env["BENCH_DIST"] ?? "dist";

/** A peer's program: the one of `scripts/test-tools.sh`, or the one on the path. */
export function tool(name: string): string {
	const installed = join(toolsFolder, name);
	return existsSync(installed) ? installed : name;
}

/** Processor time of a process so far, all its threads, to the nanosecond (`/proc/PID/stat` counts in steps of 10 ms). */
export function cpuMs(child: ChildProcess): number {
	let nanoseconds = 0;
	for (const thread of readdirSync(`/proc/${child.pid}/task`)) {
		try {
			nanoseconds += Number(readFileSync(`/proc/${child.pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
		} catch {
			// The thread has just ended; neither program ends threads while it is measured.
		}
	}
	return nanoseconds / 1e6;
}

/** Memory that a process holds now. */
export function residentMb(child: ChildProcess): number {
	const pages = Number(readFileSync(`/proc/${child.pid}/statm`, "utf8").split(" ")[1]);
	return (pages * 4_096) / 1e6;
}

/** Until the program has used hardly any processor time for half a second. */
export async function quiet(child: ChildProcess): Promise<void> {
	for (let before = -1, now = cpuMs(child); before !== now; ) {
		before = now;
		await new Promise((resolve) => setTimeout(resolve, 500));
		now = cpuMs(child);
		if (now - before <= 10) return;
	}
}

/** Looks every 2 ms; fails after two minutes. */
export async function until(what: string, seen: () => boolean | Promise<boolean>): Promise<void> {
	const endMs = performance.now() + longestMs;
	while (!(await seen())) {
		if (performance.now() > endMs) throw new Error(`not seen within ${longestMs} ms: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 2));
	}
}

/** `run(0)` to `run(count - 1)`, some at once. */
export async function inParallel(
	count: number,
	atOnce: number,
	run: (each: number) => Promise<unknown>,
): Promise<void> {
	let next = 0;
	const worker = async () => {
		while (next < count) await run(next++);
	};
	await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Ends a program as a user would. */
export async function end(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const closed = new Promise((resolve) => child.once("close", resolve));
	child.kill("SIGINT");
	await closed;
}
