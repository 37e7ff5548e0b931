import type { Clock } from "../../../lib/env/index.ts";
import { errorMessage } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";
import type { Caller } from "./caller.ts";
import { timeoutMsOf } from "./choice.ts";
import { type DatacenterRouter, datacenterUnreachable } from "./datacenter-router.ts";
import { isUnreachable, mayTryAgain } from "./hold.ts";
import { createRememberedAnswers } from "./remembered-answers.ts";
import type { Servers } from "./servers.ts";

/** No further server is tried after this: whoever asked has waited long enough. */
const tryMsMax = 10_000;

/**
 * A server's calls to another datacenter: to one of its servers, which finds its leader and waits for one. A server that cannot be
 * reached is followed by the next one at once; when none is left the call fails with `DATACENTER_UNREACHABLE`.
 */
export function createDatacenterCaller(parts: {
	/** The other one. */
	readonly datacenter: string;
	readonly router: DatacenterRouter;
	readonly connections: Servers;
	readonly clock: Clock;
	readonly logger: Logger;
}): Caller {
	const { datacenter, router, connections, clock, logger } = parts;
	return {
		datacenter,
		memory: createRememberedAnswers(),
		address() {
			const [address] = router.route(datacenter);
			if (address === undefined) throw datacenterUnreachable(datacenter, "there is none");
			return address;
		},
		async call(method, argument, { isRead, waitMs, signal }) {
			const untilMs = clock.monotonicMs() + tryMsMax;
			let failure: unknown;
			for (const address of router.route(datacenter)) {
				try {
					return await connections.call(address, method, argument, { timeoutMs: timeoutMsOf(waitMs), signal });
				} catch (error) {
					// Told by the server, or nobody wants to know any more.
					if (!isUnreachable(error)) throw error;
					router.failed(datacenter, address);
					logger.warn("a server of another datacenter does not answer", {
						datacenter,
						server: address,
						method: method.name,
						error: errorMessage(error),
					});
					failure = error;
					if (!mayTryAgain(error, isRead) || clock.monotonicMs() >= untilMs) break;
				}
			}
			// Not the connection's own code: to whoever asked this server it would say that this one cannot be reached.
			throw datacenterUnreachable(datacenter, errorMessage(failure), failure);
		},
	};
}
