import { execFile, spawnSync } from "node:child_process";
import { existsSync, type FSWatcher, readFileSync, watch } from "node:fs";
import { basename, join } from "node:path";
import type { Client } from "../../../client/index.ts";
import { errorMessage } from "../../../lib/errors.ts";
import { nodeClock } from "../../../lib/node/index.ts";
import { type Child, startChild } from "./child.ts";
import type { Guard } from "./guard.ts";
import type { Journal } from "./journal.ts";
import type { DevOptions } from "./options.ts";

/** HAProxy and its configuration, as the page shows them. */
export interface ProxyStatus {
	readonly Installed: boolean;
	readonly Running: boolean;
	readonly Version: string;
	readonly Address: string;
	readonly File: string;
	/** The rendered file; empty before the first rendering. */
	readonly Config: string;
	/** Why it does not run or did not take the newest file; empty when all is well. */
	readonly Problem: string;
}

export interface DevProxy {
	readonly installed: boolean;
	/** Follows the rendered file until `stop`. Resolves when the first file was taken (or shown, without HAProxy). */
	start(): Promise<void>;
	status(): ProxyStatus;
	stop(): Promise<void>;
}

/** An editor or a rename fires several events for one change. */
const settleMs = 20;
/** A look at the file without an event, where the file system sends none. */
const pollMs = 1_000;
/** Pause before HAProxy is started again after it ended by itself; doubled each time up to the second. */
const restartMs = 500;
const restartMsMax = 10_000;

/** Runs HAProxy on the rendered file: checked before it is taken, old connections finished by the old worker (SIGUSR2). */
export function createProxy(parts: {
	readonly options: DevOptions;
	readonly client: Client;
	readonly guard: Guard;
	readonly journal: Journal;
}): DevProxy {
	const { options, client, guard, journal } = parts;
	const file = join(options.folder, "haproxy.cfg");
	const version = haproxyVersion(options.haproxy);
	let config = "";
	let problem = version === "" ? `${options.haproxy} is not installed: the rendered file is only shown` : "";
	let master: Child | undefined;
	let watcher: FSWatcher | undefined;
	let settle: NodeJS.Timeout | undefined;
	let poll: NodeJS.Timeout | undefined;
	let stopping = false;
	let lastLine = "";
	let restart: NodeJS.Timeout | undefined;
	let restarts = 0;
	let registered = "";
	let work: Promise<void> = Promise.resolve();

	function look(): void {
		work = work.then(take).catch((error: unknown) => journal.tell("note", errorMessage(error)));
	}

	async function take(): Promise<void> {
		if (stopping || !existsSync(file)) return;
		const text = readFileSync(file, "utf8");
		if (text === config) return;
		config = text;
		const services = routedServices(text);
		journal.tell(
			"file",
			`rendered ${basename(file)}: ${countServers(text)} servers for ${services.join(", ") || "no service"}`,
		);
		if (version === "") return;
		const refusal = await checkConfig(options.haproxy, file);
		if (refusal !== undefined) {
			problem = `HAProxy refuses the file: ${refusal}`;
			journal.tell("note", `${problem}; it goes on with the one before`);
			return;
		}
		problem = "";
		if (master === undefined) startMaster();
		else {
			master.signal("SIGUSR2");
			journal.tell("proxy", "HAProxy reloaded");
		}
		await register(services);
	}

	function startMaster(): void {
		const child = startChild({
			command: options.haproxy,
			args: ["-W", "-f", file],
			guard,
			onLine: (line) => {
				lastLine = line;
			},
		});
		if (child === undefined) {
			problem = `HAProxy cannot be started: ${lastLine}`;
			journal.tell("note", problem);
			return;
		}
		master = child;
		const startedAtMs = nodeClock.monotonicMs();
		journal.tell("proxy", `HAProxy listens on ${options.address}:${options.proxyPort}`);
		void child.ended.then((how) => {
			master = undefined;
			if (stopping) return;
			problem = `HAProxy ended (${how}): ${lastLine}`;
			if (nodeClock.monotonicMs() - startedAtMs > restartMsMax) restarts = 0;
			const pauseMs = Math.min(restartMsMax, restartMs * 2 ** Math.min(restarts++, 10));
			journal.tell("note", `${problem}; it is started again in ${pauseMs / 1000} s`);
			restart = setTimeout(() => {
				if (stopping || master !== undefined) return;
				problem = "";
				startMaster();
			}, pauseMs);
		});
	}

	/** HAProxy is a service with a tag per routed service: `api.haproxy.service.consul` leads to it. */
	async function register(services: readonly string[]): Promise<void> {
		const key = services.join(" ");
		if (key === registered) return;
		registered = key;
		await client.agent.registerService(
			{
				ID: "haproxy",
				Name: "haproxy",
				Tags: services,
				Address: options.address,
				Port: options.proxyPort,
				Check: { Name: "HAProxy listens", TCP: `${options.address}:${options.proxyPort}`, Interval: "2s" },
			},
			{ replaceExistingChecks: true },
		);
	}

	return {
		installed: version !== "",
		async start() {
			watcher = watch(options.folder, () => {
				clearTimeout(settle);
				settle = setTimeout(look, settleMs);
			});
			poll = setInterval(look, pollMs);
			look();
		},
		status: () => ({
			Installed: version !== "",
			Running: master !== undefined,
			Version: version,
			Address: `${options.address}:${options.proxyPort}`,
			File: file,
			Config: config,
			Problem: problem,
		}),
		async stop() {
			stopping = true;
			watcher?.close();
			clearTimeout(settle);
			clearInterval(poll);
			clearTimeout(restart);
			await work;
			await master?.stop();
		},
	};
}

/** `2.6.12`, or empty when it is not installed. */
function haproxyVersion(program: string): string {
	const shown = spawnSync(program, ["-v"], { encoding: "utf8", timeout: 5_000 });
	if (shown.error !== undefined || shown.status !== 0) return "";
	return /version (\d[\d.]*)/i.exec(shown.stdout)?.[1] ?? "unknown";
}

/** Undefined when HAProxy takes the file, else its own words. Not synchronous: the agent runs in this process too. */
function checkConfig(program: string, file: string): Promise<string | undefined> {
	return new Promise((resolve) => {
		execFile(program, ["-c", "-f", file], { timeout: 10_000 }, (error, stdout, stderr) => {
			resolve(error === null ? undefined : firstProblem(`${stderr}${stdout}` || error.message));
		});
	});
}

/** Names of the backends that the template makes for services. */
export function routedServices(config: string): string[] {
	return [...config.matchAll(/^backend (\S+)_backend\s*$/gm)]
		.map(([, name]) => name ?? "")
		.filter((name) => name !== "");
}

function countServers(config: string): number {
	return [...config.matchAll(/^\s+server \S+ /gm)].length;
}

/** HAProxy's own line about what is wrong. */
function firstProblem(output: string): string {
	const line = output.split("\n").find((each) => /\[(?:ALERT|WARNING)\]/.test(each) || /error/i.test(each));
	return (line ?? output.split("\n")[0] ?? "").trim();
}
