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

export interface NodeRecord extends Indexed {
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
	readonly status: CheckStatus;
	readonly notes: string;
	readonly output: string;
	/** Empty for a check of the node. */
	readonly serviceId: string;
	readonly serviceName: string;
	readonly serviceTags: readonly string[];
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
}

export interface SessionRecord extends SessionContent, Indexed {}

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
