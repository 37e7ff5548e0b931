import { runCommandLine } from "./commands/index.ts";

runCommandLine(process.argv.slice(2)).then(
	(exitCode) => {
		process.exitCode = exitCode;
	},
	(error: unknown) => {
		// A programmer's error: with its stack, so that it can be reported.
		console.error(error);
		process.exitCode = 70;
	},
);
