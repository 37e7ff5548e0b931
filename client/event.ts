import { callOptions, parseJson, type ReadOptions, type ReadResult, read } from "./read.ts";
import { type CallOptions, type Requester, v1 } from "./request.ts";

/** A user event that went through the cluster. `Payload` is base64, null when empty. */
export interface UserEvent {
	readonly ID: string;
	readonly Name: string;
	readonly Payload: string | null;
	/** Regular expressions; empty: everybody. */
	readonly NodeFilter: string;
	readonly ServiceFilter: string;
	readonly TagFilter: string;
	readonly Version: number;
	/** Lamport time; 0 in the answer to `fire`. */
	readonly LTime: number;
}

export interface EventFireOptions extends CallOptions {
	readonly payload?: string | Uint8Array;
	readonly node?: string;
	readonly service?: string;
	readonly tag?: string;
}

/** `/v1/event`. */
export interface EventClient {
	fire(name: string, options?: EventFireOptions): Promise<UserEvent>;
	/** What this agent has seen lately, oldest first. The index is made from the last event's id: it may go backwards. */
	list(options?: ReadOptions & { readonly name?: string }): Promise<ReadResult<readonly UserEvent[]>>;
}

export function createEventClient(requester: Requester): EventClient {
	return {
		async fire(name, options = {}) {
			const path = v1("event", "fire", name);
			const answer = await requester.call({
				method: "PUT",
				path,
				query: { node: options.node, service: options.service, tag: options.tag },
				...callOptions(options),
				...(options.payload === undefined ? {} : { body: options.payload }),
			});
			return parseJson<UserEvent>(answer.body.toString("utf8"), path);
		},
		list: (options = {}) => read(requester, v1("event", "list"), options, { name: options.name }),
	};
}
