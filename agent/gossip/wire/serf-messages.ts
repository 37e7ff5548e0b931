import {
	bool,
	bytes,
	decode,
	encode,
	float64,
	type Infer,
	i64,
	list,
	mapOf,
	nullable,
	string,
	struct,
	u8,
	u16,
	u32,
	u64,
} from "../../../lib/msgpack/index.ts";

/** First byte of every serf message (serf.md, section 2). */
export const serfType = {
	leave: 0,
	join: 1,
	pushPull: 2,
	userEvent: 3,
	query: 4,
	queryResponse: 5,
	conflictResponse: 6,
	keyRequest: 7,
	keyResponse: 8,
	relay: 9,
} as const;

/** More of these than any buffer of a real peer holds; a longer list is malformed. */
const eventsMax = 16_384;

export const leaveIntent = struct({ LTime: u64, Node: string, Prune: bool });
export const joinIntent = struct({ LTime: u64, Node: string });
export const userEvent = struct({ LTime: u64, Name: string, Payload: bytes, CC: bool });
export const query = struct({
	LTime: u64,
	ID: u32,
	Addr: bytes,
	Port: u16,
	SourceNode: string,
	Filters: list(bytes, 256),
	Flags: u32,
	RelayFactor: u8,
	Timeout: i64,
	Name: string,
	Payload: bytes,
});
export const queryResponse = struct({ LTime: u64, ID: u32, From: string, Flags: u32, Payload: bytes });
const tagMap = mapOf(string);
export const conflictResponse = struct({
	Name: string,
	Addr: bytes,
	Port: u16,
	Tags: tagMap,
	Status: i64,
	ProtocolMin: u8,
	ProtocolMax: u8,
	ProtocolCur: u8,
	DelegateMin: u8,
	DelegateMax: u8,
	DelegateCur: u8,
});
export const keyRequest = struct({ Key: bytes });
export const keyResponse = struct({ Result: bool, Message: string, Keys: list(string, eventsMax), PrimaryKey: string });
export const relayHeader = struct({ DestAddr: struct({ IP: bytes, Port: i64, Zone: string }), DestName: string });
const eventsOfTime = struct({ LTime: u64, Events: list(struct({ Name: string, Payload: bytes }), eventsMax) });
export const serfPushPull = struct({
	LTime: u64,
	StatusLTimes: mapOf(u64),
	LeftMembers: list(string),
	EventLTime: u64,
	Events: list(nullable(eventsOfTime), eventsMax),
	QueryLTime: u64,
});
export const nodeFilter = list(string, eventsMax);
export const tagFilter = struct({ Tag: string, Expr: string });
export const filterType = { node: 0, tag: 1 } as const;
export const coordinatePayload = struct({
	Vec: list(float64, 64),
	Error: float64,
	Adjustment: float64,
	Height: float64,
});
/** First byte of an ack's payload. */
export const coordinateVersion = 1;

export const queryFlag = { ack: 1, noBroadcast: 2 } as const;

export type LeaveIntent = Infer<typeof leaveIntent>;
export type JoinIntent = Infer<typeof joinIntent>;
export type UserEvent = Infer<typeof userEvent>;
export type Query = Infer<typeof query>;
export type QueryResponse = Infer<typeof queryResponse>;
export type KeyResponse = Infer<typeof keyResponse>;
export type SerfPushPull = Infer<typeof serfPushPull>;

/** First byte of the meta data of a node that has tags. */
const tagsMagic = 0xff;

/** Tags as a node's meta data. */
export function encodeTags(tags: ReadonlyMap<string, string>): Uint8Array {
	return encode(tagMap, tags, tagsMagic);
}

/** The whole is the tag `role` when it is of the oldest protocol; malformed tags are none. */
export function decodeTags(meta: Uint8Array | null): ReadonlyMap<string, string> {
	if (meta === null || meta.length === 0) return new Map();
	if (meta[0] !== tagsMagic) return new Map([["role", new TextDecoder().decode(meta)]]);
	try {
		return decode(tagMap, meta, 1) ?? new Map();
	} catch {
		return new Map();
	}
}
