import { isHttpStatus } from "./errors.ts";
import { type ReadOptions, type ReadResult, read } from "./read.ts";
import { type CallOptions, type Requester, v1 } from "./request.ts";
import { write, writeJson } from "./write.ts";

/** What a session holds locks with. `LockDelay` is in nanoseconds. */
export interface Session {
	readonly ID: string;
	readonly Name: string;
	readonly Node: string;
	readonly LockDelay: number;
	readonly Behavior: "release" | "delete";
	/** A Go duration; empty without one. */
	readonly TTL: string;
	readonly NodeChecks: readonly string[] | null;
	readonly ServiceChecks: readonly { readonly ID: string; readonly Namespace?: string }[] | null;
	readonly CreateIndex: number;
	readonly ModifyIndex: number;
}

/** The body of `PUT /v1/session/create`; durations are Go texts. */
export interface SessionRequest {
	readonly Name?: string;
	readonly Node?: string;
	readonly LockDelay?: string;
	readonly Behavior?: "release" | "delete";
	readonly TTL?: string;
	readonly NodeChecks?: readonly string[];
	readonly Checks?: readonly string[];
}

/** `/v1/session`. */
export interface SessionClient {
	/** The new session's id. */
	create(request?: SessionRequest, options?: CallOptions): Promise<string>;
	destroy(id: string, options?: CallOptions): Promise<void>;
	/** The session with its time-to-live begun anew; undefined when it is gone. */
	renew(id: string, options?: CallOptions): Promise<Session | undefined>;
	/** Undefined when there is none. */
	info(id: string, options?: ReadOptions): Promise<ReadResult<Session | undefined>>;
	node(name: string, options?: ReadOptions): Promise<ReadResult<readonly Session[]>>;
	list(options?: ReadOptions): Promise<ReadResult<readonly Session[]>>;
}

export function createSessionClient(requester: Requester): SessionClient {
	return {
		create: async (request = {}, options = {}) =>
			(await writeJson<{ readonly ID: string }>(requester, v1("session", "create"), options, { json: request })).ID,
		destroy: (id, options) => write(requester, v1("session", "destroy", id), options),
		async renew(id, options = {}) {
			try {
				return (await writeJson<readonly Session[]>(requester, v1("session", "renew", id), options))[0];
			} catch (error) {
				if (isHttpStatus(error, 404)) return undefined;
				throw error;
			}
		},
		async info(id, options) {
			const answer = await read<readonly Session[]>(requester, v1("session", "info", id), options);
			return { ...answer, value: answer.value[0] };
		},
		node: (name, options) => read(requester, v1("session", "node", name), options),
		list: (options) => read(requester, v1("session", "list"), options),
	};
}
