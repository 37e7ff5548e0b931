import type { Connection, Timer } from "../../../lib/env/index.ts";
import { DiscoError } from "../../../lib/errors.ts";
import { Writer } from "../../../lib/msgpack/index.ts";
import { Incoming } from "../../../lib/stream/index.ts";
import type { Deadlines, Waiting } from "../deadlines.ts";
import type { EndSignal } from "../endpoints.ts";
import { messageParser } from "./message-parser.ts";
import { type CalledMethod, errorBody, messageBytesMax, neverEnding, requestHeader, responseHeader } from "./rpc.ts";

/** What goes around the server's own text, once for each agent that passed the call on. */
const hopPrefix = "rpc error making call: ";

export interface CallOptions {
	readonly timeoutMs: number;
	/** Aborted: the call is given up, and the server hears of it. */
	readonly signal?: EndSignal | undefined;
}

/** One stream for calls, one after the other. */
export class RpcStream implements Waiting {
	readonly #connection: Connection;
	readonly #deadlines: Deadlines;
	readonly #incoming: Incoming;
	#seq = 0;
	#endedBy: "time" | "caller" | undefined;
	isUsable = true;

	constructor(connection: Connection, deadlines: Deadlines) {
		this.#connection = connection;
		this.#deadlines = deadlines;
		this.#incoming = new Incoming(connection.incoming);
	}

	/**
	 * Fails with the server's error: a `DiscoError` with the code that it told, `RPC_FAILED` when it told none (the stream goes on
	 * unless it does not know the method); with `CALL_TIMEOUT`, `WAIT_ABORTED`, or as the connection does: then the stream is of
	 * no use any more.
	 */
	async call<Argument, Reply>(
		method: CalledMethod<Argument, Reply>,
		argument: Argument,
		{ timeoutMs, signal }: CallOptions,
	): Promise<Reply> {
		const timer: Timer = this.#deadlines.add(this, timeoutMs);
		const onAbort = () => this.#giveUp("caller");
		if (signal?.aborted === true) onAbort();
		else signal?.addEventListener("abort", onAbort, { once: true });
		try {
			return await this.#call(method, argument);
		} catch (error) {
			if (error instanceof ServerError) throw error.error;
			this.isUsable = false;
			if (this.#endedBy === "caller")
				throw new DiscoError("WAIT_ABORTED", "the wait was ended", { cause: error, retryable: true });
			if (this.#endedBy === undefined) throw error;
			throw new DiscoError("CALL_TIMEOUT", `${method.name} was not answered within ${timeoutMs} ms`, {
				cause: error,
				retryable: true,
			});
		} finally {
			timer.cancel();
			signal?.removeEventListener("abort", onAbort);
		}
	}

	/** The call's time is over. */
	onDue(): void {
		this.#giveUp("time");
	}

	async close(): Promise<void> {
		this.isUsable = false;
		await this.#connection.close();
	}

	#giveUp(by: "time" | "caller"): void {
		this.#endedBy = by;
		void this.close();
	}

	async #call<Argument, Reply>(method: CalledMethod<Argument, Reply>, argument: Argument): Promise<Reply> {
		const seq = ++this.#seq;
		const writer = new Writer();
		requestHeader.write(writer, { ServiceMethod: method.name, Seq: seq });
		method.argument.write(writer, argument);
		await this.#connection.write(writer.finish());
		const header = await neverEnding(this.#incoming.value(messageParser(responseHeader), messageBytesMax));
		if (header.Seq !== seq) throw new DiscoError("RPC_INVALID", `answer ${header.Seq} to question ${seq}`);
		if (header.Error === "") return neverEnding(this.#incoming.value(messageParser(method.reply), messageBytesMax));
		const body = await neverEnding(this.#incoming.value(messageParser(errorBody), messageBytesMax));
		if (header.Error.startsWith("rpc: can't find")) this.isUsable = false;
		throw new ServerError(errorOf(header.Error, body));
	}
}

/** Not one of the connection. */
class ServerError extends Error {
	readonly error: DiscoError;

	constructor(error: DiscoError) {
		super(error.message);
		this.error = error;
	}
}

/** Errors that a reference's server tells in these words; those of ours tell their code. */
const codesByText: readonly (readonly [text: string, code: string])[] = [
	["No cluster leader", "NO_LEADER"],
	["Not ready to serve consistent reads", "NO_LEADER"],
	["Raft leader not found in server lookup mapping", "NO_LEADER"],
	["leadership lost while committing log", "LEADERSHIP_LOST"],
	["No path to datacenter", "DATACENTER_UNKNOWN"],
	["Permission denied", "PERMISSION_DENIED"],
	["Query not found", "QUERY_NOT_FOUND"],
];
const retryableCodes: ReadonlySet<string> = new Set(["NO_LEADER", "LOG_BUSY", "WAITERS_TOO_MANY", "SERVER_CLOSING"]);

/** The error that a server told: its text, and what ours tell besides. */
export function errorOf(text: string, body: { readonly Code: string; readonly Message: string }): DiscoError {
	const told = text.replaceAll(hopPrefix, "");
	const code = body.Code || (codesByText.find(([known]) => told.includes(known))?.[1] ?? "RPC_FAILED");
	return new DiscoError(code, body.Message || told, { retryable: retryableCodes.has(code) });
}
