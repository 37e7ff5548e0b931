import type { Clock, Connection, Network } from "../../../lib/env/index.ts";
import { DiscoError } from "../../../lib/errors.ts";
import { encode } from "../../../lib/msgpack/index.ts";
import { Incoming } from "../../../lib/stream/index.ts";
import type { Endpoints, ReadOptions, SnapshotEndpoints, WriteOptions } from "../endpoints.ts";
import { referenceText } from "../error-texts.ts";
import { firstBytes } from "../wire/first-byte.ts";
import { messageParser } from "../wire/message-parser.ts";
import { errorOf } from "../wire/rpc-stream.ts";
import { snapshotOperations, snapshotReply, snapshotRequest } from "../wire/structs.ts";
import { metaOf } from "./caller.ts";
import { parseAddress } from "./servers.ts";

const connectTimeoutMs = 10_000;
/** A reply is some hundred bytes. */
const headBytesMax = 64 * 1024;
/** A restore may take long: the leader waits for a majority to have it. */
const restoreTimeoutMs = 300_000;
const saveTimeoutMs = 60_000;

/** A connection of its own for each. `address`: of who is to be asked; fails when there is nobody. */
export function snapshotClient(parts: {
	readonly network: Network;
	readonly clock: Clock;
	readonly datacenter: string;
	readonly address: () => string;
}): SnapshotEndpoints {
	const { network, clock } = parts;

	/** Sends the request and, of a restore, the archive; gives the reply and what follows it. */
	async function exchange(
		request: Partial<Parameters<typeof snapshotRequest.write>[1]>,
		archive: AsyncIterable<Uint8Array> | undefined,
		timeoutMs: number,
	) {
		const to = parseAddress(parts.address());
		const connection = await network.connect(to, { timeoutMs: connectTimeoutMs, halfOpen: true });
		const timer = clock.after(timeoutMs, () => void connection.close());
		try {
			await connection.write(Uint8Array.of(firstBytes.snapshot));
			await connection.write(encode(snapshotRequest, { ...snapshotRequest.zero, ...request }));
			for await (const piece of archive ?? []) await connection.write(piece);
			if (archive !== undefined) await connection.endWrite?.();
			const incoming = new Incoming(connection.incoming);
			const reply = await incoming.value(messageParser(snapshotReply), headBytesMax);
			if (reply === undefined)
				throw new DiscoError("CONNECTION_LOST", "the server ended the connection without an answer", {
					retryable: true,
				});
			if (reply.Error !== "") throw errorOf(reply.Error, reply);
			return { connection, incoming, index: Math.max(1, reply.Index) };
		} catch (error) {
			void connection.close();
			throw error;
		} finally {
			timer.cancel();
		}
	}

	return {
		async save({ datacenter, token, consistency }) {
			const request = {
				Datacenter: datacenter || parts.datacenter,
				Token: token,
				AllowStale: consistency === "stale",
				Op: snapshotOperations.save,
			};
			const { connection, incoming, index } = await exchange(request, undefined, saveTimeoutMs);
			return { archive: readAll(connection, incoming), index };
		},
		async restore(archive, { datacenter, token }) {
			const request = { Datacenter: datacenter || parts.datacenter, Token: token, Op: snapshotOperations.restore };
			const { connection } = await exchange(request, archive, restoreTimeoutMs);
			await connection.close();
		},
	};
}

async function* readAll(connection: Connection, incoming: Incoming): AsyncGenerator<Uint8Array, void, undefined> {
	try {
		yield* incoming.rest();
	} finally {
		void connection.close();
	}
}

/** What the server port does with first byte 5. Resolves when the answer was sent; never throws. */
export function serveSnapshots({ snapshot }: Endpoints): (connection: Connection) => Promise<void> {
	async function answer(connection: Connection, incoming: Incoming): Promise<void> {
		const request = await incoming.value(messageParser(snapshotRequest), headBytesMax);
		if (request === undefined || snapshot === undefined) return;
		const { Datacenter: datacenter, Token: token, AllowStale, Op } = request;
		const write: WriteOptions = { datacenter, token };
		if (Op === snapshotOperations.restore) {
			await snapshot.restore(incoming.rest(), write);
			await connection.write(encode(snapshotReply, { ...snapshotReply.zero, ...meta(1) }));
			return;
		}
		if (Op !== snapshotOperations.save)
			throw new DiscoError("SNAPSHOT_INVALID", `unrecognized snapshot op type: ${Op}`);
		const read: ReadOptions = {
			...write,
			consistency: AllowStale ? "stale" : "default",
			minIndex: 0,
			maxWaitMs: 0,
		};
		const { archive, index } = await snapshot.save(read);
		await connection.write(encode(snapshotReply, { ...snapshotReply.zero, ...meta(index) }));
		for await (const piece of archive) await connection.write(piece);
	}

	return async (connection) => {
		try {
			await answer(connection, new Incoming(connection.incoming));
		} catch (error) {
			const known = error instanceof DiscoError;
			const reply = {
				...snapshotReply.zero,
				Error: referenceText(error),
				Code: known ? error.code : "",
				Message: known ? error.message : "",
			};
			await connection.write(encode(snapshotReply, reply)).catch(() => undefined);
		}
		await connection.close();
	};
}

function meta(index: number) {
	return metaOf({ index, knownLeader: true, lastContactMs: 0 });
}
