import type {
	AutopilotContent,
	AutopilotRecord,
	CheckRecord,
	CoordinateRecord,
	Deregistration,
	InstanceRecord,
	KvHistoryRule,
	KvRecord,
	KvRevision,
	KvWrite,
	NodeRecord,
	PreparedQueryContent,
	PreparedQueryRecord,
	QueryService,
	Registration,
	ServiceRecord,
	SessionRecord,
	StringMap,
	TxnOperation,
	TxnOutcome,
} from "../state/index.ts";

/**
 * What the edges (`http`, `dns`, `local`) may ask of the datacenter. One implementation answers from this server's state; with
 * Raft and RPC another forwards to the leader. All methods fail with a `DiscoError`: `NO_LEADER`, `DATACENTER_UNKNOWN`,
 * `PERMISSION_DENIED`, and what a method names itself.
 */
export interface Endpoints {
	readonly catalog: CatalogEndpoints;
	readonly health: HealthEndpoints;
	readonly kv: KvEndpoints;
	readonly status: StatusEndpoints;
	/** Absent on an agent that knows no server. */
	readonly session?: SessionEndpoints;
	/** The following, too, are absent on an agent that knows no server. */
	readonly txn?: TxnEndpoints;
	readonly query?: QueryEndpoints;
	readonly coordinate?: CoordinateEndpoints;
	readonly event?: EventEndpoints;
	readonly operator?: OperatorEndpoints;
	readonly snapshot?: SnapshotEndpoints;
}

/** What is used of an AbortSignal, which is one; a request's own is lighter. */
export interface EndSignal {
	readonly aborted: boolean;
	addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
	removeEventListener(type: "abort", listener: () => void): void;
}

export interface WriteOptions {
	/** Empty for the agent's own datacenter. */
	readonly datacenter: string;
	readonly token: string;
}

export interface ReadOptions extends WriteOptions {
	/** `default`: the leader as it knows it; `consistent`: confirmed with the majority; `stale`: whatever is here. */
	readonly consistency: "default" | "consistent" | "stale";
	/** With `stale`: refuse (ask the leader) when older than this. */
	readonly maxStaleMs?: number;
	/** Wait until the result's index is above this; 0 answers at once. */
	readonly minIndex: number;
	/** How long to wait at most; already clamped, jitter is added by the endpoint. */
	readonly maxWaitMs: number;
	/** Aborted when whoever asked has gone: the wait ends and costs nothing more. */
	readonly signal?: EndSignal;
}

export interface Answer<Value> {
	/**
	 * Deeply frozen. While nothing changed, the same question is answered with the same object, so that what is made from it
	 * (serialized bytes, DNS records) can be kept in a WeakMap and shared by all readers.
	 */
	readonly value: Value;
	/** At least 1. */
	readonly index: number;
	readonly knownLeader: boolean;
	readonly lastContactMs: number;
}

export interface CatalogEndpoints {
	register(registration: Registration, options: WriteOptions): Promise<void>;
	deregister(deregistration: Deregistration, options: WriteOptions): Promise<void>;
	/** Nearest first; of those as far as each other by name. */
	datacenters(): Promise<readonly string[]>;
	nodes(options: ReadOptions & { readonly nodeMeta?: StringMap }): Promise<Answer<readonly NodeRecord[]>>;
	/** Service name -> union of its tags. */
	services(
		options: ReadOptions & { readonly nodeMeta?: StringMap },
	): Promise<Answer<ReadonlyMap<string, readonly string[]>>>;
	/**
	 * Ordered by node, then service id. `tags` are all required, case ignored. An agent that asks another one for it has neither
	 * the checks nor the node's indexes.
	 */
	service(
		name: string,
		options: ReadOptions & { readonly tags?: readonly string[]; readonly nodeMeta?: StringMap },
	): Promise<Answer<readonly InstanceRecord[]>>;
	/** Undefined for an unknown node. Services by id. */
	node(
		name: string,
		options: ReadOptions,
	): Promise<Answer<{ readonly node: NodeRecord; readonly services: readonly ServiceRecord[] } | undefined>>;
}

