import { formatDuration } from "../lib/duration.ts";
import type { Random } from "../lib/env/index.ts";
import { errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import { nodeClock, nodeRandom } from "../lib/node/index.ts";
import { agentVariables, createAgentClient } from "./agent-client.ts";
import { type Child, startChild } from "./child.ts";
import { childEnvironment } from "./child-environment.ts";
import type { RuntimeConfig, TemplateConfig } from "./config/index.ts";
import { loadTemplate } from "./load-template.ts";
import type { RenderingWorld } from "./recorder.ts";
import { createRunner, createWatches, type RunnerEnd, type Template } from "./runner/index.ts";
import { createSharing, type Sharing } from "./sharing.ts";
import { type Member, runnerTemplate, type Unit, type UnitWorld } from "./unit.ts";

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
	const load = (template: TemplateConfig) =>
		loadTemplate(template, world).catch((error: unknown) => {
			if (options.strict) throw error;
			return brokenTemplate(template, error);
		});
	const unitWorld: UnitWorld = {
		log,
		environment: process.env,
		agent,
		dry: config.dry,
		diff: config.diff,
		print: (text) => process.stdout.write(text),
	};
	const templates = (await loadUnits(config, load)).map((unit) => runnerTemplate(unit, unitWorld));

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
					contents: config.templates.map((_, position) => templates[position]?.template.text ?? ""),
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
		...(sharing === undefined ? {} : { sharing: ownGroups(sharing, config.templates.length) }),
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

/** Templates of their own first, in order (de-duplication counts on it), then the groups. */
async function loadUnits(
	config: RuntimeConfig,
	load: (template: TemplateConfig) => Promise<Template>,
): Promise<readonly Unit[]> {
	const units: Unit[] = [];
	const member = async (template: TemplateConfig) => ({ template: await load(template), config: template });
	for (const template of config.templates) {
		const wait = template.wait ?? config.wait;
		units.push({ group: undefined, members: [await member(template)], actions: template, wait });
	}
	for (const { name, templates, actions, wait = config.wait } of config.groups) {
		const members: Member[] = [];
		for (const template of templates) members.push(await member(template));
		units.push({ group: name, members, actions, wait });
	}
	return units;
}

/** Groups come after the templates and are not shared: each program asks for their data itself. */
function ownGroups(sharing: Sharing, templates: number): Pick<Sharing, "leads" | "publish"> {
	return {
		leads: (position) => position >= templates || sharing.leads(position),
		publish(position, data) {
			if (position < templates) sharing.publish(position, data);
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
