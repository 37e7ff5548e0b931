import type { CheckStatus } from "../../lib/api/index.ts";

/**
 * What the tables hold. Records are frozen when stored and never changed in place: a write makes a new one. `createIndex` is
 * the log index of the write that made the record, `modifyIndex` of the last write that changed its content.
 */
export interface Indexed {
	readonly createIndex: number;
	readonly modifyIndex: number;
}

export type StringMap = Readonly<Record<string, string>>;

export interface NodeContent {
	/** UUID, or empty for a node without an agent. */
	readonly id: string;
	/** Compared without regard to case. */
	readonly node: string;
	readonly address: string;
	readonly datacenter: string;
	/** Null when the registration gave none (the recorded answers tell null from empty). */
	readonly taggedAddresses: StringMap | null;
	readonly meta: StringMap | null;
}

export interface NodeRecord extends NodeContent, Indexed {}

export interface ServiceAddress {
	readonly address: string;
	readonly port: number;
}

export interface ServiceContent {
	readonly id: string;
	readonly service: string;
	readonly kind: string;
	/** In the order given, doubles kept; null when the registration gave none. */
	readonly tags: readonly string[] | null;
	readonly address: string;
	readonly taggedAddresses: Readonly<Record<string, ServiceAddress>> | null;
	readonly meta: StringMap | null;
	readonly port: number;
	readonly weights: { readonly passing: number; readonly warning: number };
	readonly enableTagOverride: boolean;
}

export interface ServiceRecord extends ServiceContent, Indexed {
	/** The node's name, as it was spelt when the node was registered. */
	readonly node: string;
}

export interface CheckContent {
	readonly checkId: string;
	readonly name: string;
	/** The catalog takes any other text, too (`catalog-registration.ts`); it counts as none of the three. */
	readonly status: CheckStatus;
	readonly notes: string;
	readonly output: string;
	/** Empty for a check of the node. */
	readonly serviceId: string;
	readonly serviceName: string;
	/** Those of its service when it was written; null where none were given. */
	readonly serviceTags: readonly string[] | null;
	/** `http`, `tcp`, `script`, `ttl`, ...; empty when it was registered in the catalog without one. */
	readonly type: string;
	/** Go durations as they were given, empty when absent. */
	readonly interval: string;
	readonly timeout: string;
	readonly exposedPort: number;
	/** Only of checks registered in the catalog with one; as the API spells it. */
	readonly definition: Readonly<Record<string, unknown>>;
}

export interface CheckRecord extends CheckContent, Indexed {
	readonly node: string;
}

export interface KvRecord extends Indexed {
	readonly key: string;
	/** 0 to 2^64-1. */
	readonly flags: bigint;
	readonly value: Uint8Array;
	/** Id of the session that holds the lock. */
	readonly session?: string;
	readonly lockIndex: number;
}

/** A service instance with its node and every check that counts for it (the node's checks, then its own). */
export interface InstanceRecord {
	readonly node: NodeRecord;
	readonly service: ServiceRecord;
	readonly checks: readonly CheckRecord[];
}

/**
 * One catalog registration: the node, and with it a service and checks, as one step. Already parsed: names are set, status is
 * valid.
 */
export interface Registration {
	readonly node: string;
	readonly id: string;
	readonly address: string;
	readonly datacenter: string;
	readonly taggedAddresses: StringMap | null;
	readonly meta: StringMap | null;
	/** Leave an existing node's own fields alone. */
	readonly skipNodeUpdate: boolean;
	readonly service?: ServiceContent;
	readonly checks: readonly CheckContent[];
}

/** What to remove: the node with all it has, or one service of it, or one check. */
export interface Deregistration {
	readonly node: string;
	readonly serviceId?: string;
	readonly checkId?: string;
}

/** One change of the key-value table. */
export type KvWrite =
	| { readonly operation: "set"; readonly key: string; readonly value: Uint8Array; readonly flags: bigint }
	| {
			readonly operation: "cas";
			readonly key: string;
			readonly value: Uint8Array;
			readonly flags: bigint;
			/** The modifyIndex the key must have; 0: the key must not exist. */
			readonly index: number;
	  }
	| {
			readonly operation: "lock" | "unlock";
			readonly key: string;
			readonly value: Uint8Array;
			readonly flags: bigint;
			readonly session: string;
	  }
	| { readonly operation: "delete"; readonly key: string }
	| { readonly operation: "delete-cas"; readonly key: string; readonly index: number }
	| { readonly operation: "delete-tree"; readonly prefix: string };

/** What becomes of a session's keys when it ends: they are freed, or deleted. */
export type SessionBehavior = "release" | "delete";

export interface SessionContent {
	/** UUID. */
	readonly id: string;
	readonly name: string;
	readonly node: string;
	readonly behavior: SessionBehavior;
	readonly lockDelayMs: number;
	/** A Go duration as it was given, empty for none. */
	readonly ttl: string;
	/** Ids of the node's checks that must stay registered and not critical for the session to live. */
	readonly nodeChecks: readonly string[];
	/** The same, of checks of services on that node. */
	readonly serviceChecks: readonly string[];
	/** Checks from the field `Checks` of old clients: the session is bound to them, too. */
	readonly oldChecks?: readonly string[];
}

export interface SessionRecord extends SessionContent, Indexed {}

