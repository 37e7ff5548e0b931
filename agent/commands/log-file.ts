import { closeSync, fstatSync, openSync, readdirSync, unlinkSync, writeSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import type { Clock } from "../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import type { RuntimeConfig } from "../config/index.ts";

type Settings = NonNullable<RuntimeConfig["log"]["file"]>;

/** A log in files that are replaced by new ones. */
export interface LogFile {
	/** Never fails: what cannot be written is told once through `onProblem`. */
	write(line: string): void;
	close(): void;
}

/**
 * Opens the log file: its name with the time of its making, in nanoseconds (`disco-1690000000000000000.log`), as the reference's. A
 * new one is begun when it is too large or too old, and the oldest ones are removed. Fails with `LOG_FILE_UNUSABLE`.
 */
export function openLogFile(settings: Settings, clock: Clock, onProblem: (text: string) => void): LogFile {
	const folder = dirname(settings.path);
	const ending = extname(settings.path) || ".log";
	const stem = basename(settings.path, extname(settings.path));
	let current: { readonly fd: number; readonly sinceMs: number; sizeBytes: number } | undefined;
	let told = false;

	function open(): void {
		const file = join(folder, `${stem}-${clock.nowMs()}000000${ending}`);
		// What somebody opened a millisecond ago is gone on with.
		const fd = openSync(file, "a", 0o640);
		if (current !== undefined) closeSync(current.fd);
		current = { fd, sinceMs: clock.monotonicMs(), sizeBytes: fstatSync(fd).size };
		removeOld();
	}

	/** All but the newest; `filesMax` old ones stay. */
	function removeOld(): void {
		if (settings.filesMax === 0) return;
		const names = readdirSync(folder)
			.filter((name) => name.startsWith(`${stem}-`) && name.endsWith(ending))
			.filter((name) => /^\d{19}$/.test(name.slice(stem.length + 1, -ending.length)))
			.sort();
		const keep = 1 + Math.max(0, settings.filesMax);
		for (const name of names.slice(0, Math.max(0, names.length - keep))) unlinkSync(join(folder, name));
	}

	try {
		open();
	} catch (error) {
		throw new DiscoError(
			"LOG_FILE_UNUSABLE",
			`log_file ${settings.path} cannot be written: ${errorMessage(error)}; give a path in a folder that is there (-log-file)`,
		);
	}
	return {
		write(line) {
			try {
				const isOld = current !== undefined && clock.monotonicMs() - current.sinceMs >= settings.ageMsMax;
				const isFull = current !== undefined && settings.sizeBytesMax > 0 && current.sizeBytes >= settings.sizeBytesMax;
				if (isOld || isFull) open();
				if (current === undefined) return;
				current.sizeBytes += writeSync(current.fd, line);
				told = false;
			} catch (error) {
				// A full disk must not end the agent, nor fill the other log with complaints.
				if (!told) onProblem(`log_file ${settings.path} cannot be written: ${errorMessage(error)}`);
				told = true;
			}
		},
		close() {
			if (current !== undefined) closeSync(current.fd);
			current = undefined;
		},
	};
}
