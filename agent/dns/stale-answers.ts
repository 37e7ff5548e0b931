import type { Clock } from "../../lib/env/index.ts";
import { errorCode } from "../../lib/errors.ts";
import type { Answer, Endpoints, ReadOptions } from "../rpc/index.ts";

/** Answers that are remembered; the one that was found longest ago goes first. */
const answersMax = 10_000;

export interface StaleAnswers {
	/** The same endpoints; what DNS asks them is remembered, and given again when they fail. */
	readonly endpoints: Endpoints;
	/** How often an old answer was given. */
	readonly count: () => number;
}

interface Remembered {
	readonly answer: Answer<unknown>;
	readonly foundMs: number;
}

/**
 * Names go on resolving while no server can be reached (RFC 8767): the last answer that was found is given for as long as
 * `staleIfErrorMs` says, with `isStaleAnswer` true. That a datacenter is unknown or a token has no permission is an answer, too.
 */
export function withStaleAnswers(
	endpoints: Endpoints,
	options: { readonly clock: Clock; readonly staleIfErrorMs: () => number },
): StaleAnswers {
	const remembered = new Map<string, Remembered>();
	let given = 0;

	async function ask<Value>(key: string, question: () => Promise<Answer<Value>>): Promise<Answer<Value>> {
		const maxAgeMs = options.staleIfErrorMs();
		if (maxAgeMs === 0) return question();
		const nowMs = options.clock.monotonicMs();
		try {
			const answer = await question();
			remembered.delete(key);
			if (remembered.size >= answersMax) remembered.delete(remembered.keys().next().value ?? "");
			remembered.set(key, { answer, foundMs: nowMs });
			return answer;
		} catch (error) {
			const code = errorCode(error);
			const known = remembered.get(key);
			if (known === undefined || code === "DATACENTER_UNKNOWN" || code === "PERMISSION_DENIED") throw error;
			if (nowMs - known.foundMs > maxAgeMs) throw error;
			given++;
			// What is stored under a question's key was an answer to it.
			return { ...(known.answer as Answer<Value>), knownLeader: false };
		}
	}

	const { catalog, health } = endpoints;
	return {
		count: () => given,
		endpoints: {
			...endpoints,
			catalog: {
				...catalog,
				node: (name, read) => ask(keyOf("node", name, read), () => catalog.node(name, read)),
				nodes: (read) => ask(keyOf("nodes", "", read), () => catalog.nodes(read)),
			},
			health: {
				...health,
				service: (name, read) =>
					ask(keyOf("service", `${name} ${(read.tags ?? []).join(" ")}`, read), () => health.service(name, read)),
				...(health.byAddress === undefined
					? {}
					: {
							byAddress: (address: string, read: ReadOptions) =>
								ask(
									keyOf("address", address, read),
									() => health.byAddress?.(address, read) ?? Promise.reject(new Error("asked before")),
								),
						}),
			},
		},
	};
}

function keyOf(kind: string, name: string, { datacenter, token }: ReadOptions): string {
	return `${kind}\0${name.toLowerCase()}\0${datacenter}\0${token}`;
}
