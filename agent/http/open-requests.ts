import type { ServerResponse } from "node:http";

/** The requests that wait for something: each can be told that its client has gone, all of them that the server closes. */
export interface OpenRequests {
	/** Aborted when the connection closes before the answer was sent, or by `abortAll`. */
	signalOf(response: ServerResponse): AbortSignal;
	/** Whether the request asked for its signal: it may have waited, with others. */
	isOpen(response: ServerResponse): boolean;
	/** The request has its answer: nothing more is watched. */
	done(response: ServerResponse): void;
	/** Now and for every later request. */
	abortAll(): void;
}

export function createOpenRequests(): OpenRequests {
	const open = new Map<ServerResponse, { readonly controller: AbortController; readonly onClose: () => void }>();
	let closing = false;
	return {
		signalOf(response) {
			const known = open.get(response);
			if (known !== undefined) return known.controller.signal;
			const controller = new AbortController();
			const onClose = () => controller.abort();
			open.set(response, { controller, onClose });
			response.once("close", onClose);
			if (closing || response.destroyed) controller.abort();
			return controller.signal;
		},
		isOpen: (response) => open.has(response),
		done(response) {
			const known = open.get(response);
			if (known === undefined) return;
			open.delete(response);
			response.off("close", known.onClose);
		},
		abortAll() {
			closing = true;
			for (const { controller } of open.values()) controller.abort();
		},
	};
}
