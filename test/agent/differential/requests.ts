import { agentRead, agentService } from "./agent-requests.ts";
import { catalogRead, catalogWrite } from "./catalog-requests.ts";
import type { Dice, Step } from "./dice.ts";
import { kv, session } from "./kv-requests.ts";
import { coordinate, event, odd } from "./other-requests.ts";
import { preparedQuery } from "./query-requests.ts";
import { txn } from "./txn-requests.ts";

const families: Readonly<Record<string, readonly [number, (dice: Dice) => Step]>> = {
	kv: [4, kv],
	session: [3, session],
	catalogWrite: [4, catalogWrite],
	catalogRead: [5, catalogRead],
	agentService: [4, agentService],
	agentRead: [2, agentRead],
	txn: [3, txn],
	query: [3, preparedQuery],
	event: [1, event],
	coordinate: [1, coordinate],
	odd: [2, odd],
};

/** The next request of a random sequence; `only` draws from these families. */
export function nextStep(dice: Dice, only?: readonly string[]): Step {
	const chosen = Object.entries(families).filter(([name]) => only === undefined || only.includes(name));
	const total = chosen.reduce((sum, [, [weight]]) => sum + weight, 0);
	let at = dice.below(total);
	for (const [, [weight, make]] of chosen) {
		at -= weight;
		if (at < 0) return make(dice);
	}
	throw new Error("no family");
}