export interface HealthEndpoints {
	/** Checks of a node, its services' included. */
	node(name: string, options: ReadOptions): Promise<Answer<readonly CheckRecord[]>>;
	/** Checks of a service's instances (not of their nodes). */
	checks(
		service: string,
		options: ReadOptions & { readonly nodeMeta?: StringMap },
	): Promise<Answer<readonly CheckRecord[]>>;
	/** Instances with their checks; `passing` leaves out those with any check that is not passing. */
	service(
		name: string,
		options: ReadOptions & {
			readonly tags?: readonly string[];
			readonly passing?: boolean;
			readonly nodeMeta?: StringMap;
		},
	): Promise<Answer<readonly InstanceRecord[]>>;
	/**
	 * `service` with `minIndex` 0 for callers that answer tens of thousands of questions a second: what it would resolve to, or
	 * undefined when that is not known at once (or is a failure); then ask `service`.
	 */
	serviceNow?(
		name: string,
		options: ReadOptions & { readonly tags?: readonly string[] },
	): Answer<readonly InstanceRecord[]> | undefined;
	state(
		status: string,
		options: ReadOptions & { readonly nodeMeta?: StringMap },
	): Promise<Answer<readonly CheckRecord[]>>;
	/** Instances whose own or whose node's IP address is `address`, for reverse DNS; as `catalog.service`. */
	byAddress?(address: string, options: ReadOptions): Promise<Answer<readonly InstanceRecord[]>>;
}

export interface KvEndpoints {
	/** False when a condition did not hold (cas, lock). `SESSION_UNKNOWN` for a lock. */
	write(write: KvWrite, options: WriteOptions): Promise<boolean>;
	get(key: string, options: ReadOptions): Promise<Answer<KvRecord | undefined>>;
	/** Every key that begins with `prefix`, in byte order. */
	list(prefix: string, options: ReadOptions): Promise<Answer<readonly KvRecord[]>>;
	/** Names only; with a separator each is cut after the first one that follows the prefix, once each. */
	keys(prefix: string, separator: string, options: ReadOptions): Promise<Answer<readonly string[]>>;
	/** What is remembered of a key, oldest first; empty without a history rule for it. Absent on an agent that knows no server. */
	history?(key: string, options: ReadOptions): Promise<Answer<readonly KvRevision[]>>;
	/** Which keys' history is kept from now on, by all servers. What is set already is not written again. */
	keepHistory?(rules: readonly KvHistoryRule[], options: WriteOptions): Promise<void>;
}

/** Each server answers for itself; of another datacenter when one is given. */
export interface StatusEndpoints {
	/** `host:port` of the leader's server port; empty when there is none. */
	leader(datacenter?: string): Promise<string>;
	peers(datacenter?: string): Promise<readonly string[]>;
}

/** A session as it is asked for; parsed, but not checked against the state. */
export interface SessionRequest {
	readonly name: string;
	readonly node: string;
	/** Empty: `release`. */
	readonly behavior: string;
	readonly lockDelayMs: number;
	/** A Go duration; empty or `0s` for none. */
	readonly ttl: string;
	/** Undefined: the node's `serfHealth`. */
	readonly nodeChecks?: readonly string[];
	readonly serviceChecks: readonly string[];
	/** The field `Checks` of old clients, when it is not empty: bound as well. */
	readonly oldChecks?: readonly string[];
}

export interface SessionEndpoints {
	/** Gives the new session's id. `SESSION_INVALID`, `NODE_UNKNOWN`, `SESSION_CHECKS_UNSUPPORTED`. */
	create(request: SessionRequest, options: WriteOptions): Promise<string>;
	/** What is not there is no error. */
	destroy(id: string, options: WriteOptions): Promise<void>;
	/** Begins the TTL anew; undefined for an unknown session. */
	renew(id: string, options: WriteOptions): Promise<SessionRecord | undefined>;
	get(id: string, options: ReadOptions): Promise<Answer<SessionRecord | undefined>>;
	list(options: ReadOptions): Promise<Answer<readonly SessionRecord[]>>;
	node(name: string, options: ReadOptions): Promise<Answer<readonly SessionRecord[]>>;
	/** The node's checks that the session is bound to. */
	nodeChecksOf(session: SessionRecord): readonly string[];
}

/** The outcome of a transaction with what the answer's body tells beside it. */
export interface TxnAnswer extends TxnOutcome {
	/** Only reads: the answer has the fields of a read, and `ReadOptions` were obeyed. */
	readonly readOnly: boolean;
	readonly knownLeader: boolean;
	readonly lastContactMs: number;
}

export interface TxnEndpoints {
	/**
	 * All operations or none, as one step. Errors of operations are part of the outcome. A read is `kv` with a verb that does not
	 * write, or `get` of the others.
	 */
	run(operations: readonly TxnOperation[], options: ReadOptions): Promise<TxnAnswer>;
}

