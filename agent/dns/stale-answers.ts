import type { Clock } from "../../lib/env/index.ts";
import { errorCode } from "../../lib/errors.ts";
import type { Answer, Endpoints, ReadOptions } from "../rpc/index.ts";

/** Answers that are remembered; the one that was found longest ago goes first. */
const answersMax = 10_000;
/** How long a new answer is waited for before an old one is given (RFC 8767, section 5: the client response timer). */
const patienceMs = 1800;
/** The same while new answers have not come lately: long enough for servers that are back. */
const failingPatienceMs = 100;

export interface StaleAnswers {
	/** The same endpoints; what DNS asks them is remembered, and given again when they fail. */
	readonly endpoints: Endpoints;
	/** How often an old answer was given. */
	readonly count: () => number;
}

interface Remembered {
	readonly answer: Answer<unknown>;
	readonly foundMs: number;
	/** Whether the last question failed or took too long. */
	isFailing: boolean;
	/** The question that is under way while it fails: one for all who ask. */
	asking: Promise<Answer<unknown>> | undefined;
}

/**
 * Names go on resolving while no server can be reached (RFC 8767): the last answer that was found is given for as long as
 * `staleIfErrorMs` says, with `knownLeader` false; also when a new one does not come in time, since who asks has a time-out, too. That a datacenter is unknown or a token has no permission is an answer, too.
 */
export function withStaleAnswers(
	endpoints: Endpoints,
	options: { readonly clock: Clock; readonly staleIfErrorMs: () => number },
): StaleAnswers {
	const remembered = new Map<string, Remembered>();
	let given = 0;

	function remember(key: string, answer: Answer<unknown>, foundMs: number): void {
		remembered.delete(key);
		if (remembered.size >= answersMax) remembered.delete(remembered.keys().next().value ?? "");
		remembered.set(key, { answer, foundMs, isFailing: false, asking: undefined });
	}

	async function ask<Value>(key: string, question: () => Promise<Answer<Value>>): Promise<Answer<Value>> {
		const maxAgeMs = options.staleIfErrorMs();
		if (maxAgeMs === 0) return question();
		const known = remembered.get(key);
		const nowMs = options.clock.monotonicMs();
		const fresh = async () => {
			const answer = await question();
			remember(key, answer, nowMs);
			return answer;
		};
		if (known === undefined || nowMs - known.foundMs > maxAgeMs) return fresh();
		let asking: Promise<Answer<unknown>>;
		if (known.isFailing) {
			known.asking ??= fresh().finally(() => {
				known.asking = undefined;
			});
			asking = known.asking;
		} else asking = fresh();
		try {
			const answer = await inTime(asking, known.isFailing ? failingPatienceMs : patienceMs);
			// What is asked under a key is answered with its kind.
			if (answer !== undefined) return answer as Answer<Value>;
		} catch (error) {
			const code = errorCode(error);
			if (code === "DATACENTER_UNKNOWN" || code === "PERMISSION_DENIED") throw error;
		}
		known.isFailing = true;
		given++;
		return { ...(known.answer as Answer<Value>), knownLeader: false };
	}

	/** Undefined when it is not there in time; then its failure is nobody's business any more. */
	function inTime<Value>(promise: Promise<Value>, limitMs: number): Promise<Value | undefined> {
		return new Promise((resolve, reject) => {
			const timer = options.clock.after(limitMs, () => resolve(undefined));
			promise.then(resolve, reject).finally(() => timer.cancel());
		});
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
