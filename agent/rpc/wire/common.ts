import { bool, type Infer, i64, string, struct, u64, u64Clamped } from "../../../lib/msgpack/index.ts";

/** Names of fields and their order are the reference's throughout `wire/`. Fields of every read; durations in nanoseconds. */
export const queryOptions = {
	Token: string,
	MinQueryIndex: u64Clamped,
	MaxQueryTime: i64,
	AllowStale: bool,
	RequireConsistent: bool,
	UseCache: bool,
	/** DNS may be ten years stale by default, which is more nanoseconds than a number counts. */
	MaxStaleDuration: u64Clamped,
	MaxAge: u64Clamped,
	MustRevalidate: bool,
	StaleIfError: u64Clamped,
	Filter: string,
	AllowNotModifiedResponse: bool,
};
export type QueryOptions = Infer<ReturnType<typeof struct<typeof queryOptions>>>;

/** Fields of every answer to a read. */
export const queryMeta = {
	Index: u64,
	LastContact: i64,
	KnownLeader: bool,
	ConsistencyLevel: string,
	NotModified: bool,
	Backend: i64,
	ResultsFilteredByACLs: bool,
};
export type QueryMeta = Infer<ReturnType<typeof struct<typeof queryMeta>>>;

/** Whom an answer is for: whose distance orders it. */
export const querySource = struct({
	Datacenter: string,
	Segment: string,
	Node: string,
	NodePartition: string,
	Ip: string,
});

export const raftIndex = { CreateIndex: u64, ModifyIndex: u64 };

export const empty = struct({});

export const datacenterRequest = struct({ Datacenter: string, ...queryOptions });
