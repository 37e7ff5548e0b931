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
	/** Takes effect for this logger and all named from the same root. */
	setLevel(level: LogLevel): void;
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
	const at = (module: string): Logger => {
		const log = (level: LogLevel) => (message: string, fields?: Fields) => {
			if (logLevels.indexOf(level) < logLevels.indexOf(shared.level)) return;
			const time = new Date(options.clock.nowMs()).toISOString();
			options.write(
				options.json === true
					? jsonLine(time, level, module, message, fields)
					: textLine(time, level, module, message, fields),
			);
		};
		return {
			trace: log("trace"),
			debug: log("debug"),
			info: log("info"),
			warn: log("warn"),
			error: log("error"),
			named: at,
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
