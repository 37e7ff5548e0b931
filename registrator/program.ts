import { errorCode, errorMessage } from "../lib/errors.ts";
import { createLogger } from "../lib/log/index.ts";
import { nodeClock } from "../lib/node/index.ts";
import { version } from "../lib/version.ts";
import { dryBackend } from "./backends/dry.ts";
import { openBackend } from "./backends/open.ts";
import { difference, runOnce } from "./once.ts";
import { helpText, type Options, parseCommandLine } from "./options.ts";
import type { Overview } from "./reconcile.ts";
import { type ForcedTags, serviceSource } from "./service-source.ts";
import { openSites } from "./sites.ts";
import { createStatus } from "./status.ts";
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
	const sites = (await openSites(options, environment)).map((site) => ({ ...site, status: createStatus() }));
	const overviews = new Map<unknown, () => Overview>();
	const sources = sites.map((site) => {
		const { owner, status } = site;
		return { owner, address: site.docker.address, status, overview: () => overviews.get(site)?.() };
	});
	const server =
		options.http === ""
			? undefined
			: await (await import("./status-server.ts")).startStatusServer(options.http, {
					version,
					registry: backend.name,
					sources,
				});
	try {
		const tags = await forcedTags(options.tags);
		const syncs = sites.map(
			(site): SyncOptions => ({
				...site,
				backend,
				clock: nodeClock,
				logger,
				servicesOf: serviceSource(tags, { ...options, ...site }),
				deregistration: options.deregistration,
				resyncMs: options.resyncMs,
				refreshMs: /^consul/i.test(options.uri) ? 0 : options.ttlRefreshMs,
				reconcileMs: options.compat ? 0 : reconcileMs,
				// The reference can list nothing but Consul's services.
				cleanup: options.cleanup && /^consul(-tls|-unix)?:/i.test(options.uri),
				retry: options.retry,
				waitsForDocker: sites.length > 1,
				dry: options.dry,
				onRunning: (overview) => overviews.set(site, overview),
			}),
		);
		if (kind === "diff") return await diff(syncs, signal);
		if (options.once) return await once(syncs, signal);
		await runAll(syncs, signal);
		return 0;
	} finally {
		backend.close();
		await server?.close();
	}
}

/** Resolves when every one has ended; the first failure ends the others. */
async function runAll(syncs: readonly SyncOptions[], signal: AbortSignal): Promise<void> {
	const stop = new AbortController();
	const both = AbortSignal.any([signal, stop.signal]);
	const ends = syncs.map((sync) => runSync(sync, both).finally(() => stop.abort()));
	await Promise.allSettled(ends);
	await Promise.all(ends);
}

async function once(syncs: readonly SyncOptions[], signal: AbortSignal): Promise<number> {
	const undone = await Promise.all(syncs.map((sync) => runOnce(sync, signal)));
	return undone.every((count) => count === 0) ? 0 : 1;
}

async function diff(syncs: readonly SyncOptions[], signal: AbortSignal): Promise<number> {
	const found = await Promise.all(syncs.map((sync) => difference(sync, signal)));
	const lines = found.flatMap((each) => each.lines);
	process.stdout.write(lines.map((line) => `${line}\n`).join(""));
	if (found.some(({ undecided }) => undecided > 0)) return 1;
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
