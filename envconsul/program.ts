import { rmSync, writeFileSync, writeSync } from "node:fs";
import { clientOptionsFromEnvironment } from "../client/index.ts";
import { DiscoError, errorMessage } from "../lib/errors.ts";
import { parseBool } from "../lib/flags.ts";
import { createLogger } from "../lib/log/index.ts";
import { nodeClock } from "../lib/node/clock.ts";
import { type CommandLine, parseCommandLine, usage } from "./command-line.ts";
import { type Config, configFrom, mergeLayers } from "./config.ts";
import { exitCode, exitCodeOfError } from "./exit-code.ts";
import { ownVariables } from "./own-variables.ts";
import { type Runner, run } from "./runner.ts";
import { forwardedSignals } from "./signal-name.ts";

/** The whole program: arguments to exit code. */
export async function program(args: readonly string[]): Promise<number> {
	try {
		const commandLine = parseCommandLine(args, parseBool(process.env["DISCO_COMPAT"] ?? "") ?? false);
		if (commandLine.action === "help") {
			process.stdout.write(usage());
			return 0;
		}
		if (commandLine.action === "version") {
			const { version } = await import("../lib/version.ts");
			process.stdout.write(`disco-env ${version}\n`);
			return 0;
		}
		return await runUntilEnd(commandLine);
	} catch (error) {
		sayError(errorMessage(error));
		return exitCodeOfError(error);
	}
}

async function runUntilEnd(commandLine: CommandLine): Promise<number> {
	const config = await readConfig(commandLine);
	const logger = createLogger({
		level: config.logLevel,
		clock: nodeClock,
		write: (line) => process.stderr.write(line),
		module: "disco-env",
	});
	for (const warning of commandLine.warnings) logger.warn(warning);
	if (process.pid === 1) {
		const advice = "start the container with an init (docker run --init), or take Node 22.15 or newer and a shell";
		logger.warn(`as process 1, processes that are not its own are not reaped: ${advice}`);
	}
	const closePidFile = openPidFile(config.pidFile);
	try {
		const runner = run(config, {
			own: ownVariables(),
			path: process.env["PATH"],
			clock: nodeClock,
			random: { next: Math.random },
			logger,
			print: (bytes) => writeSync(1, bytes),
			onError: sayError,
		});
		listenToSignals(runner, config, async () => {
			try {
				runner.reload(await readConfig(commandLine));
			} catch (error) {
				// The child that runs is worth more than a file with a mistake in it.
				logger.error(`not reloaded: ${errorMessage(error)}`);
			}
		});
		keepNoOrphan(runner, config.compat);
		return await runner.finished;
	} finally {
		closePidFile();
	}
}

/** Configuration files are read (and their parser is loaded) only when there are some. */
async function readConfig(commandLine: CommandLine): Promise<Config> {
	const files =
		commandLine.configPaths.length === 0
			? []
			: (await import("./config-files.ts")).readConfigFiles(commandLine.configPaths);
	return configFrom(mergeLayers([...files, commandLine.layer]), {
		environment: process.env,
		client: clientOptionsFromEnvironment(withOldTokenName(process.env)),
		once: commandLine.once,
		compat: commandLine.compat,
	});
}

/** `CONSUL_TOKEN` is this program's older name; it wins over `CONSUL_HTTP_TOKEN` (recorded). */
function withOldTokenName(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
	return { ...env, ...(env["CONSUL_TOKEN"] ? { CONSUL_HTTP_TOKEN: env["CONSUL_TOKEN"] } : {}) };
}

function listenToSignals(runner: Runner, config: Config, reload: () => Promise<void>): void {
	const own = [config.killSignal, config.reloadSignal].filter((signal) => signal !== undefined);
	for (const signal of new Set([...forwardedSignals, ...own])) {
		try {
			process.on(signal, () => {
				if (signal === config.reloadSignal) void reload();
				else runner.signal(signal);
			});
		} catch {
			// SIGKILL and SIGSTOP cannot be listened to: naming one of them means nothing.
		}
	}
}

/** Whatever ends this process, short of SIGKILL, ends the child. The reference leaves children behind. */
function keepNoOrphan(runner: Runner, compat: boolean): void {
	if (!compat) process.on("exit", () => runner.killChild());
	for (const event of ["uncaughtException", "unhandledRejection"] as const) {
		process.on(event, (error: unknown) => {
			sayError(`internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
			process.exit(exitCode.general);
		});
	}
}

function openPidFile(path: string | undefined): () => void {
	if (path === undefined) return () => {};
	try {
		writeFileSync(path, `${process.pid}\n`, { mode: 0o644 });
	} catch (error) {
		throw new DiscoError("PID_FILE", `pid file ${path} cannot be written: ${errorMessage(error)}`);
	}
	return () => rmSync(path, { force: true });
}

function sayError(message: string): void {
	process.stderr.write(`disco-env: ${message.replaceAll("\n", " ")}\n`);
}
