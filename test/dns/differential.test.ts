import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fakeRandom } from "../../lib/env/fake.ts";
import { consulProgram } from "../support/dev-agents.ts";
import { difference } from "./differential.ts";
import { startFuzzAgent } from "./fuzz-agents.ts";
import { randomWorld } from "./fuzz-catalog.ts";
import { randomQuestion } from "./fuzz-questions.ts";
import { startRecursorStub } from "./recursor-stub.ts";

/** Random catalogs, configurations and questions, asked of the real Consul and of disco: the answers must not differ. */
const consul = consulProgram();
if (consul === undefined && process.env["CI"]) throw new Error("consul is missing: scripts/test-tools.sh builds it");

const long = process.env["DISCO_LONG"] !== undefined;
const worlds = long ? 100 : 4;
const questions = long ? 400 : 150;
const firstSeed = Number(process.env["PROPERTY_SEED"] ?? 1);

const recursor = { host: "127.56.10.53", port: 5353 };
const hosts = { ours: "127.56.10.1", theirs: "127.56.10.2" };

describe.skipIf(consul === undefined)("DNS answers as the real Consul gives them", () => {
	let stub: { close(): void } | undefined;
	beforeAll(async () => {
		stub = await startRecursorStub(recursor);
	});
	afterAll(() => stub?.close());

	for (let number = 0; number < worlds; number++) {
		const seed = firstSeed + number;
		test(`world ${seed}: ${questions} questions`, async () => {
			const random = fakeRandom(seed);
			const world = randomWorld(random, [`${recursor.host}:${recursor.port}`]);
			const [ours, theirs] = await Promise.all([
				startFuzzAgent([process.execPath, "dist/disco.js"], hosts.ours, world),
				startFuzzAgent([consul ?? ""], hosts.theirs, world),
			]);
			try {
				for (let asked = 0; asked < questions; asked++) {
					const question = randomQuestion(random, world.vocabulary);
					expect(await difference(question, ours.dns, theirs.dns, random)).toBeUndefined();
				}
			} finally {
				await Promise.all([ours.stop(), theirs.stop()]);
			}
		});
	}
});
