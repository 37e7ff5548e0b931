import { describe, expect, it } from "vitest";
import { FakeClock } from "../../lib/env/fake.ts";
import { silentLogger } from "../../lib/log/index.ts";
import type { Server } from "./server.ts";
import { type BackendGoal, createTarget } from "./target.ts";
import { createModel, type Model } from "./testing.ts";

const a: Server = { name: "a", address: "10.0.0.1", port: 80, weight: 1, state: "ready" };
const b: Server = { ...a, name: "b", port: 81 };

/** A target with a HAProxy that has an empty backend `api`. */
function started(model: Model = createModel()) {
	const clock = new FakeClock();
	const goals = new Map<string, BackendGoal>();
	const told: string[] = [];
	let reachable = true;
	if (model.backends.size === 0) model.backends.set("api", []);
	const target = createTarget({
		socket: "s",
		clock,
		log: silentLogger,
		ask: async (command) => {
			if (!reachable) throw new Error("ECONNREFUSED");
			return model.ask(command);
		},
		pollMs: 1_000,
		goals: () => goals,
		onServers: () => {},
		onProcess: ({ pid }) => told.push(`process ${pid}`),
		onApplied: (backend, generation) => told.push(`applied ${backend} ${generation}`),
		onAddRefused: (backend, answer) => told.push(`refused ${backend}: ${answer}`),
		onFailed: () => {},
		onLacking: (lacking) => told.push(`lacking ${lacking.join()}`),
	});
	target.start();
	let generation = 0;
	/** Lets everything happen that can, then `ms` pass. */
	const pass = async (ms = 0) => {
		for (let step = 0; step < 20; step++) await new Promise((resolve) => setImmediate(resolve));
		for (let left = ms; left > 0; left -= 50) {
			clock.advance(Math.min(left, 50));
			for (let step = 0; step < 20; step++) await new Promise((resolve) => setImmediate(resolve));
		}
	};
	return {
		model,
		target,
		told,
		pass,
		async want(servers: readonly Server[], mayAdd = true, backend = "api") {
			generation++;
			goals.set(backend, { servers, mayAdd, options: "check", checked: true, foreignWeights: false, generation });
			target.wake(backend);
			await pass();
		},
		reach(now: boolean) {
			reachable = now;
		},
		servers: () => (model.backends.get("api") ?? []).map(({ name, admin }) => `${name} ${admin}`),
	};
}

describe("a HAProxy that is kept equal to the goals", () => {
	it("gets servers, loses them, and removes them when nothing uses them any more", async () => {
		const { want, servers, model, pass, told, target } = started();
		await want([a, b]);
		expect(servers()).toEqual(["a ready", "b ready"]);
		expect(told).toEqual(["process 100", "applied api 1"]);
		(model.backends.get("api")?.[0] as { connections: number }).connections = 1;
		await want([b]);
		expect(servers()).toEqual(["a maint", "b ready"]);
		await pass(3_000);
		expect(servers()).toEqual(["a maint", "b ready"]);
		(model.backends.get("api")?.[0] as { connections: number }).connections = 0;
		await pass(1_000);
		expect(servers()).toEqual(["b ready"]);
		expect(model.log.slice(0, 3)).toEqual([
			"add server api/a 10.0.0.1:80 weight 1 check",
			"enable health api/a",
			"set server api/a state ready",
		]);
		await target.close();
	});

	it("restores the state of a process that was started anew, told by its number or by its age", async () => {
		const { want, servers, model, pass, target } = started();
		await want([a]);
		model.backends.set("api", []);
		model.pid = 101;
		await pass(1_000);
		expect(servers()).toEqual(["a ready"]);
		// In a container the number is the same each time.
		model.backends.set("api", []);
		model.uptimeS = 0;
		await pass(1_000);
		expect(servers()).toEqual(["a ready"]);
		expect(target.status()).toMatchObject({ restored: 2, error: undefined });
		await target.close();
	});

	it("undoes what somebody else did, with the third look", async () => {
		const { want, servers, model, pass, target } = started();
		await want([a]);
		model.ask("set server api/a state maint");
		await pass(3_000);
		expect(servers()).toEqual(["a ready"]);
		await target.close();
	});

	it("tells a process nothing that is being replaced, and the new one soon", async () => {
		const { want, servers, model, pass, target } = started();
		await want([a]);
		model.stopping = true;
		target.reloaded();
		await pass(500);
		await want([a, b]);
		expect(servers()).toEqual(["a ready"]);
		expect(target.status().error).toBe("is being replaced");
		model.stopping = false;
		model.pid++;
		await pass(50);
		expect(servers()).toEqual(["a ready", "b ready"]);
		await target.close();
	});

	it("goes on when HAProxy answers again", async () => {
		const { want, servers, reach, pass, target } = started();
		reach(false);
		await want([a]);
		await pass(5_000);
		expect(target.status()).toMatchObject({ error: "ECONNREFUSED", process: undefined });
		reach(true);
		await pass(1_000);
		expect(servers()).toEqual(["a ready"]);
		expect(target.status().error).toBeUndefined();
		await target.close();
	});

	it("says that a server cannot be added, and which command had which answer", async () => {
		const { want, told, model, target } = started();
		model.refusal = "Backend must use a dynamic load balancing to support dynamic servers.";
		await want([a]);
		expect(told).toContain(`refused api: ${model.refusal}`);
		expect(target.status().error).toBe(`"add server api/a 10.0.0.1:80 weight 1 check" was answered: ${model.refusal}`);
		await target.close();
	});

	it("says which right is missing, and does not take it for the backend's fault", async () => {
		const { want, told, model, target } = started();
		model.refusal = "Permission denied";
		await want([a]);
		expect(told).toEqual(["process 100"]);
		expect(target.status().error).toMatch(
			/was answered: Permission denied; its "stats socket" line needs "level admin"$/,
		);
		await target.close();
	});

	it("tells what only a reload brings: backends, and servers of an old version", async () => {
		const { want, told, pass, target, servers } = started(createModel("2.4.0"));
		await want([a]);
		await want([a], true, "more");
		await pass(1_000);
		expect(servers()).toEqual([]);
		expect(told).toContain("lacking api/a,more");
		expect(target.status().lacking).toEqual(["api/a", "more"]);
		await target.close();
	});

	it("asks version 2.5 in its experimental mode", async () => {
		const { want, servers, target } = started(createModel("2.5.0"));
		await want([a]);
		expect(servers()).toEqual(["a ready"]);
		await target.close();
	});
});
