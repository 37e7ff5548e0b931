import { DiscoError } from "../../../lib/errors.ts";
import { type Codec, encode, encodeTime, Reader, string, Writer } from "../../../lib/msgpack/index.ts";
import type { Configuration, Entry, EntryType, Peer, Request, Response, SnapshotRequest } from "../core/index.ts";
import {
	type WireLog,
	wireAppendRequest,
	wireAppendResponse,
	wireConfiguration,
	wirePreVoteRequest,
	wirePreVoteResponse,
	wireSnapshotRequest,
	wireSnapshotResponse,
	wireTimeoutNow,
	wireVoteRequest,
	wireVoteResponse,
} from "./structs.ts";

/** First byte of a request. */
const requestTypes = ["append", "vote", "snapshot", "timeout-now", "pre-vote"] as const;
/** Type of an entry; the two between are of an old protocol, the last is ours alone. */
const entryTypeNumbers: Readonly<Record<EntryType, number>> = {
	command: 0,
	"no-op": 1,
	barrier: 4,
	configuration: 5,
	restore: 64,
};
const entryTypes = new Map(Object.entries(entryTypeNumbers).map(([type, number]) => [number, type as EntryType]));

const protocolVersion = 3;
const snapshotVersion = 1;
const zeroTime = encodeTime(undefined);
const empty = new Uint8Array();
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface ReceivedRequest {
	readonly request: Request;
	/** Bytes of state that follow a snapshot request on the same connection; 0 for the others. */
	readonly stateSizeBytes: number;
}

/** Type byte and struct. `stateSizeBytes`: of a snapshot request. */
export function encodeRequest(request: Request, stateSizeBytes = 0): Uint8Array {
	const header = headerOf(request.from);
	const type = requestTypes.indexOf(request.kind);
	switch (request.kind) {
		case "append":
			return encode(
				wireAppendRequest,
				{
					...header,
					Term: request.term,
					Leader: header.Addr,
					PrevLogEntry: request.previous.index,
					PrevLogTerm: request.previous.term,
					Entries: request.entries.length === 0 ? null : request.entries.map(wireLogOf),
					LeaderCommitIndex: request.commitIndex,
				},
				type,
			);
		case "vote":
			return encode(
				wireVoteRequest,
				{
					...header,
					Term: request.term,
					Candidate: header.Addr,
					LastLogIndex: request.last.index,
					LastLogTerm: request.last.term,
					LeadershipTransfer: request.leadershipTransfer,
				},
				type,
			);
		case "pre-vote":
			return encode(
				wirePreVoteRequest,
				{ ...header, Term: request.term, LastLogIndex: request.last.index, LastLogTerm: request.last.term },
				type,
			);
		case "snapshot":
			return encode(
				wireSnapshotRequest,
				{
					...header,
					SnapshotVersion: snapshotVersion,
					Term: request.term,
					Leader: header.Addr,
					LastLogIndex: request.snapshot.index,
					LastLogTerm: request.snapshot.term,
					Peers: null,
					Configuration: encodeConfiguration(request.snapshot.configuration),
					ConfigurationIndex: request.snapshot.configurationIndex,
					Size: stateSizeBytes,
				},
				type,
			);
		case "timeout-now":
			return encode(wireTimeoutNow, header, type);
	}
}

/** Fails with `MSGPACK_TRUNCATED` (more bytes are needed), `MSGPACK_INVALID`, `RAFT_REQUEST_UNKNOWN` (unknown type byte). */
export function decodeRequest(type: number, reader: Reader): ReceivedRequest {
	const kind = requestTypes[type];
	if (kind === undefined)
		throw new DiscoError("RAFT_REQUEST_UNKNOWN", `unexpected command: Raft request of unknown type ${type}`);
	switch (kind) {
		case "append": {
			const wire = wireAppendRequest.read(reader);
			const request: Request = {
				kind,
				term: wire.Term,
				from: peerOf(wire),
				previous: { index: wire.PrevLogEntry, term: wire.PrevLogTerm },
				entries: (wire.Entries ?? []).map(entryOf),
				commitIndex: wire.LeaderCommitIndex,
			};
			return { request, stateSizeBytes: 0 };
		}
		case "vote": {
			const wire = wireVoteRequest.read(reader);
			const last = { index: wire.LastLogIndex, term: wire.LastLogTerm };
			const { Term: term, LeadershipTransfer: leadershipTransfer } = wire;
			return { request: { kind, term, from: peerOf(wire), last, leadershipTransfer }, stateSizeBytes: 0 };
		}
		case "pre-vote": {
			const wire = wirePreVoteRequest.read(reader);
			const last = { index: wire.LastLogIndex, term: wire.LastLogTerm };
			return { request: { kind, term: wire.Term, from: peerOf(wire), last }, stateSizeBytes: 0 };
		}
		case "snapshot":
			return snapshotRequest(reader);
		case "timeout-now":
			return { request: { kind, from: peerOf(wireTimeoutNow.read(reader)) }, stateSizeBytes: 0 };
	}
}

