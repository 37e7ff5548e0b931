import type {
	CheckRecord,
	Deregistration,
	InstanceRecord,
	KvRecord,
	KvWrite,
	NodeRecord,
	Registration,
	ServiceRecord,
	SessionRecord,
	StringMap,
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
	readonly signal?: AbortSignal;
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
	/** Nearest first. */
	datacenters(): Promise<readonly string[]>;
	nodes(options: ReadOptions & { readonly nodeMeta?: StringMap }): Promise<Answer<readonly NodeRecord[]>>;
	/** Service name -> union of its tags. */
	services(
		options: ReadOptions & { readonly nodeMeta?: StringMap },
	): Promise<Answer<ReadonlyMap<string, readonly string[]>>>;
	/** Ordered by node, then service id. `tags` are all required, case ignored. */
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
	state(
		status: string,
		options: ReadOptions & { readonly nodeMeta?: StringMap },
	): Promise<Answer<readonly CheckRecord[]>>;
	/** Instances whose own or whose node's IP address is `address`, for reverse DNS. */
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
}

export interface StatusEndpoints {
	/** `host:port` of the leader's server port; empty when there is none. */
	leader(): Promise<string>;
	peers(): Promise<readonly string[]>;
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
