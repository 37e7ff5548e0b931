import { rmSync, writeFileSync } from "node:fs";
import { DiscoError, errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import { nodeClock } from "../lib/node/index.ts";
import { type CommandLine, helpText, loadConfig, parseCommandLine, type RuntimeConfig } from "./config/index.ts";
import { createProgramLog } from "./logging.ts";
import { exitCodes, prepareSession, type Session } from "./session.ts";

/** Consul's wording lets scripts find the number: `disco-template v0.1.0`. */
const version = "disco-template v0.1.0";

/** Signals that go to the supervised program. Node gives SIGPROF and the like no meaning; SIGCHLD and SIGURG stay here. */
const forwarded: readonly NodeJS.Signals[] = [
	"SIGHUP",
	"SIGINT",
	"SIGQUIT",
	"SIGTERM",
	"SIGUSR1",
	"SIGUSR2",
	"SIGALRM",
	"SIGCONT",
	"SIGWINCH",
];

/** Words that may stand first instead of an option. */
const commands: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
	plan: (args) => render(["-dry", "-diff", ...args]),
	record: (args) =>
		configured(["-once", "-dry", ...args], async (_commandLine, config, log) => {
			const { record } = await import("./record-command.ts");
			return record(config, log, print);
		}),
	test: async (args) => (await import("./spec/index.ts")).testCommand(args, print),
	status: async (args) => (await import("./status-command.ts")).statusCommand(args, print),
};

/** The whole program; resolves with its exit status (RUNNER.md "Exit codes"). */
export async function runProgram(args: readonly string[]): Promise<number> {
	const [word = "", ...rest] = args;
	const command = Object.hasOwn(commands, word) ? commands[word] : undefined;
	if (command === undefined) return render(args);
	try {
		return await command(rest);
	} catch (error) {
		process.stderr.write(`disco-template: ${errorMessage(error)}\n`);
		return error instanceof DiscoError && error.code.startsWith("FLAG_") ? exitCodes.usage : exitCodes.failed;
	}
}

function print(text: string): void {
	process.stdout.write(text);
}

/** Without a word: render. */
function render(args: readonly string[]): Promise<number> {
	return configured(args, supervise);
}

async function configured(
	args: readonly string[],
	run: (commandLine: CommandLine, config: RuntimeConfig, log: Logger) => Promise<number>,
): Promise<number> {
	let commandLine: CommandLine;
	try {
		commandLine = parseCommandLine(args);
	} catch (error) {
		process.stderr.write(`disco-template: ${errorMessage(error)}\n`);
		return exitCodes.usage;
	}
	if (commandLine.version || commandLine.help) {
		process.stdout.write(commandLine.version ? `${version}\n` : helpText());
		return 0;
	}
	let config: RuntimeConfig;
	try {
		config = loadConfig(commandLine, process.env);
	} catch (error) {
		process.stderr.write(`disco-template: ${errorMessage(error)}\n`);
		return exitCodes.configuration;
	}
	return run(commandLine, config, createProgramLog(config));
}

/**
 * Sessions one after the other until one ends by itself or the kill signal comes. SIGTERM ends the program, too: the reference
 * ignores it without a child, so that containers wait for SIGKILL.
 */
async function supervise(commandLine: CommandLine, first: RuntimeConfig, log: Logger): Promise<number> {
	let config = first;
	let session: Session | undefined;
	let server: { close(): Promise<void> } | undefined;
	const signals = createSignals();
	try {
		writePidFile(config);
		session = await prepareSession(config, log, { strict: config.compat });
		const { http } = config;
		if (http !== undefined) {
			const { startStatusServer } = await import("./status-server.ts");
			server = await startStatusServer(http, () => (session as Session).status());
		}
		for (;;) {
			const running = session.run();
			let next: { readonly config: RuntimeConfig; readonly session: Session } | undefined;
			while (next === undefined) {
				const event = await Promise.race([running, signals.next()]);
				if (typeof event === "number") return event;
				const terminated = event === "SIGTERM" && !config.compat;
				if (event === config.killSignal || (terminated && !session.supervises())) {
					process.stderr.write("Cleaning up...\n");
					await session.stop();
					await running;
					return exitCodes.interrupted;
				}
				if (event === config.reloadSignal) next = await reloaded(commandLine, config, log);
				else session.forward(event);
				// A child that is deaf to SIGTERM must not hold a container until it is killed from outside.
				if (terminated) nodeClock.after(config.exec?.killTimeoutMs ?? 0, () => session?.forward("SIGKILL"));
			}
			process.stderr.write("Reloading configuration...\n");
			await session.stop();
			await running;
			({ config, session } = next);
		}
	} catch (error) {
		log.error(errorMessage(error));
		return error instanceof DiscoError && error.code === "RELOAD_FAILED" ? exitCodes.configuration : exitCodes.failed;
	} finally {
		signals.close();
		await server?.close();
		if (first.pidFile !== undefined) rmSync(first.pidFile, { force: true });
	}
}

/** The new configuration, ready to run; undefined when it is broken and the running one stays (the reference ends with 15). */
async function reloaded(commandLine: CommandLine, old: RuntimeConfig, log: Logger) {
	try {
		const config = loadConfig(commandLine, process.env);
		return { config, session: await prepareSession(config, log, { strict: true }) };
	} catch (error) {
		if (old.compat) throw new DiscoError("RELOAD_FAILED", errorMessage(error), { cause: error });
		log.error(`reload: ${errorMessage(error)}; the running configuration stays`);
		return undefined;
	}
}

function writePidFile(config: RuntimeConfig): void {
	if (config.pidFile === undefined) return;
	try {
		writeFileSync(config.pidFile, String(process.pid), { mode: 0o644 });
	} catch (error) {
		throw new DiscoError("PID_FILE_UNWRITABLE", `cannot write the pid file: ${errorMessage(error)}`, { cause: error });
	}
}

/** Signals as a queue, so that none is lost while one is handled. */
function createSignals() {
	const queue: NodeJS.Signals[] = [];
	let wake: ((signal: NodeJS.Signals) => void) | undefined;
	let waiting: Promise<NodeJS.Signals> | undefined;
	const onSignal = (signal: NodeJS.Signals) => {
		if (wake === undefined) queue.push(signal);
		else {
			wake(signal);
			wake = undefined;
			waiting = undefined;
		}
	};
	for (const signal of forwarded) process.on(signal, onSignal);
	// Signal handlers alone do not hold the process, and templates without data have nothing else under way.
	const alive = setInterval(() => {}, 2 ** 30);
	return {
		next(): Promise<NodeJS.Signals> {
			const first = queue.shift();
			if (first !== undefined) return Promise.resolve(first);
			waiting ??= new Promise((resolve) => {
				wake = resolve;
			});
			return waiting;
		},
		close() {
			clearInterval(alive);
			for (const signal of forwarded) process.off(signal, onSignal);
		},
	};
}
