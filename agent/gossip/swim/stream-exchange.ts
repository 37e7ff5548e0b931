import type { Address, Clock, Connection, Network } from "../../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";
import type { Framing } from "../wire/framing.ts";
import type { Ack, Ping } from "../wire/messages.ts";
import { encodeStream, type PushPull, type StreamMessage, StreamReader } from "../wire/stream.ts";
import type { SwimDelegate } from "./delegate.ts";
import { type Members, remoteNodes } from "./members.ts";
import { nodeStateOf } from "./pool-node.ts";
import type { SwimSettings } from "./settings.ts";

/** Exchanges that others began, at the same time; a further one is closed at once. */
const servedMax = 128;

export interface StreamExchangeParts {
	readonly settings: SwimSettings;
	readonly framing: Framing;
	readonly clock: Clock;
	readonly network: Network;
	readonly logger: Logger;
	readonly members: Members;
	readonly delegate: SwimDelegate;
	readonly ackOf: (ping: Ping) => Ack;
}

/** Streams of one question and one answer: full exchanges of state, pings, messages. memberlist.md, section 5. */
export class StreamExchange {
	readonly #parts: StreamExchangeParts;
	#served = 0;

	constructor(parts: StreamExchangeParts) {
		this.#parts = parts;
	}

	/** Gives all we know and takes all the other knows. Fails with what went wrong; then nothing was merged. */
	async pushPull(to: Address, join: boolean): Promise<void> {
		const answer = await this.#ask(to, this.#localState(join), this.#parts.settings.streamTimeoutMs);
		if (answer.kind === "error") throw new DiscoError("PUSH_PULL_REFUSED", `remote error: ${answer.text}`);
		if (answer.kind !== "pushPull") throw new DiscoError("PUSH_PULL_REFUSED", "the answer is no push/pull");
		this.#merge({ ...answer, join });
	}

	/** Whether the member answers, and with the right number. */
	async ping(to: Address, ping: Ping, timeoutMs: number): Promise<boolean> {
		const answer = await this.#ask(to, { kind: "ping", ping }, timeoutMs);
		return answer.kind === "ack" && answer.ack.SeqNo === ping.SeqNo;
	}

	/** Answers one stream and closes it. Never fails. */
	async serve(connection: Connection): Promise<void> {
		const { framing, logger, settings, clock, delegate } = this.#parts;
		if (this.#served >= servedMax) return connection.close();
		this.#served++;
		const timeout = clock.after(settings.streamTimeoutMs, () => void connection.close());
		try {
			const message = await this.#read(connection);
			if (message.kind === "pushPull") {
				await connection.write(encodeStream(this.#localState(false), framing));
				this.#merge(message);
			} else if (message.kind === "ping") {
				await connection.write(encodeStream({ kind: "ack", ack: this.#parts.ackOf(message.ping) }, framing));
			} else if (message.kind === "user") delegate.onMessage(message.message, connection.remote);
		} catch (error) {
			logger.debug(`stream from ${connection.remote.host} failed: ${errorMessage(error)}`);
			await connection
				.write(encodeStream({ kind: "error", text: errorMessage(error) }, framing))
				.catch(() => undefined);
		} finally {
			timeout.cancel();
			this.#served--;
			await connection.close();
		}
	}

	async #ask(to: Address, question: StreamMessage, timeoutMs: number): Promise<StreamMessage> {
		const { network, clock, framing } = this.#parts;
		const startedMs = clock.monotonicMs();
		const connection = await network.connect(to, { timeoutMs });
		const leftMs = Math.max(0, timeoutMs - (clock.monotonicMs() - startedMs));
		let timedOut: () => void = () => undefined;
		const late = new Promise<never>((_, reject) => {
			timedOut = () =>
				reject(new DiscoError("STREAM_TIMEOUT", `no answer within ${timeoutMs} ms`, { retryable: true }));
		});
		const timeout = clock.after(leftMs, timedOut);
		try {
			return await Promise.race([this.#exchange(connection, encodeStream(question, framing)), late]);
		} finally {
			timeout.cancel();
			void connection.close();
		}
	}

	async #exchange(connection: Connection, question: Uint8Array): Promise<StreamMessage> {
		await connection.write(question);
		return this.#read(connection);
	}

	async #read(connection: Connection): Promise<StreamMessage> {
		const reader = new StreamReader(this.#parts.framing);
		// By hand: leaving a loop early would close the connection, and the answer is still to be written.
		const chunks = connection.incoming[Symbol.asyncIterator]();
		for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
			const message = reader.push(next.value);
			if (message !== undefined) return message;
		}
		throw new DiscoError("STREAM_ENDED", "the stream ended before its message was there", { retryable: true });
	}

	#localState(join: boolean): StreamMessage {
		const nodes = Array.from(this.#parts.members.list.all(), nodeStateOf);
		return { kind: "pushPull", join, nodes, userState: this.#parts.delegate.localState(join) };
	}

	#merge({ nodes, userState, join }: PushPull): void {
		const { members, delegate } = this.#parts;
		const refusal = members.protocolRefusal(nodes) ?? (join ? delegate.refuseMerge?.(remoteNodes(nodes)) : undefined);
		if (refusal !== undefined) throw new DiscoError("PUSH_PULL_REFUSED", refusal);
		members.merge(nodes);
		if (userState.length > 0) delegate.mergeRemoteState(userState, join);
	}
}
