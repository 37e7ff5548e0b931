import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consulProgram } from "../env/consul.ts";
import { type Background, background, eventually } from "../support/programs.ts";
import { Comparer, type Difference } from "./differential/compare.ts";
import { Dice, type Step } from "./differential/dice.ts";
import { isExpected } from "./differential/expected.ts";
import { nextStep } from "./differential/requests.ts";
import { type Side, sideAt, type WireReply } from "./differential/sides.ts";
import { freePort, program } from "./support.ts";

// The real Consul and disco get the same random requests and must answer the same: status, headers, body; after each write the
// whole state, as the API shows it, is compared too. Indexes must stand for each other one to one.

const consul = consulProgram();
if (consul === undefined && process.env["CI"]) throw new Error("consul is missing: scripts/test-tools.sh installs it");

const long = process.env["DISCO_LONG"] !== undefined;
const sequences = long ? 200 : 6;
const requests = 40;
const firstSeed = Number(process.env["PROPERTY_SEED"] ?? 1);

const reference = "127.52.1.1";
const ours = "127.52.1.2";

const families = {
	"keys, sessions and transactions": ["kv", "session", "txn"],
	"catalog and health": ["catalogWrite", "catalogRead"],
	"everything that the servers keep": ["catalogWrite", "catalogRead", "session", "kv", "txn", "query"],
	"services and checks of the agent": ["agentService", "agentRead", "catalogRead"],
	"what does not exist, and what is malformed": ["odd", "coordinate", "event"],
} as const;

/** What is looked at after each write. */
const state = [
	"/v1/health/state/any",
	"/v1/catalog/nodes",
	"/v1/catalog/services",
	"/v1/session/list",
	"/v1/query",
	"/v1/kv/?recurse",
	"/v1/agent/services",
	"/v1/agent/checks",
	...["alpha", "Beta", "ga.mma", "de%20lta", "n1"].map((node) => `/v1/catalog/node-services/${node}`),
];

/** Lists in these stand in no order that could be compared: ids are random, and Go's maps have none. */
const unordered = /catalog\/services|session\/|\/query|agent\/health|agent\/checks/;

describe.skipIf(consul === undefined)("HTTP answers as the real Consul gives them", () => {
	const started: Background[] = [];
	let sides: readonly [Side, Side];

	beforeAll(async () => {
		const common = ["agent", "-dev", "-node=n1", "-enable-script-checks", "-log-level=warn"];
		const httpPort = [await freePort(reference), await freePort(ours)] as const;
		const at = (host: string, port: number) => [
			`-bind=${host}`,
			`-client=${host}`,
			`-http-port=${port}`,
			"-dns-port=-1",
		];
		const env = { DISCO_COMPAT: "1" };
		started.push(background(consul ?? "", [...common, ...at(reference, httpPort[0]), "-grpc-port=-1"]));
		started.push(background(process.execPath, [program, ...common, ...at(ours, httpPort[1])], { env }));
		sides = [sideAt("consul", reference, httpPort[0]), sideAt("disco", ours, httpPort[1])];
		for (const side of sides) {
			await eventually(`${side.name} in its own catalog`, async () =>
				(await side.send({ method: "GET", path: "/v1/health/service/consul?passing" })).body.includes("serfHealth"),
			);
		}
	});
	afterAll(async () => {
		for (const side of sides) side.close();
		for (const agent of started) await agent.stop("SIGKILL");
	});

	for (const [name, drawn] of Object.entries(families)) {
		it(`${name}: ${sequences} sequences of ${requests} requests`, async () => {
			for (let number = 0; number < sequences; number++) {
				for (const side of sides) await forget(side);
				const found = await compareSequence(sides, firstSeed + number, drawn);
				expect(found, `PROPERTY_SEED=${firstSeed + number}`).toBeUndefined();
			}
		});
	}
});

/** The first thing that differs; undefined when nothing does. */
async function compareSequence(sides: readonly [Side, Side], seed: number, drawn: readonly string[]) {
	const comparer = new Comparer([new RegExp(reference, "g"), new RegExp(ours, "g")]);
	const dice = new Dice(seed);
	for (let number = 0; number < requests; number++) {
		const step = nextStep(dice, drawn);
		const replies = await sendBoth(sides, step, comparer);
		const [theirs, own] = replies;
		// Consul 1.14.4 falls over some malformed registrations and closes the connection.
		if (theirs === undefined) {
			if (own.status >= 400) continue;
			return undefined;
		}
		if (step.gives !== undefined && theirs.status === 200 && own.status === 200) {
			comparer.learn(step.gives, JSON.parse(theirs.body).ID, JSON.parse(own.body).ID);
		}
		const differences = telling(comparer.compare(theirs, own, unordered.test(step.path)), step);
		if (differences.length > 0) return { number, step, differences };
		if (["GET", "HEAD", "OPTIONS"].includes(step.method)) continue;
		for (const path of state) {
			const later = await settled(sides, path, comparer, step.settles === true);
			if (later.length > 0) return { number, step, path, differences: later };
		}
	}
	return undefined;
}

async function sendBoth(
	sides: readonly [Side, Side],
	step: Step,
	comparer: Comparer,
): Promise<readonly [WireReply | undefined, WireReply]> {
	const filled = (side: 0 | 1) => ({
		...step,
		path: comparer.fill(step.path, side),
		...(step.body === undefined ? {} : { body: comparer.fill(step.body, side) }),
	});
	return Promise.all([sides[0].send(filled(0)).catch(() => undefined), sides[1].send(filled(1))]);
}

/** What an agent registers reaches the reference's catalog a moment later: the answers may differ until then. */
async function settled(sides: readonly [Side, Side], path: string, comparer: Comparer, waits: boolean) {
	const step: Step = { method: "GET", path };
	let differences: readonly Difference[] = [];
	const ask = async () => {
		const [theirs, own] = await sendBoth(sides, step, comparer);
		if (theirs === undefined) throw new Error(`the reference does not answer ${path}`);
		differences = telling(comparer.compare(theirs, own, unordered.test(path)), step);
		return differences.length === 0;
	};
	if (!waits) await ask();
	else await eventually(path, ask, 5_000).catch(() => undefined);
	return differences;
}

function telling(differences: readonly Difference[], step: Step): readonly Difference[] {
	return differences.filter((difference) => difference.kind !== "text" && !isExpected(difference, step));
}

/** Removes what earlier sequences left. */
async function forget(side: Side): Promise<void> {
	const get = async (path: string) => JSON.parse((await side.send({ method: "GET", path })).body);
	const put = (path: string, body?: unknown) =>
		side.send({ method: "PUT", path, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
	for (const { ID } of await get("/v1/query")) await side.send({ method: "DELETE", path: `/v1/query/${ID}` });
	await side.send({ method: "DELETE", path: "/v1/kv/?recurse" });
	for (const { ID } of await get("/v1/session/list")) await put(`/v1/session/destroy/${ID}`);
	await put("/v1/agent/maintenance?enable=false");
	for (const id of Object.keys(await get("/v1/agent/services"))) {
		await put(`/v1/agent/service/deregister/${encodeURIComponent(id)}`);
	}
	for (const id of Object.keys(await get("/v1/agent/checks"))) {
		await put(`/v1/agent/check/deregister/${encodeURIComponent(id)}`);
	}
	for (const { Node } of await get("/v1/catalog/nodes")) {
		if (Node !== "n1") await put("/v1/catalog/deregister", { Node });
	}
	await eventually(`${side.name} without checks`, async () => (await get("/v1/health/state/any")).length === 1);
}
