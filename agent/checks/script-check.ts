import { spawn } from "node:child_process";
import { formatDuration } from "../../lib/duration.ts";
import { errorCode } from "../../lib/errors.ts";
import { type Outcome, outputSizeBytesDefault, type Probe } from "./plan.ts";
import { capturedText, createTailBuffer } from "./tail-buffer.ts";

/** The reference gives scripts more time than other checks. */
const scriptTimeoutMsDefault = 30_000;

/** After so much output it is read slowly (some 10 MB/s): a script that floods must not keep the agent busy. */
const unhurriedBytes = 1024 * 1024;
const floodPauseMs = 5;

/**
 * Runs a command without a shell: exit 0 passing, 1 warning, anything else critical. It runs in a process group of its own, which
 * is killed as a whole when the time is over, so that nothing it started stays behind.
 */
export const scriptCheck: Probe = (plan, signal) => {
	const [command, ...args] = plan.args ?? [];
	if (command === undefined) return Promise.resolve({ status: "critical", output: "the check has no command" });
	const timeoutMs = plan.timeoutMs || scriptTimeoutMsDefault;
	const output = createTailBuffer(plan.outputSizeBytesMax || outputSizeBytesDefault);
	return new Promise((resolve) => {
		const child = spawn(command, args, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
		const killGroup = () => {
			try {
				if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
			} catch {
				// Gone already.
			}
		};
		const end = (outcome: Outcome) => {
			clearTimeout(timer);
			signal.removeEventListener("abort", abort);
			resolve(outcome);
		};
		const timer = setTimeout(() => {
			killGroup();
			const captured = output.text();
			const text = `Timed out (${formatDuration(timeoutMs)}) running check`;
			end({ status: "critical", output: captured === "" ? text : `${text}\n\n${captured}` });
		}, timeoutMs);
		const abort = () => {
			killGroup();
			end({ status: "critical", output: "" });
		};
		signal.addEventListener("abort", abort, { once: true });
		for (const stream of [child.stdout, child.stderr]) {
			stream.on("data", (chunk: Buffer) => {
				output.write(chunk);
				if (output.writtenBytes <= unhurriedBytes) return;
				stream.pause();
				setTimeout(() => stream.resume(), floodPauseMs);
			});
		}
		child.on("error", (error) => {
			const reason = errorCode(error) === "ENOENT" ? "no such file or directory" : error.message;
			end({ status: "critical", output: `fork/exec ${command}: ${reason}` });
		});
		child.on("close", (code) => {
			const status = code === 0 ? "passing" : code === 1 ? "warning" : "critical";
			end({ status, output: capturedText(output) });
		});
	});
};
