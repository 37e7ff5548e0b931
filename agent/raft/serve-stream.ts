import type { Connection } from "../../lib/env/index.ts";
import { Reader } from "../../lib/msgpack/index.ts";
import { Incoming } from "../../lib/stream/index.ts";
import type { Peer, Request, Response } from "./core/index.ts";
import { decodeRequest, encodeResponse, type ReceivedRequest } from "./wire/index.ts";

/** A call with 64 of the largest entries. */
const requestBytesMax = 192 * 1024 * 1024;
/** Requests of one connection whose answers are not written yet; then no more are read. */
const unansweredMax = 256;

/**
 * Answers Raft's calls on a connection (its first byte is read already) in their order, until the peer closes it. Never throws:
 * what is malformed, or asked of a server that does not run, closes the connection.
 */
export async function serveRaftStream(
	connection: Connection,
	server: {
		readonly self: Peer;
		readonly handle: (request: Request, state?: AsyncIterable<Uint8Array>) => Promise<Response>;
	},
): Promise<void> {
	const incoming = new Incoming(connection.incoming);
	let answers: Promise<void> = Promise.resolve();
	let unanswered = 0;
	let broken = false;
	try {
		while (!broken) {
			const received = await incoming.value(parseRequest, requestBytesMax);
			if (received === undefined) break;
			const { request, stateSizeBytes } = received;
			const state = request.kind === "snapshot" ? incoming.stream(stateSizeBytes) : undefined;
			const answer = server.handle(request, state);
			// Waited for below, but maybe not before it has failed.
			answer.catch(() => undefined);
			unanswered++;
			answers = answers
				.then(async () => connection.write(encodeResponse(request.kind, server.self, await answer)))
				.catch(() => {
					broken = true;
					return connection.close();
				})
				.finally(() => {
					unanswered--;
				});
			// A snapshot's bytes are between this request and the next.
			if (state !== undefined || unanswered >= unansweredMax) await answers;
			if (state !== undefined) for await (const _ of state);
		}
		await answers;
	} catch {
		// Told by the caller's side: it sees the connection end.
	}
	await connection.close();
}

function parseRequest(
	buffer: Uint8Array,
	offset: number,
): { readonly value: ReceivedRequest; readonly endOffset: number } {
	const reader = new Reader(buffer, offset + 1);
	const value = decodeRequest(buffer[offset] as number, reader);
	return { value, endOffset: reader.offset };
}
