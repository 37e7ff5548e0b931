import { spawnSync } from "node:child_process";
import { errorCode } from "../../lib/errors.ts";
import { goFunc } from "../gotmpl/index.ts";
import type { FunctionContext, FunctionFamily } from "./context.ts";

const timeLimitMs = 30_000;
const outputBytesMax = 16 * 1024 * 1024;

/** `plugin`: a program's output. It runs on every pass, and the pass waits for it. */
export function pluginFunctions({ environment, sandboxPath, sandboxesEffects }: FunctionContext): FunctionFamily {
	return {
		plugin: goFunc("func(string, ...string) (string, error)", (program: string, ...args: string[]) => {
			if (sandboxPath !== undefined && sandboxesEffects) {
				throw new Error("plugin: a program could read outside of sandbox_path; leave one of the two away");
			}
			const given = args.map((arg) => arg.trim()).filter((arg) => arg !== "");
			const result = spawnSync(program, given, {
				env: environment as NodeJS.ProcessEnv,
				encoding: "utf8",
				timeout: timeLimitMs,
				killSignal: "SIGKILL",
				maxBuffer: outputBytesMax,
				stdio: ["ignore", "pipe", "pipe"],
			});
			if (result.error === undefined && result.status === 0) return result.stdout.trim();
			throw new Error(`exec ${JSON.stringify(program)}: ${reason(program, result)}${outputs(result)}`);
		}),
	};
}

function reason(program: string, result: ReturnType<typeof spawnSync>): string {
	if (errorCode(result.error) === "ENOENT") {
		return `exec: ${JSON.stringify(program)}: executable file not found in $PATH`;
	}
	if (errorCode(result.error) === "ETIMEDOUT") return `did not finish in ${timeLimitMs / 1000}s`;
	if (result.error !== undefined) return result.error.message;
	return result.signal === null ? `exit status ${result.status}` : `signal: ${result.signal}`;
}

/** What it printed, on the same line: errors are one line. */
function outputs({ stdout, stderr }: ReturnType<typeof spawnSync>): string {
	const shown = (label: string, text: unknown) => {
		const trimmed = String(text ?? "").trim();
		return trimmed === "" ? "" : `; ${label}: ${JSON.stringify(trimmed.slice(0, 1000))}`;
	};
	return shown("stdout", stdout) + shown("stderr", stderr);
}
