import { bool, bytes, i64, list, string, struct, u64, u64Exact } from "../../../lib/msgpack/index.ts";

/** Fields of every read (durations in nanoseconds). */
const queryOptions = {
	Token: string,
	MinQueryIndex: u64,
	MaxQueryTime: i64,
	AllowStale: bool,
	RequireConsistent: bool,
	UseCache: bool,
	MaxStaleDuration: i64,
	MaxAge: i64,
	MustRevalidate: bool,
	StaleIfError: i64,
	Filter: string,
	AllowNotModifiedResponse: bool,
};

/** Fields of every answer to a read. */
const queryMeta = {
	Index: u64,
	LastContact: i64,
	KnownLeader: bool,
	ConsistencyLevel: string,
	NotModified: bool,
	Backend: i64,
	ResultsFilteredByACLs: bool,
};

const directoryEntry = struct({
	LockIndex: u64,
	Key: string,
	Flags: u64Exact,
	Value: bytes,
	Session: string,
	CreateIndex: u64,
	ModifyIndex: u64,
});

export const kvsRequest = struct({ Datacenter: string, Op: string, DirEnt: directoryEntry, Token: string });
export const keyRequest = struct({ Datacenter: string, Key: string, ...queryOptions });
/** The separator's name is spelled as in the reference. */
export const keyListRequest = struct({ Datacenter: string, Prefix: string, Seperator: string, ...queryOptions });
export const indexedDirEntries = struct({ Entries: list(directoryEntry), ...queryMeta });
export const indexedKeyList = struct({ Keys: list(string), ...queryMeta });
const empty = struct({});

/** What is spoken so far; names and fields are the reference's. */
export const methods = {
	ping: { name: "Status.Ping", argument: empty, reply: empty },
	leader: { name: "Status.Leader", argument: struct({ Datacenter: string, ...queryOptions }), reply: string },
	peers: { name: "Status.Peers", argument: struct({ Datacenter: string, ...queryOptions }), reply: list(string) },
	kvApply: { name: "KVS.Apply", argument: kvsRequest, reply: bool },
	kvGet: { name: "KVS.Get", argument: keyRequest, reply: indexedDirEntries },
	kvList: { name: "KVS.List", argument: keyRequest, reply: indexedDirEntries },
	kvListKeys: { name: "KVS.ListKeys", argument: keyListRequest, reply: indexedKeyList },
} as const;
