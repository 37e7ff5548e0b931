import grpc, { type ServerWritableStream } from "@grpc/grpc-js";
import type { Connection } from "../../../lib/env/index.ts";
import { errorCode } from "../../../lib/errors.ts";
import { referenceText } from "../error-texts.ts";
import { CallEnd } from "../wire/call-end.ts";
import { duplexOf } from "./connection-duplex.ts";
import { decodeSubscribeRequest, type SubscribeRequest } from "./messages.ts";
import type { Subscriptions } from "./subscription.ts";

/** Subscriptions of one connection; more wait at the client. */
const streamsMax = 16_384;
/** A request names a service and a token. */
const requestBytesMax = 64 * 1024;
/** Of one connection: what Node keeps of open streams and of what is to be written. */
const sessionMegabytesMax = 256;
/** As yamux: a peer that does not answer within the second is gone. */
const pingEveryMs = 30_000;
const pingTimeoutMs = 10_000;

/** Connections that are not over so long after the server is closed are broken. */
const drainMs = 1_000;

const { status } = grpc;

/** What the client has to know of our errors; the rest is `UNKNOWN`, as the reference's are. */
const statuses: Readonly<Record<string, number>> = {
	SUBSCRIPTION_INVALID: status.INVALID_ARGUMENT,
	SUBSCRIPTION_STALE: status.ABORTED,
	PERMISSION_DENIED: status.PERMISSION_DENIED,
	WAITERS_TOO_MANY: status.RESOURCE_EXHAUSTED,
	NO_LEADER: status.UNAVAILABLE,
};

/** Answers to questions for clusters that are peers: the index (field 2) of a list without any, and a peer that is not there. */
const noPeers = Uint8Array.of(0x10, 1);
const noPeer = new Uint8Array();

type Call = ServerWritableStream<SubscribeRequest, Uint8Array>;

export interface GrpcServer {
	/** Resolves when the connection is over. Never throws. */
	serve(connection: Connection): Promise<void>;
	/** Ends all subscriptions: their views are of another state. */
	restored(): void;
	close(): void;
}

/** gRPC on connections that somebody else accepts. */
export function createGrpcServer(subscriptions: Subscriptions): GrpcServer {
	const open = new Map<Call, CallEnd>();
	const server = new grpc.Server({
		"grpc.max_concurrent_streams": streamsMax,
		"grpc.max_receive_message_length": requestBytesMax,
		"grpc-node.max_session_memory": sessionMegabytesMax,
		"grpc.keepalive_time_ms": pingEveryMs,
		"grpc.keepalive_timeout_ms": pingTimeoutMs,
		"grpc.enable_channelz": 0,
	});
	server.addService(
		{
			Subscribe: {
				path: "/subscribe.StateChangeSubscription/Subscribe",
				requestStream: false,
				responseStream: true,
				requestSerialize: () => Buffer.alloc(0),
				requestDeserialize: decodeSubscribeRequest,
				responseSerialize: bufferOf,
				responseDeserialize: (event: Buffer) => event,
			},
		},
		{ Subscribe: (call: Call) => void subscribe(call) },
	);
	server.addService(
		{ PeeringList: peering("PeeringList"), PeeringRead: peering("PeeringRead") },
		{
			PeeringList: (_: unknown, answer: (error: null, reply: Uint8Array) => void) => answer(null, noPeers),
			PeeringRead: (_: unknown, answer: (error: null, reply: Uint8Array) => void) => answer(null, noPeer),
		},
	);
	const connections = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());

	/** Never throws. */
	async function subscribe(call: Call): Promise<void> {
		const end = new CallEnd();
		open.set(call, end);
		const gone = () => end.abort();
		call.once("cancelled", gone);
		call.once("close", gone);
		try {
			for await (const event of subscriptions.open(call.request, end)) {
				await written(call, event, end);
				if (end.aborted) break;
			}
			if (open.has(call)) call.end();
		} catch (error) {
			fail(call, statuses[errorCode(error) ?? ""] ?? status.UNKNOWN, referenceText(error));
		}
		open.delete(call);
	}

	function fail(call: Call, code: number, details: string): void {
		if (!open.delete(call)) return;
		call.emit("error", Object.assign(new Error(details), { code, details }));
	}

	/** The reference's clients begin anew then, and whoever waits at them hears nothing of it. */
	function abortAll(details: string): void {
		for (const [call, end] of [...open]) {
			fail(call, status.ABORTED, details);
			end.abort();
		}
	}

	return {
		async serve(connection) {
			const duplex = duplexOf(connection);
			// Whoever reads or writes hears of the error there.
			duplex.on("error", () => undefined);
			const closed = new Promise<void>((resolve) => void duplex.once("close", () => resolve()));
			connections.injectConnection(duplex);
			await closed;
		},
		restored: () => abortAll("the state was restored; begin anew"),
		close() {
			// Says first that nothing new is taken here, so that who begins anew does it elsewhere.
			connections.drain(drainMs);
			abortAll("the server is shutting down; begin anew");
		},
	};
}

/** A method of the service that the reference's user interface asks. */
function peering(method: string) {
	return {
		path: `/hashicorp.consul.internal.peering.PeeringService/${method}`,
		requestStream: false,
		responseStream: false,
		requestSerialize: () => Buffer.alloc(0),
		requestDeserialize: () => ({}),
		responseSerialize: bufferOf,
		responseDeserialize: (reply: Buffer) => reply,
	};
}

function bufferOf(bytes: Uint8Array): Buffer {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Resolves when HTTP/2 has taken the event over, or the call has ended. */
function written(call: Call, event: Uint8Array, end: CallEnd): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			end.removeEventListener("abort", done);
			resolve();
		};
		end.addEventListener("abort", done);
		call.write(event, done);
	});
}
