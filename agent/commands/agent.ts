import { hostname } from "node:os";
import { flagsHelp } from "../../lib/flags.ts";
import { createLogger, type Logger } from "../../lib/log/index.ts";
import { nodeClock } from "../../lib/node/index.ts";
import { agentFlags, loadAgentConfig, type RuntimeConfig } from "../config/index.ts";
import { banner, startAgent, untilEnded } from "../runtime/index.ts";
import type { Command, CommandIo } from "./command.ts";
import { type LogFile, openLogFile } from "./log-file.ts";
import { tellSystemdReady } from "./systemd.ts";

/** Runs an agent until it is told to end. */
export const agent: Command = {
	flags: agentFlags,
	async run(args, io, path) {
		const host = { hostName: hostname(), env: io.env };
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
		const logger = agentLogger(config, io, logFile);
		// With JSON logs, stdout has nothing but them.
		const say = (text: string) => {
			if (!config.log.json) io.stdout(text);
		};
		const running = await startAgent(config, {
			logger,
			reloadConfig: () => loadAgentConfig(args, host) ?? config,
			onIdentity: (nodeId) => say(banner(config, nodeId)),
		});
		tellSystemdReady(io.env, logger);
		const exitCode = await untilEnded(running, config, logger);
		logFile?.close();
		// What still hangs after a bounded close must not keep the process.
		process.exit(exitCode);
	},
};

function agentLogger(config: RuntimeConfig, io: CommandIo, logFile: LogFile | undefined): Logger {
	return createLogger({
		level: config.log.level,
		json: config.log.json,
		clock: nodeClock,
		module: "agent",
		write: (line) => {
			io.stdout(line);
			logFile?.write(line);
		},
	});
}
