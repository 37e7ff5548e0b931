import type { EndSignal } from "../rpc/index.ts";
import type { Exchange } from "./exchange.ts";

/** The requests that wait for something: each can be told that its client has gone, all of them that the server closes. */
export interface OpenRequests {
	/** Aborted when the connection closes before the answer was sent, or by `abortAll`. */
	signalOf(exchange: Exchange): EndSignal;
	/** Whether the request asked for its signal: it may have waited, with others. */
	isOpen(exchange: Exchange): boolean;
	/** The request has its answer: nothing more is watched. */
	done(exchange: Exchange): void;
	/** Now and for every later request. */
	abortAll(): void;
}

export function createOpenRequests(): OpenRequests {
	const open = new Map<Exchange, RequestSignal>();
	let closing = false;
	return {
		signalOf(exchange) {
			const known = open.get(exchange);
			if (known !== undefined) return known;
			const signal = new RequestSignal();
			open.set(exchange, signal);
			exchange.onGone(() => signal.abort());
			if (closing || exchange.isGone) signal.abort();
			return signal;
		},
		isOpen: (exchange) => open.has(exchange),
		done(exchange) {
			if (open.delete(exchange)) exchange.onGone(undefined);
		},
		abortAll() {
			closing = true;
			for (const signal of open.values()) signal.abort();
		},
	};
}

/** A fifth of what an AbortSignal takes, in time and memory: thousands of long polls have one each. */
class RequestSignal implements EndSignal {
	aborted = false;
	/** In nearly every case one. */
	#listeners: (() => void)[] = [];

	addEventListener(_type: "abort", listener: () => void): void {
		if (!this.#listeners.includes(listener)) this.#listeners.push(listener);
	}

	removeEventListener(_type: "abort", listener: () => void): void {
		const at = this.#listeners.indexOf(listener);
		if (at >= 0) this.#listeners.splice(at, 1);
	}

	abort(): void {
		if (this.aborted) return;
		this.aborted = true;
		for (const listener of this.#listeners.splice(0)) listener();
	}
}
