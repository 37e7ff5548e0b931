import { once } from "node:events";
import { createServer } from "node:net";
import { createClient } from "../../../client/index.ts";
import { DiscoError, errorCode, errorMessage } from "../../../lib/errors.ts";
import { createLogger } from "../../../lib/log/index.ts";
import { nodeClock } from "../../../lib/node/index.ts";
import { loadAgentConfig } from "../../config/index.ts";
import { startAgent } from "../../runtime/index.ts";
import type { CommandIo } from "../command.ts";
import { startChild } from "./child.ts";
import { takeFolder } from "./folder.ts";
import { startGuard } from "./guard.ts";
import { tellHealth } from "./health-lines.ts";
import { createInstances, hostInUrl, type Instances } from "./instances.ts";
import { createJournal, type Journal } from "./journal.ts";
import type { DevOptions } from "./options.ts";
import { createProxy, type DevProxy } from "./proxy.ts";

type Closer = () => Promise<void> | void;

/**
 * Starts everything, tells what happens, and ends everything at SIGINT or SIGTERM. Gives the exit code. Whatever was started is
 * ended also when a later step fails. Fails with what is wrong (a busy port, a missing program).
 */
export async function runDev(options: DevOptions, io: CommandIo): Promise<number> {
	const opened: Closer[] = [];
	const ended = untilSignal(io.env);
	try {
		const started = start(options, io, opened);
		await Promise.race([started, ended]);
		await ended;
		io.stdout("\nEnding everything ...\n");
		// A signal in the middle of the start: what is just being started must be known before it can be ended.
		await Promise.allSettled([started]);
		return 0;
	} finally {
		for (let closer = opened.pop(); closer !== undefined; closer = opened.pop()) {
			await Promise.resolve(closer()).catch((error: unknown) => io.stderr(`${errorMessage(error)}\n`));
		}
	}
}

