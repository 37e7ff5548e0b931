import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isDone, parseServers } from "./answers.ts";
import { commandOf, plan } from "./reconcile.ts";
import { type Server, takesRequests } from "./server.ts";
import { createModel, type ModelServer } from "./testing.ts";

const names = ["a", "b", "c", "d", "e", "f"];
const endpoint = { address: fc.constantFrom("10.0.0.1", "10.0.0.2", "::1"), port: fc.integer({ min: 80, max: 82 }) };
const state = fc.constantFrom("ready" as const, "ready" as const, "drain" as const, "maint" as const);
const weight = fc.constantFrom(0, 1, 7, 256);
const server = fc.record({ name: fc.constantFrom(...names), ...endpoint, weight, state });
const unique = { selector: ({ name }: { name: string }) => name };
const wantedServers = fc.uniqueArray(server, unique);
const runningServers = fc.uniqueArray(
	fc.record({
		name: fc.constantFrom(...names),
		...endpoint,
		weight,
		admin: state,
		checks: fc.constantFrom("off" as const, "on" as const),
		connections: fc.constant(0),
	}),
	unique,
);

/** Does what `plan` says and gives the fewest servers that took requests on the way. */
function carriedOut(before: readonly ModelServer[], wanted: readonly Server[], canAdd: boolean) {
	const model = createModel();
	model.backends.set(
		"api",
		before.map((one) => ({ ...one })),
	);
	const running = () => parseServers(model.ask("show servers state api")).get("api") ?? [];
	const goal = { servers: wanted, canAdd, checked: true, foreignWeights: false };
	const { steps, missing, removable } = plan(running(), goal);
	for (const step of steps) {
		const command = commandOf("api", step, () => "check inter 2s");
		expect([command, isDone(model.ask(command))]).toEqual([command, true]);
	}
	return { running: running(), missing, removable, fewest: model.fewest, again: plan(running(), goal).steps };
}

describe("plan", () => {
	it("leads from any state to any other, and needs nothing more then", () => {
		fc.assert(
			fc.property(runningServers, wantedServers, (before, wanted) => {
				const { running, missing, removable, again } = carriedOut(before, wanted, true);
				expect([missing, again]).toEqual([[], []]);
				for (const one of wanted) {
					const has = running.find(({ name }) => name === one.name);
					expect(has).toMatchObject({ state: one.state });
					if (one.state === "ready") expect(has).toMatchObject({ ...one, checks: "on" });
					if (one.state === "drain") expect(has).toMatchObject({ address: one.address, port: one.port });
				}
				const surplus = running.filter(({ name }) => !wanted.some((one) => one.name === name));
				expect(surplus.every((one) => one.state === "maint")).toBe(true);
				expect(surplus.map(({ name }) => name).sort()).toEqual([...removable].sort());
			}),
		);
	});

	it("leaves no moment without a server for requests when there is one before and after", () => {
		fc.assert(
			fc.property(runningServers, wantedServers, fc.boolean(), (before, wanted, canAdd) => {
				fc.pre(before.some(({ admin, weight: has }) => admin === "ready" && has > 0));
				const kept = canAdd ? wanted : wanted.filter(({ name }) => before.some((one) => one.name === name));
				fc.pre(kept.some(takesRequests));
				expect(carriedOut(before, kept, canAdd).fewest).toBeGreaterThan(0);
			}),
		);
	});

	it("tells what cannot be added instead of trying it", () => {
		const wanted: Server[] = [
			{ name: "a", address: "10.0.0.1", port: 80, weight: 1, state: "ready" },
			{ name: "b", address: "10.0.0.1", port: 81, weight: 1, state: "maint" },
		];
		expect(carriedOut([], wanted, false)).toMatchObject({ missing: ["a"], running: [] });
	});

	it("leaves weights alone that an agent check sets", () => {
		const running = [
			{ name: "a", address: "10.0.0.1", port: 80, weight: 3, state: "ready" as const, checks: "on" as const },
		];
		const servers: Server[] = [{ name: "a", address: "10.0.0.1", port: 80, weight: 1, state: "ready" }];
		expect(plan(running, { servers, canAdd: true, checked: true, foreignWeights: true }).steps).toEqual([]);
	});
});
