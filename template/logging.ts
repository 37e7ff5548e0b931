import { appendFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { createLogger, type Logger } from "../lib/log/index.ts";
import { nodeClock } from "../lib/node/index.ts";
import type { LogFileConfig, RuntimeConfig } from "./config/index.ts";

/** The program's log: standard error, and the log file when there is one. */
export function createProgramLog(config: RuntimeConfig): Logger {
	const file = config.logFile === undefined ? undefined : createLogFile(config.logFile);
	return createLogger({
		level: config.logLevel,
		clock: nodeClock,
		write: (line) => {
			process.stderr.write(line);
			file?.(line);
		},
	});
}

/**
 * Appends to `NAME-STAMP.EXT`; a new file is begun at the size or age limit and old ones are removed. A log that cannot be
 * written must not end the program: the line is on standard error anyway.
 */
function createLogFile(config: LogFileConfig): (line: string) => void {
	const folder = dirname(config.path);
	const ending = extname(config.path);
	const stem = basename(config.path, ending);
	let current: { readonly path: string; readonly beganMs: number; bytes: number } | undefined;
	const begin = () => {
		const nowMs = nodeClock.nowMs();
		const path = join(folder, `${stem}-${nowMs}${ending === "" ? ".log" : ending}`);
		removeOld(folder, stem, ending, config.maxFiles);
		return { path, beganMs: nowMs, bytes: sizeOf(path) };
	};
	return (line) => {
		try {
			const full = config.rotateBytes > 0 && (current?.bytes ?? 0) >= config.rotateBytes;
			const old = config.rotateMs > 0 && nodeClock.nowMs() - (current?.beganMs ?? 0) >= config.rotateMs;
			if (current === undefined || full || old) current = begin();
			appendFileSync(current.path, line, { mode: 0o640 });
			current.bytes += Buffer.byteLength(line);
		} catch {
			current = undefined;
		}
	};
}

/** Keeps `maxFiles` old files (0: all, below 0: none). */
function removeOld(folder: string, stem: string, ending: string, maxFiles: number): void {
	if (maxFiles === 0) return;
	const own = readdirSync(folder)
		.filter((name) => name.startsWith(`${stem}-`) && (ending === "" || name.endsWith(ending)))
		.sort();
	const excess = maxFiles < 0 ? own.length : Math.max(0, own.length - maxFiles);
	for (const name of own.slice(0, excess)) rmSync(join(folder, name), { force: true });
}

function sizeOf(path: string): number {
	return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
