import type { Clock } from "../env/index.ts";

export const logLevels = ["trace", "debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Never give it a token, a gossip key or a KV value: what is logged is read by others.
 */
export interface Logger {
	trace(message: string, fields?: Fields): void;
	debug(message: string, fields?: Fields): void;
	info(message: string, fields?: Fields): void;
	warn(message: string, fields?: Fields): void;
	error(message: string, fields?: Fields): void;
	/** A logger whose lines name the part `module` (`agent.http`). */
	named(module: string): Logger;
	/**
	 * Also gives every line of `level` and above, whatever level is set, to `write`, until the returned function is called
	 * (idempotent). For this logger and all named from the same root. Absent on loggers that have no lines.
	 */
	tap?(options: LineOptions, write: (line: string) => void): () => void;
	/** Whether somebody reads lines of `level` now, for what costs something to say. Absent on loggers that have no lines. */
	isRead?(level: LogLevel): boolean;
	/** Takes effect for this logger and all named from the same root. */
	setLevel(level: LogLevel): void;
}

/** Which lines, and in which of the two formats. */
export interface LineOptions {
	readonly level: LogLevel;
	/** One object a line. */
	readonly json: boolean;
}

/** `warn` also as `warning`, `error` also as `err`, any case; undefined for anything else. */
export function parseLogLevel(text: string): LogLevel | undefined {
	const lower = text.toLowerCase();
	if (lower === "warning") return "warn";
	if (lower === "err") return "error";
	return logLevels.find((level) => level === lower);
}

/**
 * A logger in the reference's two formats: `TIME [LEVEL] module: message: key=value` and, with `json`, one object a line with
 * `@level`, `@message`, `@module`, `@timestamp`. `write` gets each line with its newline.
 */
export function createLogger(options: {
	readonly level: LogLevel;
	readonly clock: Clock;
	readonly write: (line: string) => void;
	readonly module?: string;
	readonly json?: boolean;
}): Logger {
	const shared = { level: options.level };
	const taps = new Set<LineOptions & { readonly write: (line: string) => void }>();
	const at = (module: string): Logger => {
		const log = (level: LogLevel) => (message: string, fields?: Fields) => {
			const rank = logLevels.indexOf(level);
			const isWritten = rank >= logLevels.indexOf(shared.level);
			if (!isWritten && taps.size === 0) return;
			const time = new Date(options.clock.nowMs()).toISOString();
			const line = (json: boolean) => (json ? jsonLine : textLine)(time, level, module, message, fields);
			if (isWritten) options.write(line(options.json === true));
			for (const tap of taps) if (rank >= logLevels.indexOf(tap.level)) tap.write(line(tap.json));
		};
		return {
			trace: log("trace"),
			debug: log("debug"),
			info: log("info"),
			warn: log("warn"),
			error: log("error"),
			named: at,
			isRead(level) {
				const rank = logLevels.indexOf(level);
				if (rank >= logLevels.indexOf(shared.level)) return true;
				for (const tap of taps) if (rank >= logLevels.indexOf(tap.level)) return true;
				return false;
			},
			tap(lineOptions, write) {
				const tap = { ...lineOptions, write };
				taps.add(tap);
				return () => void taps.delete(tap);
			},
			setLevel: (level) => {
				shared.level = level;
			},
		};
	};
	return at(options.module ?? "");
}

/** Says nothing; for tests and for parts that must not write. */
export const silentLogger: Logger = {
	trace: () => {},
	debug: () => {},
	info: () => {},
	warn: () => {},
	error: () => {},
	named: () => silentLogger,
	setLevel: () => {},
};

function textLine(time: string, level: LogLevel, module: string, message: string, fields: Fields = {}): string {
	const pairs = Object.entries(fields)
		.filter(([, value]) => value !== undefined)
		.map(([key, value]) => `${key}=${quotedIfNeeded(String(value))}`);
	const label = `[${level.toUpperCase()}]`.padEnd(7);
	const text = [module === "" ? message : `${module}: ${message}`, pairs.join(" ")]
		.filter((part) => part !== "")
		.join(": ");
	return `${time} ${label} ${text.replaceAll("\n", "\\n")}\n`;
}

function quotedIfNeeded(value: string): string {
	return value === "" || /[\s"=]/.test(value) ? JSON.stringify(value) : value;
}

function jsonLine(time: string, level: LogLevel, module: string, message: string, fields: Fields = {}): string {
	const record = { "@level": level, "@message": message, "@module": module, "@timestamp": time, ...fields };
	return `${JSON.stringify(record)}\n`;
}
