import { unlinkSync } from "node:fs";
import { uuid } from "../../lib/env/index.ts";
import { errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log/index.ts";
import { createMetrics } from "../../lib/metrics/index.ts";
import { nodeClock, nodeDisk, nodeNetwork, nodeRandom, writeFileAtomic } from "../../lib/node/index.ts";
import { openKeyWarnings } from "../../lib/tls/index.ts";
import { createCheckSchedule, probes, probesWithOwnTls } from "../checks/index.ts";
import type { RuntimeConfig } from "../config/index.ts";
import { createDnsServer } from "../dns/index.ts";
import { createHttpServer, type HttpListenAddress } from "../http/index.ts";
import { createDiskStore, createLocalAgent, memoryStore, type RunningLocalAgent } from "../local/index.ts";
import type { ForwardingEndpoints } from "../rpc/forward/index.ts";
import type { Endpoints, UserEvent } from "../rpc/index.ts";
import { statusPage } from "../ui/index.ts";
import { clientEndpoints } from "./client-endpoints.ts";
import { aliveServers, serversOf } from "./cluster/index.ts";
import { openDataFolder } from "./data-folder.ts";
import { applyDefinitions, parseDefinitions } from "./definitions.ts";
import { metricFilter, registerGauges } from "./gauges.ts";
import { startHandlers } from "./handlers.ts";
import { dnsAddresses, httpConfig, httpTls } from "./listening.ts";
import { consulService, nodeIdentity, ownMember, serfHealth } from "./node-entry.ts";
import { type LanPool, openPool, sendCoordinates, startJoining } from "./pool/index.ts";
import { preparedQueries } from "./prepared-queries.ts";
import { createRpcTls } from "./rpc-tls.ts";
import { selfBody } from "./self.ts";
import { startServer } from "./server.ts";

export interface AgentParts {
	readonly logger: Logger;
	/** Reads the configuration again; undefined when there is nothing to read (then a reload changes nothing). */
	readonly reloadConfig?: () => RuntimeConfig;
	/** Shown on the status page of `disco dev`. */
	readonly devStatus?: () => unknown;
	/** Called once everything listens and the data folder is held, before the first answer; with the node's id. */
	readonly onIdentity?: (nodeId: string) => void;
}

export interface RunningAgent {
	readonly nodeId: string;
	readonly http: readonly HttpListenAddress[];
	/** Resolves with the new configuration in force. Fails with what is wrong in it; then the old one stays. */
	reload(): Promise<void>;
	/** Leaves the pool and stops. `left` resolves too. */
	leave(): Promise<void>;
	/** Resolves when `leave` was asked for over HTTP or by a call, and everything is closed. */
	readonly left: Promise<void>;
	/** Resolves when the pool could not be joined for as often as it was to be tried. */
	readonly gaveUp: Promise<void>;
	/** Stops without leaving. Idempotent; takes at most `closeMsMax`. */
	close(): Promise<void>;
}

/** Closing is bounded: whatever hangs is left to the end of the process. */
const closeMsMax = 10_000;
/** How long the first registration of the node may take before HTTP answers anyway. */
const firstSyncMsMax = 5_000;

type Closer = () => Promise<void> | void;

/**
 * Starts an agent: the only place that knows every part. Each step that opened something is undone in reverse order, on an error
 * here and at `close`.
 *
 * Fails with `TLS_FILE_INVALID`, `DATA_FOLDER_*`, `LOG_*`, `LOCAL_STATE_CORRUPT`, `ADDRESS_IN_USE`, `ADDRESS_NOT_AVAILABLE`, `KEYRING_FILE_INVALID`, `JOIN_FAILED`, or what is wrong with a
 * service or check of the configuration.
 */
export async function startAgent(config: RuntimeConfig, parts: AgentParts): Promise<RunningAgent> {
	const opened: Closer[] = [];
	try {
		return await start(config, parts, opened);
	} catch (error) {
		await closeAll(opened, parts.logger);
		throw error;
	}
}

async function start(config: RuntimeConfig, parts: AgentParts, opened: Closer[]): Promise<RunningAgent> {
	const { logger } = parts;
	const clock = nodeClock;
	const random = nodeRandom;
	const definitions = parseDefinitions(config);
	warn(config, logger);
	const rpcTls = createRpcTls(config, logger.named("agent.tls"));

	// 1. What is on disk.
	const folder = config.dataFolder === "" ? undefined : await openDataFolder(config.dataFolder, config.nodeId);
	if (folder !== undefined) opened.push(() => folder.release());
	const nodeId = folder?.nodeId ?? (config.nodeId === "" ? uuid(random) : config.nodeId);
	parts.onIdentity?.(nodeId);

	logger.debug("starting", { node: config.nodeName, id: nodeId, data: config.dataFolder || "memory" });

	// 2. The state and what it is asked through.
	let pool: LanPool | undefined;
	const datacenterParts = {
		config,
		pool: () => pool,
		clock,
		random,
		network: rpcTls.networkTo(config.datacenter),
		logger,
		sendEvent: (event: UserEvent) => pool?.send(event),
		eventAudience: {
			node: config.nodeName,
			services: () =>
				[...local.services().values()].map(({ content }) => ({ name: content.service, tags: content.tags ?? [] })),
		},
	};
	const dataServer = config.server ? await startServer({ ...datacenterParts, nodeId, rpcTls, opened }) : undefined;
	const endpoints = dataServer?.endpoints ?? openClient(clientEndpoints(datacenterParts), opened);

	// 3. Who else is there.
	const self = ownMember(config, nodeId);
	pool = await openPool({
		config,
		self,
		dataFolder: config.dev ? "" : config.dataFolder,
		clock,
		random,
		network: nodeNetwork,
		disk: nodeDisk,
		logger: logger.named("agent.server.serf.lan"),
		wanLogger: logger.named("agent.server.serf.wan"),
		joinsWan: config.server && config.ports.serfWan > 0,
		onWanChange: () => dataServer?.datacenters.serversChanged(),
		onUserEvent: (event) => endpoints.event?.receive(event),
		onMember: (member) => dataServer?.cluster.memberChanged(member),
		onNameConflict: () => void close().then(markLeft),
	});
	opened.push(() => pool?.close());
	dataServer?.cluster.begin();

	// 4. What is registered here, and its checks.
	const isInMemory = dataServer !== undefined && dataServer.engine.raft === undefined;
	let tls = httpTls(config);
	const checks = createCheckSchedule({
		clock,
		random,
		probes: config.agentTlsForChecks ? probesWithOwnTls(() => tls.files) : probes,
		report: (checkId, status, output) => local.reportCheck(checkId, status, output),
		eagerStart: !config.compat,
	});
	opened.push(() => checks.close());
	const local: RunningLocalAgent = await createLocalAgent({
		identity: nodeIdentity(config, nodeId),
		own: isInMemory ? { service: consulService(config), checks: [serfHealth] } : undefined,
		store: folder === undefined || config.dev ? memoryStore : createDiskStore(nodeDisk, folder.path),
		endpoints,
		runner: checks,
		clock,
		random,
		logger: logger.named("agent.local"),
		members: () => pool?.members() ?? [self],
		scriptChecks: config.scriptChecks,
		defaultToken: config.agentToken,
		outputWaitMs: config.checkUpdateIntervalMs,
		outputSizeBytesMax: config.checkOutputSizeBytesMax,
		discardOutput: config.discardCheckOutput,
		deregisterAfterMsMin: config.deregisterAfterMsMin,
	});
	opened.push(() => local.close());
	await applyDefinitions(local, definitions);
	if (dataServer?.cluster.standsAlone() === true) {
		await bounded(dataServer.cluster.settled(), firstSyncMsMax);
		await bounded(local.compare(), firstSyncMsMax);
	}
	await dataServer?.keepHistory();

	// 5. What others talk to.
	let current = config;
	const queries = preparedQueries(endpoints, config.nodeName);
	const dns = createDnsServer({
		endpoints,
		...(queries === undefined ? {} : { queries }),
		options: () => current.dns,
		datacenter: config.datacenter,
		clock,
		random,
		logger: logger.named("agent.dns"),
		listen: dnsAddresses(config),
	});
	opened.push(() => dns.close());
	await dns.start();

	let markLeft: () => void = () => {};
	const left = new Promise<void>((resolve) => {
		markLeft = resolve;
	});
	let closing: Promise<void> | undefined;
	const stop = async () => {
		await dataServer?.cluster.stepDown();
		await closeAll(opened, logger);
	};
	const close = () => {
		closing ??= bounded(stop(), closeMsMax);
		return closing;
	};
	const leave = async () => {
		logger.info("leaving");
		await dataServer?.cluster.stepDown();
		await pool?.leave();
		await dataServer?.drain();
		await close();
		markLeft();
	};
	const reload = async () => {
		if (parts.reloadConfig === undefined) return;
		const next = parts.reloadConfig();
		const nextDefinitions = parseDefinitions(next);
		const nextTls = httpTls(next);
		const renewRpcTls = rpcTls.prepare(next);
		await applyDefinitions(local, nextDefinitions, { dropApi: config.compat && config.dev });
		handlers.replace(nextDefinitions.watches);
		tls = nextTls;
		server.replaceTls(tls);
		renewRpcTls();
		current = next;
		logger.setLevel(next.log.level);
		warn(next, logger);
		logger.info("configuration read again");
	};
	const metrics = createMetrics(clock);
	metrics.gauge("dns.stale_total", dns.staleCount);
	metrics.gauge("dns.dropped_total", dns.droppedCount);
	const logState = dataServer && (() => dataServer.engine.log.state());
	registerGauges(metrics, { local, pool, ...(logState === undefined ? {} : { logState }) });
	const server = createHttpServer({
		config: httpConfig(config),
		tls,
		endpoints,
		local,
		...(pool === undefined ? {} : { pool }),
		self: () =>
			selfBody({
				config: current,
				nodeId,
				local,
				logState,
				leaderAddress: dataServer?.cluster.leaderAddress,
				peerAddresses: dataServer?.cluster.peerAddresses,
				knownServerCount: () =>
					aliveServers(serversOf(pool?.members() ?? [], config.datacenter), config.nodeName).length,
				knownDatacenterCount: dataServer && (() => dataServer.datacenters.names().length),
				wanMembers: pool?.wan && (() => pool?.wan?.members() ?? []),
			}),
		reload,
		leave,
		...(config.ui ? { statusPage } : {}),
		...(parts.devStatus === undefined ? {} : { devStatus: parts.devStatus }),
		metrics: {
			metrics,
			prefix: config.telemetry.metricsPrefix,
			gaugeHost: config.telemetry.disableHostname ? "" : config.nodeName,
			isShown: metricFilter(config.telemetry.filter),
			prometheus: config.telemetry.prometheusRetentionMs > 0,
		},
		logger: logger.named("agent.http"),
		clock,
	});
	opened.push(() => server.close());
	// Before the first answer: who sees the agent answer may look for the file.
	if (config.pidFile !== "") {
		await writeFileAtomic(config.pidFile, `${process.pid}\n`, { mode: 0o644 });
		opened.push(() => unlinkSync(config.pidFile));
	}
	const http = await server.start();
	const handlers = startHandlers({ config, http, clock, random, logger: logger.named("agent.watch") });
	opened.push(() => handlers.close());
	handlers.replace(definitions.watches);
	if (pool !== undefined && config.coordinates) {
		const stopCoordinates = sendCoordinates({
			node: config.nodeName,
			coordinate: () => pool.coordinate,
			memberCount: () => pool.members().length,
			endpoints,
			token: config.agentToken,
			clock,
			random,
		});
		opened.push(stopCoordinates);
	}
	let markGivenUp: () => void = () => {};
	const gaveUp = new Promise<void>((resolve) => {
		markGivenUp = resolve;
	});
	const endJoining = await startJoining(pool, { config, clock, logger, onGiveUp: () => markGivenUp() });
	opened.push(endJoining);
	logger.named("agent").info("ready", { node: config.nodeName, datacenter: config.datacenter, server: config.server });
	return { nodeId, http, reload, leave, left, gaveUp, close };
}

function warn({ warnings, tls }: RuntimeConfig, logger: Logger): void {
	for (const warning of [...warnings, ...openKeyWarnings([tls.https, tls.internalRpc])]) logger.warn(warning);
}

function openClient(endpoints: ForwardingEndpoints, opened: Closer[]): Endpoints {
	opened.push(() => endpoints.close());
	return endpoints;
}

async function closeAll(opened: Closer[], logger: Logger): Promise<void> {
	for (let closer = opened.pop(); closer !== undefined; closer = opened.pop()) {
		try {
			await closer();
		} catch (error) {
			logger.warn("closing failed", { error: errorMessage(error) });
		}
	}
}

/** Resolves with `work` (errors are dropped: it goes on being tried elsewhere, or was logged) or after `ms`. */
async function bounded(work: Promise<unknown>, ms: number): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const limit = new Promise<void>((resolve) => {
		timer = setTimeout(resolve, ms);
	});
	await Promise.race([work.catch(() => undefined), limit]);
	clearTimeout(timer);
}
