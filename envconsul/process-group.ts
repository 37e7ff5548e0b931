import { readdirSync, readFileSync } from "node:fs";
import type { Clock } from "../lib/env/index.ts";

/** How often a group is looked at while its last processes end: nothing tells when a process that is no child ends. */
const pollMs = 20;

/** Sends to every process of the group; one that has ended already needs nothing. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
	try {
		process.kill(-leader, signal);
		return true;
	} catch {
		return false;
	}
}

/** Resolves when no process of the group runs; after `timeoutMs` the rest is killed. */
export function groupEnded(leader: number, timeoutMs: number, clock: Clock): Promise<void> {
	const deadlineMs = clock.monotonicMs() + timeoutMs;
	return new Promise((resolve) => {
		const look = () => {
			if (!groupRuns(leader)) resolve();
			else if (clock.monotonicMs() < deadlineMs) clock.after(pollMs, look);
			else {
				signalGroup(leader, "SIGKILL");
				resolve();
			}
		};
		look();
	});
}

/** Zombies do not count: as process 1 of a container nobody takes them away. */
function groupRuns(leader: number): boolean {
	if (!signalGroup(leader, 0)) return false;
	let processes: string[];
	try {
		processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
	} catch {
		return true;
	}
	return processes.length === 0 || processes.some((pid) => runsInGroup(pid, leader));
}

/** proc(5): `pid (name) state ppid pgrp ...`; the name may hold brackets and blanks. */
function runsInGroup(pid: string, leader: number): boolean {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
		const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		return Number(group) === leader && state !== "Z" && state !== "X";
	} catch {
		return false;
	}
}
