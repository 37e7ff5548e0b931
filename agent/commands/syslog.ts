import { spawn } from "node:child_process";
import { DiscoError } from "../../lib/errors.ts";

/** Numbers of RFC 5424 by the names that `syslog_facility` takes. */
const facilities: Readonly<Record<string, number>> = {
	KERN: 0,
	USER: 1,
	MAIL: 2,
	DAEMON: 3,
	AUTH: 4,
	SYSLOG: 5,
	LPR: 6,
	NEWS: 7,
	UUCP: 8,
	CRON: 9,
	AUTHPRIV: 10,
	FTP: 11,
	LOCAL0: 16,
	LOCAL1: 17,
	LOCAL2: 18,
	LOCAL3: 19,
	LOCAL4: 20,
	LOCAL5: 21,
	LOCAL6: 22,
	LOCAL7: 23,
};
const severities: Readonly<Record<string, number>> = { ERROR: 3, WARN: 4, INFO: 6, DEBUG: 7, TRACE: 7 };

/** What waits for syslog at most; lines beyond are dropped: a slow syslog must not hold the agent up. */
const waitingBytesMax = 1024 * 1024;

export interface Syslog {
	write(line: string): void;
	close(): void;
}

/**
 * Writes log lines to the machine's syslog. Its socket is of a kind that Node cannot write to, so the system's `logger` does it, one
 * process for all lines. Fails with `CONFIG_INVALID` for an unknown facility; what goes wrong later is told once through `onProblem`.
 */
export function openSyslog(facility: string, onProblem: (text: string) => void): Syslog {
	const number = facilities[facility.toUpperCase()];
	if (number === undefined) {
		throw new DiscoError(
			"CONFIG_INVALID",
			`syslog_facility: "${facility}" is not one of ${Object.keys(facilities).join(", ")}`,
		);
	}
	const child = spawn("logger", ["--tag", "disco", "--prio-prefix"], { stdio: ["pipe", "ignore", "ignore"] });
	let isOver = false;
	const over = (reason: string) => {
		if (!isOver) onProblem(`syslog gets nothing: ${reason}; the program logger is needed (bsdutils, util-linux)`);
		isOver = true;
	};
	child.on("error", (error) => over(error.message));
	child.on("exit", (code) => over(`logger ended with ${code}`));
	child.stdin.on("error", () => {});
	return {
		write(line) {
			if (isOver || child.stdin.writableLength > waitingBytesMax) return;
			child.stdin.write(`<${number * 8 + severityOf(line)}>${line}`);
		},
		close() {
			isOver = true;
			child.stdin.end();
		},
	};
}

/** Of a line in either of the log's formats. */
function severityOf(line: string): number {
	const level = /^\S+ \[([A-Z]+)\]|"@level":"([a-z]+)"/.exec(line);
	return severities[(level?.[1] ?? level?.[2] ?? "info").toUpperCase()] ?? 6;
}
