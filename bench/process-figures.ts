import { readFileSync } from "node:fs";

/** Ticks of `/proc/PID/stat` a second, the same on every Linux. */
const ticksPerSecond = 100;

/** Processor time that a process has used, in milliseconds; steps of 10. */
export function cpuMs(pid: number | undefined): number {
	const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
		.replace(/^.*\) /s, "")
		.split(" ");
	return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond;
}

/** Resident memory of a process in MB (10^6 bytes). */
export function residentMb(pid: number | undefined): number {
	const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
	return (pages * 4_096) / 1e6;
}