/** A template of prepared queries; an empty `type` for a query that is none. */
export interface QueryTemplate {
	/** `name_prefix_match`, or empty. */
	readonly type: string;
	/** RE2, matched against the whole name that was asked for; empty for none. */
	readonly regexp: string;
	readonly removeEmptyTags: boolean;
}

/** Where a query looks when nothing is here. */
export interface QueryFailover {
	/** So many of the nearest datacenters first. */
	readonly nearestN: number;
	/** Then these, in order. */
	readonly datacenters: readonly string[] | null;
	/** Instead of both: these, in order. A peer is stored, not asked. */
	readonly targets: readonly { readonly datacenter: string; readonly peer: string }[] | null;
}

/** What a prepared query asks for. Null where the definition gave none (the recorded answers tell null from empty). */
export interface QueryService {
	readonly service: string;
	readonly failover: QueryFailover;
	/** Leave out instances with a check that is not passing; else only those with a critical one. */
	readonly onlyPassing: boolean;
	readonly ignoreCheckIds: readonly string[] | null;
	/** Node name, `_agent`, `_ip`, or empty for random order. */
	readonly near: string;
	/** All of them, without regard to case; with `!` in front: none of those. */
	readonly tags: readonly string[] | null;
	readonly nodeMeta: StringMap | null;
	readonly serviceMeta: StringMap | null;
}

export interface PreparedQueryContent {
	/** UUID. */
	readonly id: string;
	/** Unique without regard to case; empty for a query that is asked by id. Of a template: the prefix. */
	readonly name: string;
	/** Id of the session with which it ends; empty for none. */
	readonly session: string;
	readonly token: string;
	readonly template: QueryTemplate;
	readonly service: QueryService;
	/** A Go duration, empty for the agent's default. */
	readonly dnsTtl: string;
}

export interface PreparedQueryRecord extends PreparedQueryContent, Indexed {}

/** Vivaldi coordinate; every number in seconds. */
export interface Coordinate {
	readonly vec: readonly number[];
	readonly error: number;
	readonly adjustment: number;
	readonly height: number;
}

export interface CoordinateRecord {
	readonly node: string;
	readonly segment: string;
	readonly coordinate: Coordinate;
}

/** How servers look after each other. */
export interface AutopilotContent {
	readonly cleanupDeadServers: boolean;
	readonly lastContactThresholdMs: number;
	readonly maxTrailingLogs: number;
	readonly minQuorum: number;
	readonly serverStabilizationTimeMs: number;
	readonly redundancyZoneTag: string;
	readonly disableUpgradeMigration: boolean;
	readonly upgradeVersionTag: string;
}

export interface AutopilotRecord extends AutopilotContent, Indexed {}

/** Of which keys how much is remembered: the longest prefix that a key begins with decides. */
export interface KvHistoryRule {
	readonly prefix: string;
	/** Newest revisions kept per key; 0 for none. */
	readonly revisionsMax: number;
}

/** Who wrote and when, as the server knew that took the write. */
export interface WriteOrigin {
	/** Milliseconds since the Unix epoch. */
	readonly timeMs: number;
	/** Accessor of the token or another name; empty when not known. */
	readonly author: string;
}

/** One former or present state of a key. */
export interface KvRevision {
	readonly key: string;
	/** Of the write that made it so. */
	readonly index: number;
	/** Undefined: the key was deleted. */
	readonly value?: Uint8Array;
	readonly flags: bigint;
	readonly timeMs: number;
	readonly author: string;
}

/**
 * One operation of a transaction. `verb` is as it was given: an unknown one is an error of the operation, found when it is
 * executed, not of the transaction's form.
 */
export type TxnOperation =
	| {
			readonly kind: "kv";
			readonly verb: string;
			readonly key: string;
			readonly value: Uint8Array;
			readonly flags: bigint;
			readonly index: number;
			readonly session: string;
	  }
	| { readonly kind: "node"; readonly verb: string; readonly node: NodeContent; readonly index: number }
	| {
			readonly kind: "service";
			readonly verb: string;
			readonly node: string;
			readonly service: ServiceContent;
			readonly index: number;
	  }
	| {
			readonly kind: "check";
			readonly verb: string;
			readonly node: string;
			readonly check: CheckContent;
			readonly index: number;
	  }
	| { readonly kind: "session"; readonly verb: string; readonly id: string };

/** What one operation gives; deletes give none. */
export type TxnResult =
	/** `withValue`: the operation was a read; writes and conditions answer without the value. */
	| { readonly kind: "kv"; readonly record: KvRecord; readonly withValue: boolean }
	| { readonly kind: "node"; readonly record: NodeRecord }
	| { readonly kind: "service"; readonly record: ServiceRecord }
	| { readonly kind: "check"; readonly record: CheckRecord };

export interface TxnError {
	/** Position of the operation, from 0. */
	readonly operation: number;
	/** The recorded text. */
	readonly what: string;
}

/** With an error nothing was changed and there are no results. */
export interface TxnOutcome {
	readonly results: readonly TxnResult[];
	/** Of every operation that failed, in order. */
	readonly errors: readonly TxnError[];
}

/** A node with what runs on it, services by id. */
export interface NodeServicesRecord {
	readonly node: NodeRecord;
	readonly services: readonly ServiceRecord[];
}

/** What a read gives. `value` is deeply frozen, and the same object as before while nothing relevant changed. */
export interface QueryResult<Value> {
	/** At least 1. */
	readonly index: number;
	readonly value: Value;
}
