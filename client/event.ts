import { callOptions, parseJson, type ReadOptions, type ReadResult, readAnswer, result } from "./read.ts";
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
	list(options?: EventListOptions): Promise<ReadResult<readonly UserEvent[]>>;
}

export type EventListOptions = ReadOptions & { readonly name?: string };

/** Answers whose exact index is remembered: one for each watch that waits. */
const exactIndexesMax = 1_024;

export function createEventClient(requester: Requester): EventClient {
	/** Event indexes use all 64 bits; a number keeps 53 of them. By the rounded index that was given out. */
	const exactIndexes = new Map<number, string>();

	async function list({ name, ...options }: EventListOptions = {}): Promise<ReadResult<readonly UserEvent[]>> {
		const path = v1("event", "list");
		const exact = options.index === undefined ? undefined : exactIndexes.get(options.index);
		const answer = await readAnswer(requester, path, options, {
			name,
			...(exact === undefined ? {} : { index: exact }),
		});
		const found = result(answer, parseJson<readonly UserEvent[]>(answer.body.toString("utf8"), path));
		const index = answer.headers["x-consul-index"];
		if (typeof index === "string" && !Number.isSafeInteger(found.index)) {
			exactIndexes.delete(found.index);
			exactIndexes.set(found.index, index);
			const [oldest] = exactIndexes.keys();
			if (exactIndexes.size > exactIndexesMax && oldest !== undefined) exactIndexes.delete(oldest);
		}
		return found;
	}

	return {
		list,
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
	};
}
