import type { Address } from "../../../lib/env/index.ts";
import { decode, encode } from "../../../lib/msgpack/index.ts";
import { filterType, nodeFilter, type QueryResponse, queryFlag, tagFilter } from "../wire/serf-messages.ts";

/** What a member answered, or that it got the query. */
export interface QueryAnswer {
	readonly from: string;
	readonly payload: Uint8Array;
}

export interface QueryOptions {
	/** Only these members; all unless given. */
	readonly nodes?: readonly string[];
	/** Only members whose tag fits the expression. */
	readonly tags?: ReadonlyMap<string, string>;
	/** Whether members say that they got it. */
	readonly ack?: boolean;
	/** Members that each pass on a copy of every answer. */
	readonly relayFactor?: number;
	/** By the size of the pool unless given. */
	readonly timeoutMs?: number;
	readonly onAck?: (from: string) => void;
	readonly onResponse?: (answer: QueryAnswer) => void;
}

/** Default time for a query: answers come through gossip. serf.md, section 5. */
export function defaultQueryTimeoutMs(gossipIntervalMs: number, mult: number, memberCount: number): number {
	return gossipIntervalMs * mult * Math.ceil(Math.log10(memberCount + 1));
}

export function encodeFilters({ nodes, tags }: QueryOptions): readonly Uint8Array[] | null {
	const filters = [
		...(nodes === undefined || nodes.length === 0 ? [] : [encode(nodeFilter, nodes, filterType.node)]),
		...[...(tags ?? [])].map(([Tag, Expr]) => encode(tagFilter, { Tag, Expr }, filterType.tag)),
	];
	return filters.length === 0 ? null : filters;
}

/** Whether a query is meant for this member. What is malformed or unknown is meant for nobody. */
export function passesFilters(
	filters: readonly (Uint8Array | null)[] | null,
	self: { readonly name: string; readonly tags: ReadonlyMap<string, string> },
	matches: (expression: string, text: string) => boolean,
): boolean {
	return (filters ?? []).every((filter) => {
		if (filter === null) return false;
		try {
			if (filter[0] === filterType.node) return (decode(nodeFilter, filter, 1) ?? []).includes(self.name);
			if (filter[0] !== filterType.tag) return false;
			const { Tag, Expr } = decode(tagFilter, filter, 1);
			return matches(Expr, self.tags.get(Tag) ?? "");
		} catch {
			return false;
		}
	});
}

/** A query of ours while answers may come: each member counts once, however many copies are relayed. */
export class OpenQuery {
	readonly id: number;
	readonly #options: QueryOptions;
	readonly #acks = new Set<string>();
	readonly #responses = new Map<string, QueryAnswer>();

	constructor(id: number, options: QueryOptions) {
		this.id = id;
		this.#options = options;
	}

	receive({ From, Flags, Payload }: QueryResponse): void {
		if ((Flags & queryFlag.ack) !== 0) {
			if (this.#acks.has(From)) return;
			this.#acks.add(From);
			this.#options.onAck?.(From);
		} else if (!this.#responses.has(From)) {
			const answer = { from: From, payload: (Payload ?? new Uint8Array()).slice() };
			this.#responses.set(From, answer);
			this.#options.onResponse?.(answer);
		}
	}

	result(): QueryResult {
		return { acks: [...this.#acks], responses: [...this.#responses.values()] };
	}
}

export interface QueryResult {
	readonly acks: readonly string[];
	readonly responses: readonly QueryAnswer[];
}

/** Who is to get the answer. */
export interface Asker {
	readonly address: Address;
	readonly name: string;
	readonly relayFactor: number;
}
