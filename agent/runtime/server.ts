import type { Clock, Listener, Network, Random } from "../../lib/env/index.ts";
import { DiscoError, errorCode, errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log/index.ts";
import type { RuntimeConfig } from "../config/index.ts";
import { answerFilters } from "../http/index.ts";
import {
	askKeyrings,
	createForwardingEndpoints,
	createServedMethods,
	type DatacenterEndpoints,
	listenOnServerPort,
	routeToDatacenters,
	serveSnapshots,
} from "../rpc/forward/index.ts";
import { createGrpcService, type GrpcService } from "../rpc/grpc/index.ts";
import { createServerEndpoints, type Endpoints, type EventAudience, type UserEvent } from "../rpc/index.ts";
import { aliveServers, type Cluster, hostPort, openCluster } from "./cluster/index.ts";
import { openDatacenters } from "./datacenters.ts";
import { encodeUserEvent, type LanPool } from "./pool/index.ts";
import type { RpcTls } from "./rpc-tls.ts";
import { openEngine, type StateEngine } from "./state-engine.ts";

/** A server's part of an agent. */
export interface RunningServer {
	/** Answered here where they can be. */
	readonly endpoints: Endpoints;
	readonly engine: StateEngine;
	readonly cluster: Cluster;
	readonly datacenters: DatacenterEndpoints;
	/** Puts `kv_history` in force; of a server among others when it leads. */
	keepHistory(): Promise<void>;
	/** Goes on answering while the others learn that this server leaves. */
	drain(): Promise<void>;
}

export interface ServerParts {
	readonly config: RuntimeConfig;
	readonly nodeId: string;
	/** The pool, once there is one. */
	readonly pool: () => LanPool | undefined;
	readonly clock: Clock;
	readonly random: Random;
	/** How the datacenter's servers are connected to. */
	readonly network: Network;
	readonly rpcTls: RpcTls;
	readonly logger: Logger;
	readonly sendEvent: (event: UserEvent) => void;
	readonly eventAudience: EventAudience;
	/** What was opened is closed in reverse order. */
	readonly opened: (() => Promise<void> | void)[];
}

/**
 * Opens the state and the server port. Fails with `LOG_*`, `PEERS_INVALID`, `ADDRESS_IN_USE`, `ADDRESS_NOT_AVAILABLE`.
 */
export async function startServer(parts: ServerParts): Promise<RunningServer> {
	const { config, nodeId, clock, random, network, logger, opened } = parts;
	const self = { id: nodeId, address: hostPort(config.advertiseAddress, config.ports.server) };
	const engine = openEngine(config, self, { network, logger: logger.named("agent.log") });
	const { log, raft } = engine;
	opened.push(() => log.close());
	if (raft !== undefined) opened.push(() => raft.close());
	await log.start();

	const members = () => parts.pool()?.members() ?? [];
	const cluster = openCluster({
		config,
		self,
		engine,
		members,
		forceLeave: async (name) => parts.pool()?.forceLeave(name, { prune: false }),
		endpoints: () => own,
		clock,
		network,
		logger: logger.named("agent.server"),
	});
	opened.push(() => cluster.close());
	const datacenters = openDatacenters({ ...parts, networkTo: parts.rpcTls.networkTo });
	opened.push(() => datacenters.close());
	const own = createServerEndpoints({
		...engine,
		...(raft === undefined ? {} : { leadership: raft.leadership }),
		clock,
		random,
		logger: logger.named("agent.server"),
		datacenter: config.datacenter,
		datacenters,
		sessionTtlMinMs: config.cluster.sessionTtlMinMs,
		leaderAddress: () => cluster.leaderAddress(),
		peerAddresses: () => cluster.peerAddresses(),
		serverPool: cluster.serverPool,
		sendEvent: parts.sendEvent,
		sendEventElsewhere: (event, name) => datacenters.spreadEvent(name, event.name, encodeUserEvent(event).payload),
		eventAudience: parts.eventAudience,
	});
	const routed = routeToDatacenters({
		own: raft === undefined ? own : answeringAmongOthers(parts, { own, cluster }),
		datacenter: config.datacenter,
		endpointsOf: (name) => datacenters.endpointsOf(name),
	});
	const keyring = askKeyrings({
		datacenter: config.datacenter,
		nodeName: config.nodeName,
		pool: parts.pool,
		datacenters: () => datacenters.names(),
		operatorOf: (name) => datacenters.endpointsOf(name).operator,
	});
	const endpoints = routed.operator === undefined ? routed : { ...routed, operator: { ...routed.operator, keyring } };
	const grpc = createGrpcService(endpoints);
	engine.store.observe({ restored: () => grpc.restored() });
	opened.push(() => grpc.close());
	const listener = await listen(parts, engine, { endpoints, grpc, cluster, datacenters });
	opened.push(() => listener?.close());
	const keepHistory = async () => {
		if (config.kvHistory === undefined || raft?.leadership.leads() === false) return;
		await own.kv
			.keepHistory?.(config.kvHistory, { datacenter: "", token: config.agentToken })
			.catch((error: unknown) => logger.warn("kv_history is not in force", { error: errorMessage(error) }));
	};
	raft?.leadership.observe(() => void keepHistory());
	return {
		endpoints,
		engine,
		cluster,
		datacenters,
		keepHistory,
		drain: () =>
			cluster.standsAlone()
				? Promise.resolve()
				: new Promise((resolve) => void clock.after(config.cluster.leaveDrainMs, resolve)),
	};
}

/** What a follower cannot answer goes to the leader. */
function answeringAmongOthers(
	{ config, network, clock, random, logger, opened }: ServerParts,
	{ own, cluster }: { readonly own: Endpoints; readonly cluster: Cluster },
): Endpoints {
	const forwarding = createForwardingEndpoints({
		network,
		clock,
		random,
		logger: logger.named("agent.server.rpc"),
		datacenter: config.datacenter,
		own,
		leads: () => cluster.leadership.leads(),
		leaderAddress: () => cluster.leaderAddress(),
		servers: () => aliveServers(cluster.servers(), config.nodeName),
		event: own.event,
		holdTimeoutMs: config.cluster.rpcHoldMs,
	});
	opened.push(() => forwarding.close());
	return forwarding;
}

/** Undefined where nobody needs it: switched off, or taken in dev mode by another agent that is tried out. */
async function listen(
	{ config, pool, network, rpcTls, clock, logger }: ServerParts,
	{ raft }: StateEngine,
	{
		endpoints,
		grpc,
		cluster,
		datacenters,
	}: {
		readonly endpoints: Endpoints;
		readonly grpc: GrpcService;
		readonly cluster: Cluster;
		readonly datacenters: DatacenterEndpoints;
	},
): Promise<Listener | undefined> {
	const { server: port } = config.ports;
	if (port < 0) {
		if (config.bootstrap || cluster.standsAlone()) return undefined;
		throw new DiscoError(
			"CONFIG_INVALID",
			"ports.server is -1: without it servers cannot agree on anything (a single one with -bootstrap can)",
		);
	}
	try {
		return await listenOnServerPort({
			network,
			clock,
			host: config.bindAddress,
			port,
			...config.cluster.serverPort,
			methods: createServedMethods(endpoints, {
				datacenter: config.datacenter,
				filters: answerFilters,
				fireEvent: async (datacenter, name, payload) => {
					if (datacenter === "" || datacenter === config.datacenter) pool()?.spread(name, payload);
					else await datacenters.spreadEvent(datacenter, name, payload);
				},
			}),
			onRaft: async (connection) => raft?.serve(connection),
			onSnapshot: serveSnapshots(endpoints),
			...rpcTls,
			onGrpc: (connection) => grpc.serve(connection),
		});
	} catch (error) {
		if (!config.dev || errorCode(error) !== "ADDRESS_IN_USE") throw error;
		logger.warn(`other agents cannot ask this one: ${errorMessage(error)} (ports.server)`);
		return undefined;
	}
}
