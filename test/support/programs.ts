import { type ChildProcess, execFile, spawn } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Outcome {
	readonly exitCode: number;
	readonly stdout: string;
	readonly stderr: string;
}

/** Runs a program to its end; a non-zero exit is an outcome, not an error. Killed after `timeoutMs` (60 s), which is an error. */
export async function outcome(
	program: string,
	args: readonly string[],
	options: {
		readonly env?: Readonly<Record<string, string | undefined>>;
		readonly cwd?: string;
		readonly timeoutMs?: number;
	} = {},
): Promise<Outcome> {
	const env = { ...process.env, ...options.env };
	try {
		const { stdout, stderr } = await run(program, [...args], {
			env,
			...(options.cwd === undefined ? {} : { cwd: options.cwd }),
			timeout: options.timeoutMs ?? 60_000,
			maxBuffer: 64 * 1024 * 1024,
		});
		return { exitCode: 0, stdout, stderr };
	} catch (error) {
		const failed = error as { code?: number | string; killed?: boolean; stdout?: string; stderr?: string };
		if (typeof failed.code !== "number" || failed.killed === true) throw error;
		return { exitCode: failed.code, stdout: failed.stdout ?? "", stderr: failed.stderr ?? "" };
	}
}

/** As `outcome`, but anything other than exit status 0 is an error that shows what was printed. */
export async function succeed(...args: Parameters<typeof outcome>): Promise<string> {
	const { exitCode, stdout, stderr } = await outcome(...args);
	if (exitCode !== 0) throw new Error(`${args[0]} ${args[1].join(" ")}: exit status ${exitCode}\n${stdout}${stderr}`);
	return stdout;
}

/**
 * Asks again and again until `attempt` returns something other than undefined or false; fails after `timeoutMs` (30 s) with the
 * last error. This is how tests wait: for what they want to see, never for a time.
 */
export async function eventually<Found>(
	what: string,
	attempt: () => Promise<Found | undefined | false> | Found | undefined | false,
	timeoutMs = 30_000,
): Promise<Found> {
	const deadlineMs = performance.now() + timeoutMs;
	let last: unknown;
	for (;;) {
		try {
			const found = await attempt();
			if (found !== undefined && found !== false) return found;
			last = undefined;
		} catch (error) {
			last = error;
		}
		if (performance.now() > deadlineMs) throw new Error(`not seen within ${timeoutMs} ms: ${what}`, { cause: last });
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

/** A program in the background whose output is kept. `stop` ends it by signal and waits for it. */
export interface Background {
	readonly child: ChildProcess;
	output(): string;
	readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
	stop(signal?: NodeJS.Signals): Promise<void>;
}

export function background(
	program: string,
	args: readonly string[],
	options: { readonly env?: Readonly<Record<string, string | undefined>>; readonly cwd?: string } = {},
): Background {
	const child = spawn(program, [...args], {
		stdio: ["ignore", "pipe", "pipe"],
		env: { ...process.env, ...options.env },
		...(options.cwd === undefined ? {} : { cwd: options.cwd }),
	});
	let text = "";
	const keep = (chunk: Buffer) => {
		text += chunk.toString();
	};
	child.stdout.on("data", keep);
	child.stderr.on("data", keep);
	const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
		child.once("error", reject);
		child.once("close", (code, signal) => resolve({ code, signal }));
	});
	return {
		child,
		output: () => text,
		exited,
		async stop(signal = "SIGTERM") {
			if (child.exitCode !== null || child.signalCode !== null) return;
			const killer = setTimeout(() => child.kill("SIGKILL"), 10_000);
			child.kill(signal);
			await exited;
			clearTimeout(killer);
		},
	};
}