/** Whom a prepared query's answer is for. */
export interface QuerySource {
	/** Node of the agent that was asked; `_agent` means it. */
	readonly agentNode: string;
	/** `near` of the request: node name, `_agent`, `_ip`; it wins over the query's own. */
	readonly near?: string;
	/** Address of who asks; `_ip` means the node that has it. */
	readonly sourceIp?: string;
	/** 0 or absent for all. */
	readonly limit?: number;
}

export interface QueryExecution {
	/** The service that was asked for in the end (templates are filled in). */
	readonly service: string;
	/** In the order to give them. */
	readonly instances: readonly InstanceRecord[];
	/** A Go duration, empty when the query sets none. */
	readonly dnsTtl: string;
	/** Where the instances are. */
	readonly datacenter: string;
	/** Datacenters that were asked beyond this one. */
	readonly failovers: number;
}

export interface QueryEndpoints {
	/** Gives the id. `QUERY_INVALID` (message as recorded). */
	create(query: Omit<PreparedQueryContent, "id">, options: WriteOptions): Promise<string>;
	/** Replaces it. As `create`, and `QUERY_UNKNOWN`. */
	update(query: PreparedQueryContent, options: WriteOptions): Promise<void>;
	/** `QUERY_UNKNOWN`, `QUERY_ID_INVALID`. */
	delete(id: string, options: WriteOptions): Promise<void>;
	/** `QUERY_ID_INVALID` when `id` is no UUID. */
	get(id: string, options: ReadOptions): Promise<Answer<PreparedQueryRecord | undefined>>;
	/** By id. */
	list(options: ReadOptions): Promise<Answer<readonly PreparedQueryRecord[]>>;
	/** By id, name, or the template with the longest prefix. Does not wait; the index is 1. `QUERY_INVALID`: a template by id. */
	execute(idOrName: string, source: QuerySource, options: ReadOptions): Promise<Answer<QueryExecution | undefined>>;
	/** For a query of another datacenter: the instances here that it wants, at random, `limit` at most (0: all). */
	instances(service: QueryService, limit: number, options: ReadOptions): Promise<Answer<readonly InstanceRecord[]>>;
	/** The query that would be executed, templates filled in. As `execute`. */
	explain(idOrName: string, options: ReadOptions): Promise<Answer<PreparedQueryRecord | undefined>>;
}

/** Where a datacenter's servers are, as far as that was measured. */
export interface DatacenterCoordinates {
	readonly datacenter: string;
	/** The pool in which it was measured. */
	readonly area: string;
	readonly servers: readonly CoordinateRecord[];
}

export interface CoordinateEndpoints {
	/** Resolves when it is taken over; written with others some seconds later. `COORDINATE_INVALID`. What is of no node is dropped then. */
	update(update: CoordinateRecord, options: WriteOptions): Promise<void>;
	/** By node, then segment. */
	nodes(options: ReadOptions): Promise<Answer<readonly CoordinateRecord[]>>;
	/** Per segment; empty for a node without. */
	node(name: string, options: ReadOptions): Promise<Answer<readonly CoordinateRecord[]>>;
	/** Of the servers of all datacenters, nearest first. They are of another space than the nodes' of a datacenter. */
	datacenters(): Promise<readonly DatacenterCoordinates[]>;
	/**
	 * The elements nearest to `near` (a node name) first, those without coordinates last, else in the order given. Without
	 * coordinates of `near` the same array.
	 */
	sortNear<Item>(
		near: string,
		list: readonly Item[],
		nodeOf: (item: Item) => string,
	): readonly Item[] | Promise<readonly Item[]>;
}

export interface UserEvent {
	/** UUID. */
	readonly id: string;
	readonly name: string;
	/** Empty for none. */
	readonly payload: Uint8Array;
	/** RE2; empty for all. */
	readonly nodeFilter: string;
	readonly serviceFilter: string;
	readonly tagFilter: string;
	readonly version: number;
	/** Lamport time at which it was received; 0 in the answer to who fired it. */
	readonly lamportTime: number;
}

