import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { errorCode, errorMessage } from "../lib/errors.ts";
import { createLogger } from "../lib/log/index.ts";
import { nodeClock } from "../lib/node/index.ts";
import { version } from "../lib/version.ts";
import { openBackend } from "./backends/open.ts";
import { dockerAddress } from "./docker-address.ts";
import { connectDocker } from "./docker-events.ts";
import { addressOfHost } from "./host-address.ts";
import { helpText, type Options, parseCommandLine } from "./options.ts";
import { type ForcedTags, serviceSource } from "./service-source.ts";
import { runSync } from "./sync.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Between two comparisons of Docker with the registry: how long something missed may stay wrong. */
const reconcileMs = 10_000;

/**
 * The whole program. Resolves with its exit status: 0 after a signal, 1 when it cannot go on, 2 for a wrong command line.
 */
export async function main(args: readonly string[], environment: Environment, signal: AbortSignal): Promise<number> {
	try {
		const commandLine = parseCommandLine(args, environment);
		switch (commandLine.kind) {
			case "help":
				process.stdout.write(helpText());
				return 0;
			case "version":
				process.stdout.write(`disco-registrator ${version}\n`);
				return 0;
			case "run":
				await run(commandLine.options, environment, signal);
				return 0;
		}
	} catch (error) {
		const usage = errorCode(error)?.startsWith("FLAG_") === true || errorCode(error) === "USAGE";
		process.stderr.write(`disco-registrator: ${errorMessage(error)}${usage ? " (-h shows all options)" : ""}\n`);
		return usage ? 2 : 1;
	}
}

async function run(options: Options, environment: Environment, signal: AbortSignal): Promise<void> {
	const { compat } = options;
	const logger = createLogger({
		level: options.logLevel,
		clock: nodeClock,
		write: (line) => process.stderr.write(line),
		module: "registrator",
	});
	const backend = openBackend(options.uri, environment, options.ttlSeconds);
	const tags = await forcedTags(options.tags);
	const docker = await connectDocker(dockerAddress(environment, existsSync, compat));
	const hostName = hostname();
	const owner = options.owner || hostName;
	const mapping = { ...options, owner, hostAddress: await addressOfHost(hostName) };
	try {
		await runSync(
			{
				docker,
				backend,
				clock: nodeClock,
				logger,
				servicesOf: serviceSource(tags, mapping),
				owner,
				deregistration: options.deregistration,
				resyncMs: options.resyncMs,
				refreshMs: options.ttlRefreshMs,
				reconcileMs: compat ? 0 : reconcileMs,
				cleanup: options.cleanup,
				retry: options.retry,
			},
			signal,
		);
	} finally {
		backend.close();
	}
}

/** The template language is loaded only for a value that is a template. */
async function forcedTags(text: string): Promise<ForcedTags> {
	if (!text.includes("{{")) return { render: async () => text };
	const [{ tagsTemplate }, { httpDocument }] = await Promise.all([
		import("./tags-template.ts"),
		import("./http-document.ts"),
	]);
	return tagsTemplate(text, httpDocument);
}
