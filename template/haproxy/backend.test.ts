import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HaproxyBackendConfig } from "../config/index.ts";
import { createBackend } from "./backend.ts";
import type { Instance } from "./instances.ts";
import { parseSections } from "./section.ts";
import type { RunningServer } from "./server.ts";

const config: HaproxyBackendConfig = {
	name: "api",
	service: "api",
	mode: "auto",
	slots: 3,
	serverLine: "check",
	emptyHoldMs: 0,
};
const instance = (number: number, more: Partial<Instance> = {}): Instance => ({
	key: `n${number}/s`,
	label: "s",
	address: `10.0.0.${number}`,
	port: 80,
	weight: 1,
	draining: false,
	...more,
});
const running = (name: string, address: string, state: RunningServer["state"] = "ready"): RunningServer => ({
	...{ name, address, port: 80, weight: 1, state, checks: "on" },
});

function backend(more: Partial<HaproxyBackendConfig> = {}, owned = true) {
	const made = createBackend({ ...config, ...more }, owned);
	return {
		...made,
		shown: () => made.servers()?.map(({ name, address, state }) => `${name} ${state === "maint" ? "free" : address}`),
	};
}

describe("a backend's places", () => {
	it("are named by the services' ids, apart where two nodes have the same", () => {
		const { adopt, update, shown, status } = backend();
		adopt(undefined, undefined);
		update([instance(1), instance(2)]);
		expect(shown()).toEqual(["s 10.0.0.1", "s_2 10.0.0.2"]);
		update([instance(2)]);
		update([instance(2), instance(1)]);
		expect(shown()).toEqual(["s 10.0.0.1", "s_2 10.0.0.2"]);
		expect(status()).toMatchObject({ mode: "dynamic", slots: 0 });
	});

	it("stay with what HAProxy has, whatever this program knew", () => {
		const { adopt, update, shown } = backend();
		adopt([running("old", "10.0.0.1"), running("s", "10.0.0.9"), running("gone", "10.0.0.8")], undefined, true);
		update([instance(1), instance(2)]);
		expect(shown()).toEqual(["old 10.0.0.1", "s 10.0.0.2"]);
	});

	it("are slots in an old version, taken in turn, and twice as many when they are too few", () => {
		const { adopt, update, shown, status, text } = backend();
		adopt([], undefined, false);
		update([instance(1), instance(2)]);
		expect(shown()).toEqual(["api1 10.0.0.1", "api2 10.0.0.2", "api3 free"]);
		update([instance(2)]);
		update([instance(2), instance(3)]);
		expect(shown()).toEqual(["api1 free", "api2 10.0.0.2", "api3 10.0.0.3"]);
		update([1, 2, 3, 4].map((number) => instance(number)));
		expect(shown()).toEqual([
			"api1 10.0.0.1",
			"api2 10.0.0.2",
			"api3 10.0.0.3",
			"api4 10.0.0.4",
			"api5 free",
			"api6 free",
		]);
		expect(status()).toMatchObject({ mode: "slots", slots: 6, homeless: 0 });
		expect(text()).toContain("# disco-template: servers of api in 6 slots; each: check");
	});

	it("become slots when HAProxy cannot add servers here, and stay so after a start", () => {
		const first = backend();
		first.adopt(undefined, undefined);
		first.update([instance(1), instance(2)]);
		expect(first.learn(true)).toBe(false);
		expect(first.refuseAdding("no")).toBe(true);
		expect(first.refuseAdding("no")).toBe(false);
		expect(first.shown()).toEqual(["api1 free", "s 10.0.0.1", "s_2 10.0.0.2"]);
		expect(first.status()).toMatchObject({ mode: "slots", reason: "no", mayAdd: false });
		const [section] = parseSections(first.text() ?? "");
		const second = backend();
		second.adopt(
			[running("s", "10.0.0.1"), running("s_2", "10.0.0.2"), running("api1", "127.0.0.1", "maint")],
			section,
			true,
		);
		second.update([instance(2)]);
		expect(second.shown()).toEqual(["api1 free", "s free", "s_2 10.0.0.2"]);
	});

	it("are those of the file while HAProxy does not answer", () => {
		const first = backend({ mode: "slots" });
		first.adopt(undefined, undefined);
		first.update([instance(1), instance(2)]);
		first.update([instance(2)]);
		const [section] = parseSections(first.text() ?? "");
		const second = backend({ mode: "slots" });
		second.adopt(undefined, section);
		second.update([instance(1), instance(2)]);
		expect(second.shown()).toEqual(["api1 10.0.0.1", "api2 10.0.0.2", "api3 free"]);
	});

	it("are what a file of somebody else has, and more where servers can be added", () => {
		const { adopt, update, shown, text } = backend({}, false);
		adopt([running("web1", "127.0.0.1", "maint"), running("web2", "127.0.0.1", "maint")], undefined, true);
		update([instance(1), instance(2), instance(3)]);
		expect(shown()).toEqual(["s 10.0.0.3", "web1 10.0.0.1", "web2 10.0.0.2"]);
		update([instance(1)]);
		expect(shown()).toEqual(["web1 10.0.0.1", "web2 free"]);
		expect(text()).toBeDefined();
	});

	it("drain, and are unknown before the catalog has answered", () => {
		const { adopt, update, servers, text } = backend();
		adopt([running("s", "10.0.0.1")], undefined, true);
		expect([servers(), text()]).toEqual([undefined, undefined]);
		update([instance(1, { draining: true, weight: 4 })]);
		expect(servers()).toEqual([{ name: "s", address: "10.0.0.1", port: 80, weight: 4, state: "drain" }]);
		expect(text()).toContain("server s 10.0.0.1:80 weight 0 check");
	});

	it("never change under an instance while it lives, and never serve two", () => {
		const sets = fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 7 }), { maxLength: 8 });
		fc.assert(
			fc.property(sets, fc.constantFrom("dynamic" as const, "slots" as const), fc.boolean(), (steps, mode, adds) => {
				const { adopt, update, servers } = backend({ mode });
				adopt([], undefined, adds);
				let before = new Map<string, string>();
				for (const step of steps) {
					update(step.map((number) => instance(number)));
					const all = servers() ?? [];
					const now = new Map(all.filter(({ state }) => state === "ready").map(({ name, address }) => [address, name]));
					expect([...now.keys()].sort()).toEqual(step.map((number) => `10.0.0.${number}`).sort());
					expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
					for (const [address, name] of now) expect(before.get(address) ?? name).toBe(name);
					before = now;
				}
			}),
		);
	});
});
