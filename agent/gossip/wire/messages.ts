import {
	bool,
	bytes,
	type Codec,
	type Infer,
	i64,
	omitEmpty,
	string,
	struct,
	u8,
	u16,
	u32,
} from "../../../lib/msgpack/index.ts";

/** First byte of every memberlist message (memberlist.md, section 2). */
export const messageType = {
	ping: 0,
	indirectPing: 1,
	ack: 2,
	suspect: 3,
	alive: 4,
	dead: 5,
	pushPull: 6,
	compound: 7,
	user: 8,
	compress: 9,
	encrypt: 10,
	nack: 11,
	hasCrc: 12,
	error: 13,
	hasLabel: 244,
} as const;

/** Who asks, so that the answer finds its way; empty from older peers. */
const source = { SourceAddr: omitEmpty(bytes), SourcePort: omitEmpty(u16), SourceNode: omitEmpty(string) };

export const ping = struct({ SeqNo: u32, Node: string, ...source });
export const indirectPing = struct({ SeqNo: u32, Target: bytes, Port: u16, Node: string, Nack: bool, ...source });
export const ack = struct({ SeqNo: u32, Payload: bytes });
export const nack = struct({ SeqNo: u32 });
export const streamError = struct({ Error: string });
export const suspect = struct({ Incarnation: u32, Node: string, From: string });
/** `From` = `Node` says: I leave. */
export const dead = struct({ Incarnation: u32, Node: string, From: string });
export const alive = struct({ Incarnation: u32, Node: string, Addr: bytes, Port: u16, Meta: bytes, Vsn: bytes });
/** `Buf` is a compressed message with its type byte; `Algo` 0 is LZW, the only one. */
export const compressed = struct({ Algo: u8, Buf: bytes });
export const pushPullHeader = struct({ Nodes: i64, UserStateLen: i64, Join: bool });
export const nodeState = struct({
	Name: string,
	Addr: bytes,
	Port: u16,
	Meta: bytes,
	Incarnation: u32,
	State: u8,
	Vsn: bytes,
});
export const userMessageHeader = struct({ UserMsgLen: i64 });

export type Ping = Infer<typeof ping>;
export type IndirectPing = Infer<typeof indirectPing>;
export type Ack = Infer<typeof ack>;
export type Suspect = Infer<typeof suspect>;
export type Dead = Infer<typeof dead>;
export type Alive = Infer<typeof alive>;
export type NodeState = Infer<typeof nodeState>;
export type MessageCodec = Codec<unknown>;
