import { eventually } from "../../support/programs.ts";
import { Comparer, type Difference } from "./compare.ts";
import { Dice, type Step } from "./dice.ts";
import { isExpected } from "./expected.ts";
import { nextStep } from "./requests.ts";
import type { Side, WireReply } from "./sides.ts";

/** The reference, then disco. */
export type Sides = readonly [Side, Side];

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

/** What only one of the agents says of itself. */
export function comparerOf(sides: Sides): Comparer {
	return new Comparer([new RegExp(sides[0].host, "g"), new RegExp(sides[1].host, "g")]);
}

/** The first thing that differs in the answers to `requests` drawn requests; undefined when nothing does. */
export async function compareSequence(sides: Sides, seed: number, drawn: readonly string[], requests: number) {
	const comparer = comparerOf(sides);
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
		const later = await compareState(sides, comparer, step.settles === true);
		if (later !== undefined) return { number, step, ...later };
	}
	return undefined;
}

/** What differs in the first of the answers that together show all state; `waits` when the reference needs a moment for it. */
export async function compareState(sides: Sides, comparer: Comparer, waits: boolean) {
	for (const path of state) {
		const differences = await settled(sides, path, comparer, waits);
		if (differences.length > 0) return { path, differences };
	}
	return undefined;
}

/** What differs in the answers to one request, and the answers. */
export async function compareAnswers(sides: Sides, step: Step, comparer: Comparer) {
	const [theirs, own] = await sendBoth(sides, step, comparer);
	if (theirs === undefined) throw new Error(`the reference does not answer ${step.method} ${step.path}`);
	if (step.gives !== undefined) comparer.learn(step.gives, JSON.parse(theirs.body).ID, JSON.parse(own.body).ID);
	return { theirs, own, differences: telling(comparer.compare(theirs, own, unordered.test(step.path)), step) };
}

async function sendBoth(
	sides: Sides,
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
async function settled(sides: Sides, path: string, comparer: Comparer, waits: boolean) {
	const step: Step = { method: "GET", path };
	let differences: readonly Difference[] = [];
	const ask = async () => {
		({ differences } = await compareAnswers(sides, step, comparer));
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
export async function forget(side: Side): Promise<void> {
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
