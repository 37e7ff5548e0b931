import { type Client, watch } from "../../../client/index.ts";
import { errorMessage } from "../../../lib/errors.ts";
import { nodeClock, nodeRandom } from "../../../lib/node/index.ts";
import type { Journal } from "./journal.ts";

/** Follows the sample service as any client would, and tells each instance's coming and going. */
export async function tellHealth(
	client: Client,
	service: string,
	journal: Journal,
	signal: AbortSignal,
): Promise<void> {
	const up = new Map<string, string>();
	const answers = watch((query) => client.health.service(service, query), {
		clock: nodeClock,
		random: nodeRandom,
		signal,
		onError: () => "retry",
	});
	try {
		for await (const { value } of answers) {
			const passing = new Map(
				value
					.filter(({ Checks }) => Checks.every(({ Status }) => Status === "passing"))
					.map(({ Service }) => [Service.ID, `${Service.Address}:${Service.Port}`]),
			);
			for (const [id, address] of passing) {
				if (up.get(id) !== address) journal.tell("up", `${id} is up at ${address}`);
			}
			for (const id of up.keys()) if (!passing.has(id)) journal.tell("down", `${id} is down: out of DNS and HAProxy`);
			up.clear();
			for (const [id, address] of passing) up.set(id, address);
		}
	} catch (error) {
		if (!signal.aborted) journal.tell("note", `the agent cannot be watched: ${errorMessage(error)}`);
	}
}
