import { flagsHelp, parseFlags } from "../../lib/flags.ts";
import { type Command, requireArguments } from "./command.ts";
import { devFlags, parseDevOptions } from "./dev/options.ts";
import { runDev } from "./dev/run-dev.ts";

/** Runs everything at once: an agent, a sample service, disco-template and HAProxy. Exit code 0 after Ctrl-C. */
export const dev: Command = {
	flags: devFlags,
	async run(args, io, path) {
		const parsed = parseFlags(args, devFlags);
		if (parsed.help) {
			io.stdout(
				`Usage: ${path} [options]\n\nRuns an agent, two instances of a sample service, disco-template and HAProxy, until Ctrl-C.\n\n  disco dev\n\n${flagsHelp(devFlags)}\n`,
			);
			return 0;
		}
		requireArguments(parsed.rest, 0, 0, "options only");
		const exitCode = await runDev(parseDevOptions(parsed.values), io);
		// The page's kept connections must not hold the process.
		process.exit(exitCode);
	},
};
