import type { Clock, Random, Timer } from "../../lib/env/index.ts";
import { errorMessage } from "../../lib/errors.ts";
import type { Endpoints } from "../rpc/index.ts";
import { type AliasOutcome, type AliasTarget, aliasOutcome } from "./alias.ts";

export interface RemoteAliasOptions {
	readonly endpoints: Endpoints;
	readonly clock: Clock;
	readonly random: Random;
	readonly token: string;
	readonly report: (outcome: AliasOutcome) => void;
}

/** As the agent's other waits: an answer comes at a change, at the latest after this time. */
const waitMsMax = 5 * 60_000;
/** Pause after a failed question; doubled up to the longest, and jittered. */
const retryMsFirst = 1_000;
const retryMsMax = 60_000;

/**
 * Follows the checks of another node (or of one of its services) in the catalog, and reports what an alias check makes of them: at
 * once and at each change, until the returned function is called.
 */
export function followRemoteAlias(target: AliasTarget, self: string, options: RemoteAliasOptions): () => void {
	const { endpoints, clock, random } = options;
	const end = new AbortController();
	let timer: Timer | undefined;
	let failures = 0;

	async function ask(minIndex: number): Promise<void> {
		const read = { datacenter: "", token: options.token, consistency: "stale", signal: end.signal } as const;
		try {
			const checks = await endpoints.health.node(target.node, { ...read, minIndex, maxWaitMs: waitMsMax });
			const node = await endpoints.catalog.node(target.node, { ...read, minIndex: 0, maxWaitMs: 0 });
			if (end.signal.aborted) return;
			failures = 0;
			const isThere = node.value?.services.some(({ id }) => id === target.serviceId) ?? false;
			options.report(
				node.value === undefined && target.serviceId === ""
					? { status: "critical", output: `Node ${target.node} could not be found` }
					: aliasOutcome(target, isThere, checks.value, self),
			);
			// The index may go back when a snapshot was restored: then everything is asked anew.
			const next = checks.index < minIndex ? 0 : checks.index;
			// Never more than one question in a hundred milliseconds, however often the node changes.
			timer = clock.after(100, () => void ask(Math.max(1, next)));
		} catch (error) {
			if (end.signal.aborted) return;
			options.report({
				status: "critical",
				output: `Failure checking aliased node or service: ${errorMessage(error)}`,
			});
			const pauseMs = Math.min(retryMsMax, retryMsFirst * 2 ** Math.min(failures++, 16));
			timer = clock.after(pauseMs * (0.5 + random.next()), () => void ask(0));
		}
	}

	void ask(0);
	return () => {
		end.abort();
		timer?.cancel();
	};
}
