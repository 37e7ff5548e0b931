import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../support/programs.ts";
import { hasReference, type Pair, startPair } from "./differential/agents.ts";
import type { Comparer } from "./differential/compare.ts";
import type { Step } from "./differential/dice.ts";
import { compareAnswers, comparerOf, compareState, forget } from "./differential/sequence.ts";
import type { WireReply } from "./differential/sides.ts";

// What ends a session, what becomes of its locks, and how long they stay closed: the same steps on the real Consul and on disco,
// with all state compared after each write.

/** Longer than what a loaded machine lets pass between two requests. */
const lockDelay = "8s";

describe.skipIf(!hasReference)("sessions and locks as the real Consul has them", () => {
	let pair: Pair;
	let comparer: Comparer;
	beforeAll(async () => {
		pair = await startPair("127.52.2");
	});
	afterAll(() => pair.stop());
	beforeEach(async () => {
		for (const side of pair.sides) await forget(side);
		comparer = comparerOf(pair.sides);
	});

	/** Sends it to both; fails when an answer, or what can be read afterwards, differs. */
	async function same(method: string, path: string, body?: unknown, gives?: string): Promise<WireReply> {
		const step: Step = {
			method,
			path,
			...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
			...(gives === undefined ? {} : { gives }),
		};
		const { theirs, own, differences } = await compareAnswers(pair.sides, step, comparer);
		expect(differences, `${method} ${path}: ${theirs.body} | ${own.body}`).toEqual([]);
		if (method !== "GET") expect(await compareState(pair.sides, comparer, false), `${method} ${path}`).toBeUndefined();
		return own;
	}

	const session = (name: string, fields: object = {}) => same("PUT", "/v1/session/create", fields, name);
	const register = (fields: object) =>
		same("PUT", "/v1/catalog/register", { Node: "alpha", Address: "10.0.0.1", ...fields });
	const check = { CheckID: "c1", Name: "c1", ServiceID: "web", Status: "passing" };
	const bound = { Node: "alpha", NodeChecks: [], ServiceChecks: [{ ID: "c1" }], LockDelay: lockDelay };
	const acquire = async (key: string, name: string) =>
		(await same("PUT", `/v1/kv/${key}?acquire=${name}`, "held")).body.trim();

	const ends: Readonly<Record<string, (holder: string) => Promise<unknown>>> = {
		"its check turns critical": () => register({ Check: { ...check, Status: "critical" } }),
		"its check goes": () => same("PUT", "/v1/catalog/deregister", { Node: "alpha", CheckID: "c1" }),
		"its service goes": () => same("PUT", "/v1/catalog/deregister", { Node: "alpha", ServiceID: "web" }),
		"its node goes": () => same("PUT", "/v1/catalog/deregister", { Node: "alpha" }),
		"it is destroyed": (holder) => same("PUT", `/v1/session/destroy/${holder}`),
		"its check turns critical in a transaction": () =>
			same("PUT", "/v1/txn", [{ Check: { Verb: "set", Check: { Node: "alpha", ...check, Status: "critical" } } }]),
		"its node goes in a transaction": () =>
			same("PUT", "/v1/txn", [{ Node: { Verb: "delete", Node: { Node: "alpha" } } }]),
	};

	it("a session's end frees or removes its keys, which open after its lock-delay", async () => {
		const closed: string[] = [];
		await session("{other}", { LockDelay: "0s" });
		for (const [number, [, end]] of Object.entries(ends).entries()) {
			for (const behavior of ["release", "delete"]) {
				const [key, holder] = [`${behavior}-${number}`, `{${behavior}${number}}`];
				await register({ Service: { ID: "web", Service: "web" }, Check: check });
				await session(holder, { ...bound, Behavior: behavior });
				expect(await acquire(key, holder)).toBe("true");
				expect(await acquire(key, "{other}")).toBe("false");
				await end(holder);
				await same("GET", `/v1/session/info/${holder}`);
				await same("GET", `/v1/kv/${key}`);
				await same("PUT", `/v1/session/renew/${holder}`);
				expect(await acquire(key, "{other}")).toBe("false");
				closed.push(key);
			}
		}
		for (const key of closed) await opens(key);
	});

	it("a lock that was given back, or whose lock-delay is 0, opens at once", async () => {
		await session("{other}", {});
		await register({ Check: check, Service: { ID: "web", Service: "web" } });
		await session("{holder}", bound);
		expect(await acquire("given-back", "{holder}")).toBe("true");
		await same("PUT", "/v1/kv/given-back?release={holder}");
		expect(await acquire("given-back", "{other}")).toBe("true");
		await session("{short}", { ...bound, LockDelay: "0s" });
		expect(await acquire("short", "{short}")).toBe("true");
		await same("PUT", "/v1/session/destroy/{short}");
		expect(await acquire("short", "{other}")).toBe("true");
	});

	async function opens(key: string): Promise<void> {
		for (const [at, side] of pair.sides.entries()) {
			const path = comparer.fill(`/v1/kv/${key}?acquire={other}`, at as 0 | 1);
			await eventually(
				`${side.name} opens ${key}`,
				async () => (await side.send({ method: "PUT", path, body: "held" })).body.trim() === "true",
			);
		}
		await same("GET", `/v1/kv/${key}`);
	}
});
