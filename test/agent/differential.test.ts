import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasReference, type Pair, startPair } from "./differential/agents.ts";
import { compareSequence, forget } from "./differential/sequence.ts";

// The real Consul and disco get the same random requests and must answer the same: status, headers, body; after each write the
// whole state, as the API shows it, is compared too. Indexes must stand for each other one to one.

const long = process.env["DISCO_LONG"] !== undefined;
const sequences = long ? 200 : 6;
const requests = 40;
const firstSeed = Number(process.env["PROPERTY_SEED"] ?? 1);

const families = {
	"keys, sessions and transactions": ["kv", "session", "txn"],
	"catalog and health": ["catalogWrite", "catalogRead"],
	"everything that the servers keep": ["catalogWrite", "catalogRead", "session", "kv", "txn", "query"],
	"services and checks of the agent": ["agentService", "agentRead", "catalogRead"],
	"what does not exist, and what is malformed": ["odd", "coordinate", "event"],
} as const;

describe.skipIf(!hasReference)("HTTP answers as the real Consul gives them", () => {
	let pair: Pair;
	beforeAll(async () => {
		pair = await startPair("127.52.1");
	});
	afterAll(() => pair.stop());

	for (const [name, drawn] of Object.entries(families)) {
		it(`${name}: ${sequences} sequences of ${requests} requests`, async () => {
			for (let number = 0; number < sequences; number++) {
				for (const side of pair.sides) await forget(side);
				const found = await compareSequence(pair.sides, firstSeed + number, drawn, requests);
				expect(found, `PROPERTY_SEED=${firstSeed + number}`).toBeUndefined();
			}
		});
	}
});
