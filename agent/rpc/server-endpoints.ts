import type { Clock, Random } from "../../lib/env/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { type Logger, silentLogger } from "../../lib/log/index.ts";
import { type CommandResult, encodeCommand } from "../fsm/index.ts";
import type { ReplicatedLog } from "../raft/index.ts";
import type { StateStore } from "../state/index.ts";
import { createBlockingQueries } from "./blocking-query.ts";
import { catalogEndpoints } from "./catalog.ts";
import { coordinateEndpoints } from "./coordinate.ts";
import { type Datacenters, onlyDatacenter } from "./datacenters.ts";
import type { Endpoints, ReadOptions, UserEvent, WriteOptions } from "./endpoints.ts";
import { datacenterUnknown } from "./error-texts.ts";
import { type EventAudience, eventEndpoints } from "./event.ts";
import { healthEndpoints } from "./health.ts";
import { kvEndpoints } from "./kv.ts";
import { type Leadership, requireLeads } from "./leadership.ts";
import { createLockDelays } from "./lock-delays.ts";
import { operatorEndpoints } from "./operator.ts";
import { queryEndpoints } from "./query.ts";
import { createSelections } from "./selections.ts";
import type { Server } from "./server.ts";
import type { ServerPool } from "./server-pool.ts";
import { sessionEndpoints } from "./session.ts";
import { snapshotEndpoints } from "./snapshot.ts";
import { txnEndpoints } from "./txn.ts";

interface ServerEndpointsOptions {
	readonly store: StateStore;
	readonly log: ReplicatedLog<CommandResult>;
	readonly clock: Clock;
	readonly random: Random;
	readonly datacenter: string;
	/** Without it there is no other one. */
	readonly datacenters?: Datacenters;
	/** `host:port` of the leader's server port, empty while there is none. */
	readonly leaderAddress: () => string;
	/** `host:port` of every server. */
	readonly peerAddresses: () => readonly string[];
	/** Of a server among others; one without it leads always. */
	readonly leadership?: Leadership;
	/** For whom user events with filters are; without it for nobody. */
	readonly eventAudience?: EventAudience;
	/** Gives a user event that was fired here to the other agents; without it there are none. */
	readonly sendEvent?: (event: UserEvent) => void;
	/** As in `eventEndpoints`. */
	readonly sendEventElsewhere?: (event: UserEvent, datacenter: string) => Promise<void>;
	/** Without it there are no operator endpoints. */
	readonly serverPool?: ServerPool;
	/** For what goes wrong without a client that could be told; without it nobody is. */
	readonly logger?: Logger;
	/** Shortest TTL of a session; `session.ts` has the default. */
	readonly sessionTtlMinMs?: number;
	/** Blocking queries that may wait at the same time; `blocking-query.ts` has the default. */
	readonly waitersMax?: number;
}

const nobody: EventAudience = { node: "", services: () => [] };

/** Endpoints that answer from this server's state, writes through its log. */
export function createServerEndpoints(options: ServerEndpointsOptions): Endpoints {
	const { store, log, datacenter, datacenters = onlyDatacenter(options.datacenter, "") } = options;
	const blocking = createBlockingQueries(options);
	const lockDelays = createLockDelays(options.clock);

	const server: Server = {
		store,
		selections: createSelections(),
		async read(readOptions, query) {
			requireDatacenter(readOptions, datacenter);
			await requireConsistency(readOptions, options);
			const { index, value } = await blocking.run(query, readOptions);
			const { knownLeader, lastContactMs } = log.state();
			return { index, value, knownLeader, lastContactMs };
		},
		readNow({ datacenter: wanted, consistency }, query) {
			if (consistency === "consistent" || (wanted !== "" && wanted !== datacenter)) return undefined;
			const { knownLeader, lastContactMs } = log.state();
			if (consistency !== "stale" && (!knownLeader || options.leadership?.leads() === false)) return undefined;
			const result = query(undefined);
			return result instanceof Promise
				? undefined
				: { index: result.index, value: result.value, knownLeader, lastContactMs };
		},
		async write(writeOptions, command) {
			return (await server.apply(writeOptions, command)).value;
		},
		async apply(writeOptions, command) {
			requireDatacenter(writeOptions, datacenter);
			const { result } = await log.propose(encodeCommand(command));
			if (!result.ok) throw result.error;
			return result;
		},
		async admit(admitted) {
			requireDatacenter(admitted, datacenter);
			await requireConsistency({ consistency: "default", ...admitted }, options);
		},
	};
	const { clock, random, logger = silentLogger } = options;
	return {
		catalog: catalogEndpoints(server, datacenters),
		health: healthEndpoints(server),
		kv: kvEndpoints(server, { ...options, lockDelays }),
		session: sessionEndpoints(server, { ...options, lockDelays, logger }),
		txn: txnEndpoints(server, { ...options, lockDelays }),
		query: queryEndpoints(server, { random, datacenter, datacenters, logger }),
		coordinate: coordinateEndpoints(server, { clock, logger, datacenters }),
		event: eventEndpoints({
			clock,
			random,
			audience: options.eventAudience ?? nobody,
			...(options.sendEvent === undefined ? {} : { send: options.sendEvent }),
			datacenter,
			...(options.sendEventElsewhere === undefined ? {} : { sendElsewhere: options.sendEventElsewhere }),
		}),
		snapshot: snapshotEndpoints(server, { log, clock }),
		...(options.serverPool === undefined ? {} : { operator: operatorEndpoints(server, options.serverPool) }),
		status: {
			async leader(wanted = "") {
				requireDatacenter({ datacenter: wanted }, datacenter);
				return options.leaderAddress();
			},
			async peers(wanted = "") {
				requireDatacenter({ datacenter: wanted }, datacenter);
				return options.peerAddresses();
			},
		},
	};
}

/** What is for other datacenters goes there before it comes here (`forward/route-datacenters.ts`). */
function requireDatacenter({ datacenter }: Pick<WriteOptions, "datacenter">, own: string): void {
	if (datacenter !== "" && datacenter !== own) throw datacenterUnknown(datacenter);
}

/** `stale` takes what is here, the others need to be asked at the leader, `consistent` at one that a majority confirms. */
async function requireConsistency(
	{ consistency }: Pick<ReadOptions, "consistency">,
	{ log, leadership }: Pick<ServerEndpointsOptions, "log" | "leadership">,
): Promise<void> {
	if (consistency === "stale") return;
	if (!log.state().knownLeader) {
		throw new DiscoError("NO_LEADER", "no server leads at the moment; try again, or read with ?stale", {
			retryable: true,
		});
	}
	requireLeads(leadership);
	if (consistency === "consistent") await log.verifyLeader();
}
