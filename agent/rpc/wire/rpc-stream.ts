import type { Timer } from "../../../lib/env/index.ts";
import { DiscoError } from "../../../lib/errors.ts";
import type { Infer } from "../../../lib/msgpack/index.ts";
import type { Parse } from "../../../lib/stream/index.ts";
import type { Deadlines, Waiting } from "../deadlines.ts";
import type { EndSignal } from "../endpoints.ts";
import { message } from "./message.ts";
import { messageParser } from "./message-parser.ts";
import { MessageReader, type MessageSource } from "./message-reader.ts";
import { type CalledMethod, errorBody, requestHeader, responseHeader } from "./rpc.ts";

/** What goes around the server's own text, once for each agent that passed the call on. */
const hopPrefix = "rpc error making call: ";

export interface CallOptions {
	readonly timeoutMs: number;
	/** Aborted: the call is given up, and the server hears of it. */
	readonly signal?: EndSignal | undefined;
}

/** What a call is made on; a `YamuxStream` is one. */
export interface CallStream extends MessageSource {
	write(bytes: Uint8Array): Promise<void>;
	close(): Promise<void>;
}

interface Call {
	readonly seq: number;
	readonly method: CalledMethod<unknown, unknown>;
	readonly timeoutMs: number;
	readonly resolve: (reply: never) => void;
	readonly reject: (error: unknown) => void;
	readonly timer: Timer;
	readonly signal: EndSignal | undefined;
	readonly onAbort: () => void;
	readonly parseHeader: Parse<Infer<typeof responseHeader>>;
	/** What reads the rest of the answer, once its header has come, and whether that is an error's body. */
	body: { readonly parse: Parse<unknown>; readonly error: string } | undefined;
}

/** One stream for calls, one after the other. What comes is read as it comes: a call is one promise. */
export class RpcStream implements Waiting {
	readonly #stream: CallStream;
	readonly #deadlines: Deadlines;
	readonly #reader: MessageReader;
	#seq = 0;
	#call: Call | undefined;
	isUsable = true;

	constructor(stream: CallStream, deadlines: Deadlines) {
		this.#stream = stream;
		this.#deadlines = deadlines;
		this.#reader = new MessageReader(stream);
		stream.onReadable(() => this.#proceed());
	}

	/**
	 * Fails with the server's error: a `DiscoError` with the code that it told, `RPC_FAILED` when it told none (the stream goes on
	 * unless it does not know the method); with `CALL_TIMEOUT`, `WAIT_ABORTED`, or as the connection does: then the stream is of
	 * no use any more.
	 */
	call<Argument, Reply>(
		method: CalledMethod<Argument, Reply>,
		argument: Argument,
		{ timeoutMs, signal }: CallOptions,
	): Promise<Reply> {
		const seq = ++this.#seq;
		const question = message((writer) => {
			requestHeader.write(writer, { ServiceMethod: method.name, Seq: seq });
			method.argument.write(writer, argument);
		});
		return new Promise((resolve, reject) => {
			const onAbort = () => this.#giveUp("caller");
			this.#call = {
				seq,
				method,
				timeoutMs,
				resolve,
				reject,
				timer: this.#deadlines.add(this, timeoutMs),
				signal,
				onAbort,
				parseHeader: messageParser(responseHeader),
				body: undefined,
			};
			if (signal?.aborted === true) {
				onAbort();
				return;
			}
			signal?.addEventListener("abort", onAbort, { once: true });
			this.#stream.write(question).catch((error: unknown) => this.#broke(error));
		});
	}

	/** The call's time is over. */
	onDue(): void {
		this.#giveUp("time");
	}

	async close(): Promise<void> {
		this.isUsable = false;
		await this.#stream.close();
	}

	/** Reads what has come of the answer. */
	#proceed(): void {
		const call = this.#call;
		try {
			if (call !== undefined) this.#readAnswer(call);
			// Nothing was asked, and nothing can be any more.
			else if (this.isUsable && this.#stream.ending !== undefined) void this.close();
		} catch (error) {
			this.#broke(error);
		}
	}

	#readAnswer(call: Call): void {
		if (call.body === undefined) {
			const header = this.#reader.read(call.parseHeader);
			if (header === undefined) return;
			const { Seq, Error: error } = header.value;
			if (Seq !== call.seq) throw new DiscoError("RPC_INVALID", `answer ${Seq} to question ${call.seq}`);
			call.body = { parse: messageParser(error === "" ? call.method.reply : errorBody), error };
		}
		const { parse, error } = call.body;
		const read = this.#reader.read(parse);
		if (read === undefined) return;
		this.#finish(call);
		if (error.startsWith("rpc: can't find")) this.isUsable = false;
		if (error === "") call.resolve(read.value as never);
		else call.reject(errorOf(error, read.value as Infer<typeof errorBody>));
	}

	#broke(error: unknown): void {
		const call = this.#call;
		if (call !== undefined) this.#finish(call);
		void this.close();
		call?.reject(error);
	}

	#giveUp(by: "time" | "caller"): void {
		const call = this.#call;
		if (call === undefined) return;
		const error =
			by === "caller"
				? new DiscoError("WAIT_ABORTED", "the wait was ended", { retryable: true })
				: new DiscoError("CALL_TIMEOUT", `${call.method.name} was not answered within ${call.timeoutMs} ms`, {
						retryable: true,
					});
		this.#broke(error);
	}

	#finish(call: Call): void {
		this.#call = undefined;
		call.timer.cancel();
		call.signal?.removeEventListener("abort", call.onAbort);
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
