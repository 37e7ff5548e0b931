import { formatDuration } from "../lib/duration.ts";
import type { Random } from "../lib/env/index.ts";
import { DiscoError, errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import { nodeClock, nodeRandom } from "../lib/node/index.ts";
import { agentVariables, createAgentClient } from "./agent-client.ts";
import { type Child, startChild } from "./child.ts";
import { childEnvironment } from "./child-environment.ts";
import type { RuntimeConfig, TemplateConfig } from "./config/index.ts";
import { bytesOfText } from "./gotmpl/index.ts";
import { loadTemplate } from "./load-template.ts";
import type { RenderingWorld } from "./recorder.ts";
import { runCommand } from "./run-command.ts";
import { createRunner, createWatches, type RunnerEnd, type RunnerTemplate, type Template } from "./runner/index.ts";
import { createSharing } from "./sharing.ts";
import { writeRendered } from "./write-file.ts";

/** Exit codes of RUNNER.md. */
export const exitCodes = { interrupted: 12, usage: 13, failed: 14, configuration: 15 } as const;

/** One configuration at work: its templates, watches and supervised program. A reload makes a new one. */
export interface Session {
	/** Resolves with the exit status when the work is done or has failed; after `stop` it resolves, too. */
	run(): Promise<number>;
	/** Whether there is a supervised program at the moment. */
	supervises(): boolean;
	/** Passes a signal on to the supervised program, if there is one. */
	forward(signal: NodeJS.Signals): void;
	/** Stops the supervised program and the watches; resolves when both have ended. */
	stop(): Promise<void>;
}

/** The reference waits exactly; its retries are measured by the replays. */
const exactly: Random = { next: () => 1, bytes: nodeRandom.bytes };

/**
 * Loads the templates and prepares everything; nothing runs before `run`.
 *
 * A template that cannot be loaded is reported when it is rendered and does not stop the others. With `strict` (compat, and
 * reloads, where the old session goes on) it is an error instead. Errors: those of `loadTemplate` and `createAgentClient`.
 */
export async function prepareSession(
	config: RuntimeConfig,
	log: Logger,
	options: { readonly strict: boolean },
): Promise<Session> {
	const client = createAgentClient(config.consul);
	const agent = agentVariables(config.consul);
	const world: RenderingWorld = { environment: { ...process.env, ...agent }, nowMs: nodeClock.nowMs, log };
	const templates: RunnerTemplate[] = [];
	for (const template of config.templates)
		templates.push(await runnerTemplate(template, config, world, agent, options));

	let child: Child | undefined;
	let stopping = false;
	let childEnded: ((code: number) => void) | undefined;
	const childCode = new Promise<number>((resolve) => {
		childEnded = resolve;
	});

	async function begin(): Promise<void> {
		if (config.exec === undefined || stopping) return;
		child = await startChild(config.exec, childEnvironment(process.env, agent, config.exec.environment), nodeClock);
		log.info("supervised program started");
		void child.ended.then((code) => childEnded?.(code));
	}

	/** The supervised program after a pass in which everything is rendered. */
	async function onRendered(changed: boolean): Promise<void> {
		if (config.exec === undefined || config.dry) return;
		if (child === undefined) {
			await begin();
			return;
		}
		if (!changed) return;
		await splay(config.exec.splayMs);
		if (config.exec.reloadSignal !== undefined) {
			child.signal(config.exec.reloadSignal);
			return;
		}
		await child.stop();
		await begin();
	}

	const watches = createWatches({
		clock: nodeClock,
		random: config.compat ? exactly : nodeRandom,
		fetch: (dependency, query) => dependency.fetch({ client, clock: nodeClock }, query),
		waitMs: config.blockQueryWaitMs,
		maxStaleMs: config.maxStaleMs,
		...(config.consul.retry === undefined ? {} : { retry: config.consul.retry }),
		honourNoRetry: config.compat || config.once,
		firstValueOnly: config.once,
		errOnFailedLookup: config.errOnFailedLookup && config.once,
		onValue: (dependency, value) => {
			log.trace(`received ${dependency.id}`);
			runner.received(dependency.id, value);
		},
		onRetry: (dependency, error, attempt, retryInMs) =>
			log.warn(
				`(view) ${dependency.id}: ${error.message} (retry attempt ${attempt} after "${formatDuration(Math.round(retryInMs))}")`,
			),
		onFailed: (dependency, error) => runner.watchFailed(dependency, error),
	});

	const sharing =
		config.dedup === undefined
			? undefined
			: createSharing({
					client,
					clock: nodeClock,
					config: config.dedup,
					templates: config.templates,
					contents: templates.map(({ template }) => template.text),
					waitMs: config.blockQueryWaitMs,
					log,
					onData: (data) => {
						for (const [id, value] of data) runner.received(id, value);
					},
					onLead: () => runner.refresh(),
				});

	const runner = createRunner({
		clock: nodeClock,
		templates,
		watches,
		once: config.once,
		parseOnly: config.parseOnly,
		commandFatal: config.compat,
		compat: config.compat,
		onError: (error) => log.error(error.message),
		onRendered,
		onWaiting: (template, missing) => {
			if (config.compat) return;
			log.warn(`${template.name} waits for ${missing.map(({ id }) => id).join(", ")}`);
		},
		onDebug: (message) => log.debug(`(runner) ${message}`),
		...(sharing === undefined ? {} : { sharing }),
	});

	async function codeOf(end: RunnerEnd): Promise<number> {
		if (end.kind === "failed") {
			if (!end.reported) log.error(end.error.message);
			return exitCodes.failed;
		}
		return end.kind === "done" && child !== undefined ? childCode : 0;
	}

	return {
		async run() {
			log.debug(`(runner) ${templates.length} templates, agent ${client.address}`);
			sharing?.start();
			try {
				const rendered = runner.run().then(codeOf);
				const code = await Promise.race([rendered, childCode]);
				runner.stop();
				await rendered.catch(() => undefined);
				return code;
			} catch (error) {
				log.error(errorMessage(error));
				runner.stop();
				return exitCodes.failed;
			} finally {
				await Promise.all([child?.stop(), sharing?.close()]);
				client.close();
			}
		},
		supervises: () => child !== undefined,
		forward: (signal) => child?.signal(signal),
		async stop() {
			stopping = true;
			runner.stop();
			await Promise.all([child?.stop(), watches.close()]);
		},
	};
}

function splay(maxMs: number): Promise<void> {
	if (maxMs <= 0) return Promise.resolve();
	return new Promise((resolve) => nodeClock.after(nodeRandom.next() * maxMs, resolve));
}

async function runnerTemplate(
	template: TemplateConfig,
	config: RuntimeConfig,
	world: RenderingWorld,
	agent: Readonly<Record<string, string>>,
	{ strict }: { readonly strict: boolean },
): Promise<RunnerTemplate> {
	const loaded = await loadTemplate(template, world).catch((error: unknown) => {
		if (strict) throw error;
		return brokenTemplate(template, error);
	});
	const wait = template.wait ?? config.wait;
	const { command } = template;
	return {
		template: loaded,
		errorFatal: template.errorFatal ?? false,
		...(wait === undefined ? {} : { wait }),
		...(command === undefined || config.dry ? {} : { commandKey: JSON.stringify(command) }),
		async write(text) {
			const outcome = await writeRendered(template, bytesOfText(text), { dry: config.dry }).catch((error: unknown) => {
				throw new DiscoError("DESTINATION_UNWRITABLE", `${loaded.name}: ${errorMessage(error)}`, { cause: error });
			});
			if (config.dry && outcome.changed) process.stdout.write(`> ${template.destination}\n${text}`);
			return outcome;
		},
		async runCommand() {
			if (command === undefined) return;
			const environment = childEnvironment(process.env, agent, template.commandEnvironment);
			await runCommand(command, { environment, timeoutMs: template.commandTimeoutMs }).catch((error: unknown) => {
				throw new DiscoError("COMMAND_FAILED", `${template.destination}: ${errorMessage(error)}`, { cause: error });
			});
		},
	};
}

/** Stands for a template that could not be loaded: each execution gives the reason. */
function brokenTemplate(config: TemplateConfig, error: unknown): Template {
	const failed = error instanceof Error ? error : new Error(String(error));
	return {
		name: config.source ?? "(dynamic)",
		text: "",
		execute: () => ({ used: [], missing: [], result: { failed } }),
	};
}
