import { execFile } from "node:child_process";
import { errorCode } from "../../lib/errors.ts";
import { type Outcome, type Probe, timeoutMsDefault } from "./plan.ts";

/**
 * Asks this machine's service manager: `systemctl is-active NAME`, or `service NAME status` where systemd does not run. Passing
 * when it says that the service runs, else critical with its words. (The reference has this kind on Windows only.)
 */
export const osServiceCheck: Probe = async (plan, signal) => {
	const name = plan.target ?? "";
	if (!/^[\w@.:\\-]+$/.test(name) || name.startsWith("-")) {
		return { status: "critical", output: `${JSON.stringify(name)} is not the name of a service` };
	}
	const timeoutMs = plan.timeoutMs || timeoutMsDefault;
	const systemd = await ask("systemctl", ["is-active", name], timeoutMs, signal);
	// 3: known and not running, 4: not known. What fails otherwise is systemctl itself.
	if (systemd.exitCode === 0) return { status: "passing", output: `service ${name}: ${systemd.text}` };
	const isAnswer = /^(?:in)?active|^failed|^(?:de)?activating|^reloading|^maintenance|^unknown/.test(systemd.text);
	if (isAnswer && systemd.exitCode !== undefined) {
		return { status: "critical", output: `service ${name}: ${systemd.text}` };
	}
	const sysv = await ask("service", [name, "status"], timeoutMs, signal);
	if (sysv.exitCode === 0) return { status: "passing", output: `service ${name}: ${sysv.text || "running"}` };
	const reason = sysv.exitCode === undefined ? `no service manager answers: ${systemd.text}; ${sysv.text}` : sysv.text;
	return critical(`service ${name}: ${reason || `exit code ${sysv.exitCode}`}`);
};

interface Answer {
	/** Undefined when the program did not end by itself. */
	readonly exitCode: number | undefined;
	readonly text: string;
}

function ask(program: string, args: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<Answer> {
	return new Promise((resolve) => {
		execFile(
			program,
			args,
			{ timeout: timeoutMs, killSignal: "SIGKILL", signal, maxBuffer: 64 * 1024 },
			(error, stdout, stderr) => {
				const text = (stdout.trim() || stderr.trim()).slice(0, 1_000);
				if (error === null) resolve({ exitCode: 0, text });
				else if (typeof error.code === "number") resolve({ exitCode: error.code, text });
				else {
					const reason = errorCode(error) === "ENOENT" ? `${program} is not installed` : `${program} did not answer`;
					resolve({ exitCode: undefined, text: reason });
				}
			},
		);
	});
}

function critical(output: string): Outcome {
	return { status: "critical", output };
}