function snapshotRequest(reader: Reader): ReceivedRequest {
	const wire = wireSnapshotRequest.read(reader);
	if (wire.SnapshotVersion !== snapshotVersion)
		throw invalid(`snapshot version ${wire.SnapshotVersion}; this disco knows ${snapshotVersion}`);
	if (wire.Size < 0) throw invalid(`a snapshot of ${wire.Size} bytes`);
	const request: SnapshotRequest = {
		kind: "snapshot",
		term: wire.Term,
		from: peerOf(wire),
		snapshot: {
			index: wire.LastLogIndex,
			term: wire.LastLogTerm,
			configuration: decodeConfiguration(wire.Configuration),
			configurationIndex: wire.ConfigurationIndex,
		},
	};
	return { request, stateSizeBytes: wire.Size };
}

/** Error text (empty: none) and struct. */
export function encodeResponse(kind: Request["kind"], self: Peer, response: Response, error = ""): Uint8Array {
	const header = headerOf(self);
	const { term: Term, success, lastIndex, noRetryBackoff } = response;
	const writer = new Writer();
	writer.string(error);
	switch (kind) {
		case "append":
			wireAppendResponse.write(writer, {
				...header,
				Term,
				LastLog: lastIndex,
				Success: success,
				NoRetryBackoff: noRetryBackoff,
			});
			break;
		case "vote":
			wireVoteResponse.write(writer, { ...header, Term, Peers: null, Granted: success });
			break;
		case "pre-vote":
			wirePreVoteResponse.write(writer, { ...header, Term, Granted: success });
			break;
		case "snapshot":
			wireSnapshotResponse.write(writer, { ...header, Term, Success: success });
			break;
		case "timeout-now":
			wireTimeoutNow.write(writer, header);
	}
	return writer.finish();
}

/** `RAFT_PEER_ERROR` is the peer's own text. Fails with `MSGPACK_TRUNCATED`, `MSGPACK_INVALID`. */
export function decodeResponse(kind: Request["kind"], reader: Reader): Response | DiscoError {
	const error = string.read(reader);
	const response = responseOf(kind, reader);
	return error === "" ? response : new DiscoError("RAFT_PEER_ERROR", `the peer refused: ${error}`, { retryable: true });
}

function responseOf(kind: Request["kind"], reader: Reader): Response {
	switch (kind) {
		case "append": {
			const wire = wireAppendResponse.read(reader);
			return {
				term: wire.Term,
				success: wire.Success,
				lastIndex: wire.LastLog,
				noRetryBackoff: wire.NoRetryBackoff,
			};
		}
		case "vote":
			return voteResponse(wireVoteResponse, reader);
		case "pre-vote":
			return voteResponse(wirePreVoteResponse, reader);
		case "snapshot": {
			const { Term: term, Success: success } = wireSnapshotResponse.read(reader);
			return { term, success, lastIndex: 0, noRetryBackoff: false };
		}
		case "timeout-now":
			wireTimeoutNow.read(reader);
			return { term: 0, success: true, lastIndex: 0, noRetryBackoff: false };
	}
}

function voteResponse(codec: Codec<{ readonly Term: number; readonly Granted: boolean }>, reader: Reader): Response {
	const { Term: term, Granted: success } = codec.read(reader);
	return { term, success, lastIndex: 0, noRetryBackoff: false };
}

export function encodeConfiguration({ servers }: Configuration): Uint8Array {
	return encode(wireConfiguration, {
		Servers: servers.map(({ id, address, voter }) => ({ Suffrage: voter ? 0 : 1, ID: id, Address: address })),
	});
}

/** A server that is being staged (2, an old idea) gets the log as a non-voter does. */
export function decodeConfiguration(encoded: Uint8Array | null): Configuration {
	if (encoded === null) throw invalid("a configuration is missing");
	const { Servers } = wireConfiguration.read(new Reader(encoded));
	return {
		servers: (Servers ?? []).map(({ Suffrage, ID, Address }) => ({ id: ID, address: Address, voter: Suffrage === 0 })),
	};
}

function wireLogOf({ index, term, type, data, configuration }: Entry): WireLog {
	const content = configuration === undefined ? data : encodeConfiguration(configuration);
	return {
		Index: index,
		Term: term,
		Type: entryTypeNumbers[type],
		Data: content.length === 0 ? null : content,
		Extensions: null,
		AppendedAt: zeroTime,
	};
}

/** The data are copied: an entry outlives the buffer in which it came. */
function entryOf({ Index: index, Term: term, Type, Data, Extensions }: WireLog): Entry {
	const type = entryTypes.get(Type);
	if (type === undefined) throw invalid(`entry ${index} is of unknown type ${Type}`);
	if (Extensions !== null && Extensions.length > 0)
		throw invalid(`entry ${index} is a part of a larger one (extensions), which disco never writes`);
	if (type === "configuration") return { index, term, type, data: empty, configuration: decodeConfiguration(Data) };
	return { index, term, type, data: Data?.slice() ?? empty };
}

function headerOf({ id, address }: Peer) {
	return { ProtocolVersion: protocolVersion, ID: encoder.encode(id), Addr: encoder.encode(address) };
}

function peerOf({ ID, Addr }: { readonly ID: Uint8Array | null; readonly Addr: Uint8Array | null }): Peer {
	if (ID === null || Addr === null) throw invalid("id or address of the sender is missing");
	return { id: decoder.decode(ID), address: decoder.decode(Addr) };
}

function invalid(what: string): DiscoError {
	return new DiscoError("MSGPACK_INVALID", `malformed Raft message: ${what}`);
}