export interface EventEndpoints {
	/** `EVENT_INVALID` (message as recorded), `EVENT_TOO_LARGE`. */
	fire(
		event: Pick<UserEvent, "name" | "payload" | "nodeFilter" | "serviceFilter" | "tagFilter">,
		options: WriteOptions,
	): Promise<UserEvent>;
	/**
	 * The last ones received, oldest first. The index is made from the newest one's id: it says "another", not "later". Waits
	 * while it equals `index` (0n: never).
	 */
	list(
		query: { readonly name?: string; readonly node?: string; readonly service?: string; readonly tag?: string },
		wait: { readonly index: bigint; readonly maxWaitMs: number; readonly signal?: EndSignal },
	): Promise<{ readonly value: readonly UserEvent[]; readonly index: bigint }>;
	/** An event came from others or from here: remembers it if it is meant for this agent. */
	receive(event: UserEvent): void;
}

export interface RaftServer {
	readonly id: string;
	readonly node: string;
	/** `host:port`. */
	readonly address: string;
	readonly leader: boolean;
	readonly voter: boolean;
}

/** How a server does, as the leader sees it. */
export interface ServerHealth extends RaftServer {
	readonly serfStatus: string;
	readonly version: string;
	readonly lastContactMs: number;
	readonly lastTerm: number;
	readonly lastIndex: number;
	readonly healthy: boolean;
	/** Milliseconds since the Unix epoch. */
	readonly stableSinceMs: number;
}

export interface AutopilotHealth {
	readonly healthy: boolean;
	/** Servers that may fail without an outage. */
	readonly failureTolerance: number;
	readonly servers: readonly ServerHealth[];
}

/** What all members of a pool said about their keys. Keys in base64. */
export interface KeyringReport {
	/** Members that were asked. */
	readonly memberCount: number;
	readonly responseCount: number;
	readonly errorCount: number;
	/** Member -> what went wrong there. */
	readonly messages: ReadonlyMap<string, string>;
	/** Key -> members that have it. */
	readonly keys: ReadonlyMap<string, number>;
	/** Key -> members that encrypt with it. */
	readonly primaryKeys: ReadonlyMap<string, number>;
}

export type KeyringOperation = "install-key" | "use-key" | "remove-key" | "list-keys";

export interface KeyringQuestion {
	readonly operation: KeyringOperation;
	/** Of all but a list. */
	readonly key?: Uint8Array;
	/** Members that pass on each answer. */
	readonly relayFactor: number;
	/** Only the pool of the datacenter that is asked. */
	readonly localOnly: boolean;
	/** It comes from another datacenter's server: nobody else is to be asked. */
	readonly isForwarded: boolean;
}

/** What one pool said. */
export interface KeyringPoolReport {
	/** The pool of all datacenters' servers. */
	readonly isWan: boolean;
	readonly datacenter: string;
	readonly memberCount: number;
	readonly messages: StringMap;
	readonly keys: Readonly<Record<string, number>>;
	readonly primaryKeys: Readonly<Record<string, number>>;
	/** Empty when all members did as they were told. */
	readonly error: string;
}

export interface OperatorEndpoints {
	/** Keys of gossip, in every pool that can be reached. Absent where only a server's state is known. */
	keyring?(question: KeyringQuestion, options: WriteOptions): Promise<readonly KeyringPoolReport[]>;
	/** `index`: of the configuration's last change; 0 when it never changed. */
	raftConfiguration(options: ReadOptions): Promise<{ readonly servers: readonly RaftServer[]; readonly index: number }>;
	/** `PEER_UNKNOWN`, `PEER_LAST`. */
	removePeer(peer: { readonly id: string } | { readonly address: string }, options: WriteOptions): Promise<void>;
	/** Resolves when that server, or without one the best, leads. `PEER_UNKNOWN`, `TRANSFER_REFUSED`, `TRANSFER_FAILED`. */
	transferLeadership(id: string | undefined, options: WriteOptions): Promise<void>;
	autopilotConfiguration(options: ReadOptions): Promise<Answer<AutopilotRecord>>;
	/**
	 * Replaces it; what is left out becomes the default (measured). With `index`: only when it is the record's modifyIndex, else
	 * false.
	 */
	setAutopilotConfiguration(
		content: Partial<AutopilotContent>,
		index: number | undefined,
		options: WriteOptions,
	): Promise<boolean>;
	autopilotHealth(options: ReadOptions): Promise<AutopilotHealth>;
}

export interface SnapshotEndpoints {
	/** The archive (gzip tar, `snapshot-archive.ts`) piece by piece, of the state at the moment of the call. */
	save(options: ReadOptions): Promise<{ readonly archive: AsyncIterable<Uint8Array>; readonly index: number }>;
	/** Replaces the whole state. `SNAPSHOT_INVALID`: nothing was changed. */
	restore(archive: AsyncIterable<Uint8Array>, options: WriteOptions): Promise<void>;
}
