import { hostname } from "node:os";
import { errorMessage } from "../../lib/errors.ts";
import { flagsHelp, parseFlags } from "../../lib/flags.ts";
import { createLogger, type Logger } from "../../lib/log/index.ts";
import { nodeClock } from "../../lib/node/index.ts";
import { agentFlags, loadAgentConfig, type RuntimeConfig } from "../config/index.ts";
import { banner, catchSignals, startAgent, untilEnded } from "../runtime/index.ts";
import type { Command } from "./command.ts";
import { watchConfig } from "./config-watch.ts";
import { openLogFile } from "./log-file.ts";
import { openSyslog } from "./syslog.ts";
import { tellSystemdReady } from "./systemd.ts";

/** Runs an agent until it is told to end. */
export const agent: Command = {
	flags: agentFlags,
	async run(args, io, path) {
		const host = { hostName: hostname(), env: io.env };
		const watched = watchConfig(configPaths(args));
		const config = loadAgentConfig(args, host);
		if (config === undefined) {
			io.stdout(
				`Usage: ${path} [options]\n\nRuns an agent.\n\n  disco agent -dev\n  disco agent -server -bootstrap -data-dir /var/lib/disco -config-dir /etc/disco.d\n\n${flagsHelp(agentFlags)}\n`,
			);
			return 0;
		}
		const logFile =
			config.log.file === undefined
				? undefined
				: openLogFile(config.log.file, nodeClock, (text) => io.stderr(`${text}\n`));
		const syslog =
			config.log.syslogFacility === undefined
				? undefined
				: openSyslog(config.log.syslogFacility, (text) => io.stderr(`${text}\n`));
		const logger = agentLogger(config, (line) => {
			io.stdout(line);
			logFile?.write(line);
			syslog?.write(line);
		});
		// With JSON logs, stdout has nothing but them.
		const say = (text: string) => {
			if (!config.log.json) io.stdout(text);
		};
		const signals = catchSignals();
		const running = await startAgent(config, {
			logger,
			reloadConfig: () => loadAgentConfig(args, host) ?? config,
			onIdentity: (nodeId) => say(banner(config, nodeId)),
		});
		tellSystemdReady(io.env, logger);
		if (config.autoReload) {
			watched.start(() => {
				running.reload().catch((error: unknown) => {
					logger.error("the new configuration is refused, the old one stays", { error: errorMessage(error) });
				});
			});
		}
		const exitCode = await untilEnded(running, config, logger, signals);
		watched.stop();
		logFile?.close();
		syslog?.close();
		// What still hangs after a bounded close must not keep the process.
		process.exit(exitCode);
	},
};

function configPaths(args: readonly string[]): readonly string[] {
	const { values } = parseFlags(args, agentFlags);
	return [...(values["config-file"] ?? []), ...(values["config-dir"] ?? [])];
}

function agentLogger(config: RuntimeConfig, write: (line: string) => void): Logger {
	return createLogger({
		level: config.log.level,
		json: config.log.json,
		clock: nodeClock,
		module: "agent",
		write,
	});
}
