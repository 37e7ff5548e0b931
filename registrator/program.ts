import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { errorCode, errorMessage } from "../lib/errors.ts";
import { createLogger, type Logger } from "../lib/log/index.ts";
import { nodeClock } from "../lib/node/index.ts";
import { version } from "../lib/version.ts";
import type { Backend } from "./backends/backend.ts";
import { dryBackend } from "./backends/dry.ts";
import { openBackend } from "./backends/open.ts";
import type { Docker } from "./docker.ts";
import { dockerAddress } from "./docker-address.ts";
import { connectDocker } from "./docker-events.ts";
import { addressOfHost } from "./host-address.ts";
import { difference, runOnce } from "./once.ts";
import { helpText, type Options, parseCommandLine } from "./options.ts";
import type { Overview } from "./reconcile.ts";
import { type ForcedTags, serviceSource } from "./service-source.ts";
import { createStatus, type SyncStatus } from "./status.ts";
import { runSync, type SyncOptions } from "./sync.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Between two comparisons of Docker with the registry: how long something missed may stay wrong. */
const reconcileMs = 10_000;

/** Exit status of `diff` when something differs: neither a failure (1) nor a wrong command line (2). */
const differentStatus = 3;

/**
 * The whole program. Resolves with its exit status: 0 after a signal, 1 when it cannot go on, 2 for a wrong command line; with
 * `-once` 1 also when something was left undone, with `diff` 3 when something differs.
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
			case "diff":
				return await start(commandLine.kind, commandLine.options, environment, signal);
		}
	} catch (error) {
		const usage = errorCode(error)?.startsWith("FLAG_") === true || errorCode(error) === "USAGE";
		process.stderr.write(`disco-registrator: ${errorMessage(error)}${usage ? " (-h shows all options)" : ""}\n`);
		return usage ? 2 : 1;
	}
}

async function start(
	kind: "run" | "diff",
	options: Options,
	environment: Environment,
	signal: AbortSignal,
): Promise<number> {
	const logger = createLogger({
		level: options.logLevel,
		clock: nodeClock,
		write: (line) => process.stderr.write(line),
		module: "registrator",
	});
	const opened = openBackend(options.uri, environment, options);
	const backend = options.dry ? dryBackend(opened) : opened;
	const status = createStatus();
	const owner = options.owner || hostname();
	let overview: (() => Overview) | undefined;
	const docker = await openSource(options, environment);
	const server =
		options.http === ""
			? undefined
			: await (await import("./status-server.ts")).startStatusServer(options.http, {
					version,
					owner,
					source: docker.address,
					registry: backend.name,
					status,
					overview: () => overview?.(),
				});
	try {
		const sync = await syncOptions(options, docker, backend, owner, logger, status, (running) => {
			overview = running;
		});
		if (kind === "diff") return await diff(sync, signal);
		if (options.once) return (await runOnce(sync, signal)) === 0 ? 0 : 1;
		await runSync(sync, signal);
		return 0;
	} finally {
		backend.close();
		await server?.close();
	}
}

async function openSource({ source, compat }: Options, environment: Environment): Promise<Docker> {
	if (source.kind === "docker") return connectDocker(dockerAddress(environment, existsSync, compat));
	const { polledSource, readerOf } = await import("./sources/index.ts");
	const address = source.kind === "exec" ? `the command ${source.command}` : source.path;
	return polledSource(address, readerOf(source, environment), nodeClock);
}

async function syncOptions(
	options: Options,
	docker: Docker,
	backend: Backend,
	owner: string,
	logger: Logger,
	status: SyncStatus,
	onRunning: (overview: () => Overview) => void,
): Promise<SyncOptions> {
	const mapping = { ...options, owner, hostAddress: await addressOfHost(hostname()) };
	return {
		docker,
		backend,
		clock: nodeClock,
		logger,
		servicesOf: serviceSource(await forcedTags(options.tags), mapping),
		owner,
		deregistration: options.deregistration,
		resyncMs: options.resyncMs,
		refreshMs: options.ttlRefreshMs,
		reconcileMs: options.compat ? 0 : reconcileMs,
		cleanup: options.cleanup,
		retry: options.retry,
		status,
		dry: options.dry,
		onRunning,
	};
}

async function diff(sync: SyncOptions, signal: AbortSignal): Promise<number> {
	const { lines, undecided } = await difference(sync, signal);
	process.stdout.write(lines.map((line) => `${line}\n`).join(""));
	if (undecided > 0) return 1;
	return lines.length === 0 ? 0 : differentStatus;
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