async function start(options: DevOptions, io: CommandIo, opened: Closer[]): Promise<void> {
	const startedAtMs = nodeClock.monotonicMs();
	const journal = createJournal(io);
	const folder = takeFolder(options.folder);
	opened.push(() => folder.release());
	const guard = startGuard(folder.removable);
	opened.push(() => guard.close());

	let instances: Instances | undefined;
	let proxy: DevProxy | undefined;
	const httpAddress = `${hostInUrl(options.address)}:${options.httpPort}`;
	const agent = await startDevAgent(options, io, () => ({
		Instances: instances?.status() ?? [],
		Proxy: proxy?.status() ?? null,
		Events: [...journal.events],
	}));
	opened.push(() => agent.close());
	const client = createClient({ address: httpAddress });
	opened.push(() => client.close());

	proxy = createProxy({ options, client, guard, journal });
	if (proxy.installed) await requireFreePort(options);
	instances = createInstances({ ids: ["api-1", "api-2"], options, client, guard, journal });
	const watching = new AbortController();
	opened.push(() => watching.abort());
	void tellHealth(client, "api", journal, watching.signal);
	opened.push(() => instances?.stop());
	await instances.start();
	await proxy.start();
	opened.push(() => proxy?.stop());

	const template = startChild({
		command: process.execPath,
		args: [
			options.templateProgram,
			"-consul-addr",
			httpAddress,
			"-template",
			`${options.template}:${options.folder}/haproxy.cfg`,
		],
		env: { HAPROXY_BIND: `${hostInUrl(options.address)}:${options.proxyPort}` },
		guard,
		onLine: (line) => {
			if (/\[(?:WARN|ERR)/.test(line) || line.startsWith("Error")) journal.tell("note", `disco-template: ${line}`);
		},
	});
	if (template === undefined) throw new DiscoError("CHILD_FAILED", `${options.templateProgram} cannot be started`);
	opened.push(() => template.stop());
	let ending = false;
	opened.push(() => {
		ending = true;
	});
	void template.ended.then((how) => {
		if (!ending) journal.tell("note", `disco-template ended (${how}): the file is not rendered any more`);
	});
	io.stdout(welcome(options, proxy, instances, journal, nodeClock.monotonicMs() - startedAtMs));
}

async function startDevAgent(options: DevOptions, io: CommandIo, devStatus: () => unknown) {
	const args = [
		"-dev",
		"-ui",
		"-node=dev",
		`-bind=${options.address}`,
		`-client=${options.address}`,
		"-log-level=warn",
	];
	args.push(`-http-port=${options.httpPort}`, `-dns-port=${options.dnsPort}`);
	const config = loadAgentConfig(args, { hostName: "dev", env: io.env });
	if (config === undefined) throw new Error("unreachable: no help was asked for");
	const logger = createLogger({
		level: config.log.level,
		clock: nodeClock,
		module: "agent",
		write: (line) => io.stderr(line),
	});
	return startAgent(config, { logger, devStatus });
}

/** HAProxy itself would tell of a busy port only after everything else runs. */
async function requireFreePort({ address, proxyPort }: DevOptions): Promise<void> {
	const server = createServer();
	try {
		server.listen(proxyPort, address);
		await once(server, "listening");
	} catch (error) {
		const reason = errorCode(error) === "EADDRINUSE" ? "is in use by another process" : errorMessage(error);
		throw new DiscoError(
			"ADDRESS_IN_USE",
			`HAProxy's address ${address}:${proxyPort} ${reason}; stop it, or choose another port with -proxy-port`,
		);
	}
	server.close();
	await once(server, "close");
}

function welcome(options: DevOptions, proxy: DevProxy, instances: Instances, journal: Journal, tookMs: number): string {
	const host = hostInUrl(options.address);
	const [first] = instances.status();
	const dig = `dig @${options.address} -p ${options.dnsPort}`;
	const disco =
		options.httpPort === 8500 && options.address === "127.0.0.1" ? "" : `DISCO_HTTP_ADDR=${host}:${options.httpPort} `;
	const rows = [
		["Page", `http://${host}:${options.httpPort}/ui/`],
		["HTTP API", `http://${host}:${options.httpPort}/v1/`],
		["DNS", `${options.address}:${options.dnsPort} (UDP and TCP)`],
		[
			"HAProxy",
			proxy.installed
				? `http://${host}:${options.proxyPort}/`
				: `${options.haproxy} is not installed: see the rendered file on the page`,
		],
		["File", `${options.folder}/haproxy.cfg`],
	];
	const tries = [
		...(proxy.installed ? [`curl -H 'Host: api.localhost' http://${host}:${options.proxyPort}/`] : []),
		`curl http://${host}:${options.httpPort}/v1/health/service/api?passing`,
		`${dig} api.service.consul SRV`,
		...(proxy.installed ? [`${dig} api.haproxy.service.consul`] : []),
		`${disco}node dist/disco.js kv put greeting hello`,
		`kill ${first?.PID ?? "PID"}    (ends api-1; it comes back after 10 s)`,
	];
	return [
		"",
		journal.strong(`disco is ready in ${(tookMs / 1000).toFixed(1)} s. Ctrl-C ends everything.`),
		"",
		...rows.map(([label = "", text = ""]) => `  ${label.padEnd(10)}${text}`),
		"",
		"Try, in another terminal:",
		...tries.map((text) => `  ${text}`),
		"",
		"",
	].join("\n");
}

/** How often it is looked whether npm's shell is still there. */
const parentLookMs = 500;

/** The handlers stay until the end: a second Ctrl-C must not cut the clean-up short. */
function untilSignal(env: CommandIo["env"]): Promise<void> {
	return new Promise((resolve) => {
		for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
		// npm runs us in a shell that dies of SIGTERM without passing it on.
		if (env["npm_lifecycle_event"] === undefined) return;
		const parent = process.ppid;
		const look = setInterval(() => {
			if (process.ppid !== parent) resolve();
		}, parentLookMs);
		// When the start fails, nothing but this would keep the process.
		look.unref();
	});
}
