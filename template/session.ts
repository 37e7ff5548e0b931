import { formatDuration } from "../lib/duration.ts";
import type { Random } from "../lib/env/index.ts";
import { errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import { nodeClock, nodeRandom, tellSystemdReady } from "../lib/node/index.ts";
import { agentVariables, createSourceClient } from "./agent-client.ts";
import { type Child, startChild } from "./child.ts";
import { childEnvironment } from "./child-environment.ts";
import type { RuntimeConfig, TemplateConfig } from "./config/index.ts";
import { createHaproxy, isApplied } from "./haproxy/index.ts";
import { keySnapshot } from "./key-snapshot.ts";
import { createLeftovers } from "./leftovers.ts";
import { loadTemplate } from "./load-template.ts";
import { promptClock } from "./prompt-clock.ts";
import { absent, asked, type Reason, reasonOf } from "./reasons.ts";
import type { RenderingWorld } from "./recorder.ts";
import { type Replaceable, replaceableTemplate } from "./replaceable.ts";
import { runCommand } from "./run-command.ts";
import { createRunner, createWatches, type RunnerEnd, type Template, type Waiting } from "./runner/index.ts";
import { createSharing, type Sharing } from "./sharing.ts";
import { type Status, templateStatus } from "./status.ts";
import { type Member, runnerTemplate, type Unit, type UnitWorld } from "./unit.ts";
import { createWatchHealth } from "./watch-health.ts";

/** Exit codes of RUNNER.md; `changes` (`-dry -diff`) and `expired` (`-once -timeout`) are ours. */
export const exitCodes = { changes: 2, expired: 3, interrupted: 12, usage: 13, failed: 14, configuration: 15 } as const;

/** One configuration at work: its templates, watches and supervised program. A reload makes a new one. */
export interface Session {
	/** Resolves with the exit status when the work is done or has failed; after `stop` it resolves, too. */
	run(): Promise<number>;
	/** What has become of the templates, and what they wait for. */
	status(): Status;
	/** Whether there is a supervised program at the moment. */
	supervises(): boolean;
	/** Passes a signal on to the supervised program, if there is one. */
	forward(signal: NodeJS.Signals): void;
	/** Stops the supervised program and the watches; resolves when both have ended. */
	stop(): Promise<void>;
}

export interface SessionOptions {
	/** A template that cannot be loaded is an error. */
	readonly strict: boolean;
	/** Takes what `-dry` prints; standard output when absent. */
	readonly print?: (text: string) => void;
	/** Hears of all data that arrive. */
	readonly onData?: (id: string, value: unknown) => void;
}

const everyVariable = { pristine: false, custom: [], allowlist: [], denylist: [] };
/** `-once` waits so long for HAProxy to be as the catalog wants it. */
const settledMs = 10_000;

/** Connections that Consul takes of one client unless it is configured otherwise; disco has no such limit. */
const connectionsOfAgent = 200;

/** The reference waits exactly; its retries are measured by the replays. */
const exactly: Random = { next: () => 1, bytes: nodeRandom.bytes };

/**
 * Loads the templates and prepares everything; nothing runs before `run`.
 *
 * A template that cannot be loaded is reported when it is rendered and does not stop the others. With `strict` (compat, and
 * reloads, where the old session goes on) it is an error instead. Errors: those of `loadTemplate` and `createSourceClient`.
 */
export async function prepareSession(config: RuntimeConfig, log: Logger, options: SessionOptions): Promise<Session> {
	const client = await createSourceClient(config);
	const agent = agentVariables(config.consul);
	const haproxy =
		config.haproxy.length === 0
			? undefined
			: createHaproxy(config.haproxy, {
					client,
					clock: nodeClock,
					random: nodeRandom,
					log,
					waitMs: config.blockQueryWaitMs,
					passive: config.dry || config.noCommands,
					once: config.once,
					async reload({ reload, reloadTimeoutMs }) {
						const environment = childEnvironment(process.env, agent, everyVariable);
						if (reload !== undefined) await runCommand(reload, { environment, timeoutMs: reloadTimeoutMs });
					},
				});
	const world: RenderingWorld = {
		environment: { ...process.env, ...agent },
		nowMs: nodeClock.nowMs,
		log,
		compat: config.compat,
		...(haproxy === undefined ? {} : { haproxyServers: haproxy.dependency }),
	};
	const reloading = config.watchTemplates && !config.once && !config.parseOnly;
	const replaceable: Replaceable[] = [];
	const load = async (template: TemplateConfig) => {
		const loaded = await loadTemplate(template, world).catch((error: unknown) => {
			if (options.strict) throw error;
			return brokenTemplate(template, error);
		});
		if (!reloading || template.source === undefined) return loaded;
		const one = replaceableTemplate(loaded, template);
		replaceable.push(one);
		return one.template;
	};
	const unitWorld: UnitWorld = {
		log,
		environment: process.env,
		agent,
		dry: config.dry,
		diff: config.diff,
		noCommands: config.noCommands,
		print: options.print ?? ((text) => process.stdout.write(text)),
		leftovers: createLeftovers((path) => log.info(`removed ${path}, left behind by a program that was killed`)),
		snapshot: (used, valueFor) => keySnapshot(client, log, used, valueFor),
		...(haproxy === undefined ? {} : { haproxy }),
	};
	const units = await loadUnits(config, load);
	const templates = units.map((unit) => runnerTemplate(unit, unitWorld));
	/** Why data are missing; without an entry no answer has come. */
	const reasons = new Map<string, Reason>();

	let child: Child | undefined;
	let stopping = false;
	let toldReady = false;
	let hinted = false;
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
		if (!toldReady) tellSystemdReady(process.env, ({ message }) => log.warn(`systemd was not told: ${message}`));
		toldReady = true;
		if (config.once) await haproxy?.settled(settledMs);
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

	const health = createWatchHealth(nodeClock.nowMs);
	const watches = createWatches({
		clock: promptClock,
		random: config.compat ? exactly : nodeRandom,
		fetch: (dependency, query) => dependency.fetch({ client, clock: nodeClock }, query),
		waitMs: config.blockQueryWaitMs,
		maxStaleMs: config.maxStaleMs,
		...(config.consul.retry === undefined ? {} : { retry: config.consul.retry }),
		honourNoRetry: config.compat || config.once,
		firstValueOnly: config.once,
		errOnFailedLookup: config.errOnFailedLookup && config.once,
		onAbsent: ({ id }) => reasons.set(id, absent),
		onValue: (dependency, value) => {
			reasons.delete(dependency.id);
			options.onData?.(dependency.id, value);
			log.trace(`received ${dependency.id}`);
			runner.received(dependency.id, value);
		},
		onAnswer: ({ id }) => {
			health.answered(id);
			runner.confirmed(id, true);
		},
		onHang: ({ id }) => {
			health.restarted();
			log.warn(`(view) ${id}: no answer and no error within its time; asked anew`);
		},
		onRetry: (dependency, error, attempt, retryInMs) => {
			reasons.set(dependency.id, reasonOf(error));
			health.failed(dependency.id, error);
			if (!hinted && watches.size() >= connectionsOfAgent && !config.compat) {
				hinted = true;
				log.warn(
					`(view) ${watches.size()} dependencies are watched, each by a connection; Consul closes those above its limits.http_max_conns_per_client (${connectionsOfAgent} unless set)`,
				);
			}
			runner.confirmed(dependency.id, false);
			log.warn(
				`(view) ${dependency.id}: ${error.message} (retry attempt ${attempt} after "${formatDuration(Math.round(retryInMs))}")`,
			);
		},
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
		clock: promptClock,
		templates,
		watches,
		once: config.once,
		parseOnly: config.parseOnly,
		commandFatal: config.compat,
		compat: config.compat,
		onError: (error) => log.error(error.message),
		onRendered,
		onWaiting: (_template, waits) => {
			if (config.compat) return;
			for (const line of waitLines(waits, reasonFor)) log.warn(line);
		},
		onStale({ name }, stale) {
			if (stale) log.warn(`${name}: its data could not be confirmed for max_age; on_stale is done`);
			else log.warn(`${name}: its data are confirmed again`);
		},
		reloads: reloading,
		onDebug: (message) => log.debug(`(runner) ${message}`),
		...(sharing === undefined ? {} : { sharing: ownGroups(sharing, config.templates.length) }),
	});

	const reasonFor = (id: string): Reason => {
		const text = haproxy?.waitsFor(id);
		return text === undefined ? (reasons.get(id) ?? asked) : { code: "asked", text };
	};

	function status(): Status {
		const reports = runner.report();
		const blocks = haproxy?.status();
		return {
			Ready: reports.every(({ state }) => state === "rendered") && isApplied(blocks ?? []),
			Agent: client.address,
			Watches: watches.size(),
			WatchRestarts: health.restarts(),
			Failing: health.failing(watches.has),
			Templates: reports.map((report, position) =>
				templateStatus(report, destinationOf(units[position] as Unit), reasonFor),
			),
			...(blocks === undefined ? {} : { Haproxy: blocks }),
		};
	}

	async function codeOf(end: RunnerEnd): Promise<number> {
		if (end.kind === "expired") {
			for (const { waits } of runner.report()) for (const line of waitLines(waits, reasonFor)) log.error(line);
			log.error(`data did not come within ${formatDuration(config.timeoutMs ?? 0)} (-timeout)`);
			return exitCodes.expired;
		}
		if (end.kind === "failed") {
			if (!end.reported) log.error(end.error.message);
			return exitCodes.failed;
		}
		if (config.diff && runner.report().some(({ counts }) => counts.rendered > 0)) return exitCodes.changes;
		return end.kind === "done" && child !== undefined ? childCode : 0;
	}

	return {
		async run() {
			log.debug(`(runner) ${templates.length} templates, agent ${client.address}`);
			sharing?.start();
			if (!config.parseOnly) haproxy?.start();
			const expiry = config.timeoutMs === undefined ? undefined : nodeClock.after(config.timeoutMs, runner.expire);
			let hotReload: { close(): Promise<void> } | undefined;
			try {
				if (reloading) {
					const { watchSources } = await import("./hot-reload.ts");
					hotReload = watchSources(replaceable, (template) => loadTemplate(template, world), runner.reloaded, log);
				}
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
				expiry?.cancel();
				await Promise.all([child?.stop(), sharing?.close(), hotReload?.close(), haproxy?.close()]);
				client.close();
			}
		},
		status,
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

function destinationOf({ group, members }: Unit): string {
	return group === undefined ? (members[0]?.config.destination ?? "") : `group "${group}"`;
}

function waitLines(waits: readonly Waiting[], reasonFor: (id: string) => Reason): readonly string[] {
	return waits.map(({ dependency: { id }, at }) => `${at} waits for ${id}: ${reasonFor(id).text}`);
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
