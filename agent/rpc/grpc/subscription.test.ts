import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { settle } from "../../../lib/env/fake.ts";
import type { CheckContent, Deregistration, InstanceRecord, Registration, ServiceContent } from "../../state/index.ts";
import { checkContent, registration, serviceContent, startServer, write } from "../testing.ts";
import { registered } from "./health-updates.ts";
import { decodeEvent, encodeEvent, topics } from "./messages.ts";
import { createSubscriptions } from "./subscription.ts";
import { PulledSubscriber, type View } from "./testing.ts";

async function start() {
	const server = await startServer();
	const { endpoints, store, clock } = server;
	const subscriptions = createSubscriptions(endpoints);
	/** Lets everything run that can. */
	const idle = async () => {
		for (let i = 0; i < 4; i++) await clock.advanceAsync(0);
		await settle();
	};
	return { ...server, store, subscriptions, idle };
}

type Server = Awaited<ReturnType<typeof start>>;

/** Takes events until there are none. */
async function takeAll(subscriber: PulledSubscriber, { idle }: Server): Promise<void> {
	for (;;) {
		subscriber.pull();
		await idle();
		if (subscriber.isTaking) return;
	}
}

function viewOf(instances: readonly InstanceRecord[]): View {
	return new Map(
		instances.map((instance) => {
			const event = decodeEvent(encodeEvent({ ServiceHealth: registered(instance) })) as {
				readonly ServiceHealth: { readonly CheckServiceNode: unknown };
			};
			return [`${instance.node.node}/${instance.service.id}`, event.ServiceHealth.CheckServiceNode];
		}),
	);
}

const web = (id: string, fields: Partial<ServiceContent> = {}) => serviceContent("web", { id, port: 80, ...fields });

describe("a subscription", () => {
	it("tells the snapshot, then every change", async () => {
		const server = await start();
		const { catalog } = server.endpoints;
		await catalog.register(registration("n1", { service: web("web-1", { tags: ["a"] }) }), write);
		const subscriber = new PulledSubscriber(server.subscriptions, {});
		await takeAll(subscriber, server);
		expect(subscriber.kinds).toEqual(["part", "end-of-snapshot"]);
		expect([...subscriber.view.keys()]).toEqual(["n1/web-1"]);

		const failing = checkContent("c", { serviceId: "web-1", serviceName: "web", status: "critical", output: "no" });
		await catalog.register(registration("n1", { checks: [failing] }), write);
		await takeAll(subscriber, server);
		expect(subscriber.view.get("n1/web-1")).toMatchObject({
			Service: { Port: 80, Tags: ["a"], Weights: { Passing: 1, Warning: 1 } },
			Checks: [{ CheckID: "c", Status: "critical", Output: "no", ServiceID: "web-1" }],
		});

		await catalog.deregister({ node: "n1" }, write);
		await takeAll(subscriber, server);
		expect(subscriber.view.size).toBe(0);
		expect(subscriber.kinds.slice(2)).toEqual(["change", "change"]);
		expect(subscriber.index).toBe(server.store.serviceInstances("web").index);
	});

	it("tells nothing of other services", async () => {
		const server = await start();
		const subscriber = new PulledSubscriber(server.subscriptions, {});
		await takeAll(subscriber, server);
		await server.endpoints.catalog.register(registration("n1", { service: serviceContent("db") }), write);
		await server.endpoints.catalog.deregister({ node: "n1", serviceId: "db" }, write);
		await takeAll(subscriber, server);
		expect(subscriber.kinds).toEqual(["end-of-snapshot"]);
	});

	it("goes on where a subscriber was, and begins anew when it has missed something", async () => {
		const server = await start();
		const { catalog } = server.endpoints;
		await catalog.register(registration("n1", { service: web("web-1") }), write);
		const subscriber = new PulledSubscriber(server.subscriptions, {});
		await takeAll(subscriber, server);
		await subscriber.disconnect();
		await takeAll(subscriber, server);
		expect(subscriber.kinds).toEqual(["part", "end-of-snapshot"]);
		await subscriber.disconnect();
		await catalog.register(registration("n1", { service: web("web-2") }), write);
		await takeAll(subscriber, server);
		expect(subscriber.kinds.slice(2)).toEqual(["new-snapshot", "part", "end-of-snapshot"]);
		expect([...subscriber.view.keys()]).toEqual(["n1/web-1", "n1/web-2"]);
	});

	it("brings what changed while nobody took anything as one change", async () => {
		const server = await start();
		const subscriber = new PulledSubscriber(server.subscriptions, {});
		await takeAll(subscriber, server);
		for (let port = 1; port <= 100; port++) {
			await server.endpoints.catalog.register(registration("n1", { service: web("web-1", { port }) }), write);
			await server.idle();
		}
		await takeAll(subscriber, server);
		// The first one was waited for already.
		expect(subscriber.kinds).toEqual(["end-of-snapshot", "change", "change"]);
		expect(subscriber.view.get("n1/web-1")).toMatchObject({ Service: { Port: 100 } });
	});

	it("sends a long list in parts, and a long change as a new snapshot", async () => {
		const server = await start();
		const meta = (text: string) => ({ long: text.repeat(25_000) });
		const all = async (text: string) => {
			for (let i = 0; i < 8; i++)
				await server.endpoints.catalog.register(
					registration("n1", { service: web(`web-${i}`, { meta: meta(text) }) }),
					write,
				);
		};
		await all("x");
		const subscriber = new PulledSubscriber(server.subscriptions, {});
		await takeAll(subscriber, server);
		expect(subscriber.kinds).toEqual(["part", "part", "part", "end-of-snapshot"]);
		await all("y");
		await takeAll(subscriber, server);
		expect(subscriber.kinds.slice(4)).toEqual(["new-snapshot", "part", "part", "part", "end-of-snapshot"]);
		expect(subscriber.view).toEqual(viewOf(server.store.serviceInstances("web").value));
	});

	it("of proxies, of peers and of config entries finds none, and refuses what it cannot tell", async () => {
		const server = await start();
		await server.endpoints.catalog.register(registration("n1", { service: web("web-1") }), write);
		const configEntries = [{ topic: 3 }, { topic: 8, key: undefined }];
		for (const request of [{ topic: topics.serviceHealthConnect }, { peerName: "east" }, ...configEntries]) {
			const subscriber = new PulledSubscriber(server.subscriptions, request);
			await takeAll(subscriber, server);
			expect(subscriber.kinds).toEqual(["end-of-snapshot"]);
		}
		for (const [request, code] of [
			[{ topic: 0 }, "SUBSCRIPTION_INVALID"],
			[{ topic: 7 }, "SUBSCRIPTION_INVALID"],
			[{ key: undefined }, "SUBSCRIPTION_INVALID"],
			[{ key: "" }, "SUBSCRIPTION_INVALID"],
			[{ datacenter: "dc9" }, "DATACENTER_UNKNOWN"],
		] as const) {
			const subscriber = new PulledSubscriber(server.subscriptions, request);
			await takeAll(subscriber, server);
			expect(subscriber.failure).toMatchObject({ code });
			expect(subscriber.kinds).toEqual([]);
		}
	});

	it("costs nothing when it is over", async () => {
		const server = await start();
		const subscriber = new PulledSubscriber(server.subscriptions, {});
		await takeAll(subscriber, server);
		expect(server.store.counts().watchedTopics).toBe(1);
		await subscriber.disconnect();
		expect(server.store.counts().watchedTopics).toBe(0);
	});
});

type Step =
	| { readonly kind: "register"; readonly registration: Registration }
	| { readonly kind: "deregister"; readonly deregistration: Deregistration }
	| { readonly kind: "idle" | "pull" | "reconnect" };

const node = fc.constantFrom("n1", "n2", "N3");
const id = fc.constantFrom("a", "b", "c");
const registrations = fc
	.record({
		node,
		address: fc.constantFrom("10.0.0.1", "10.0.0.2"),
		meta: fc.constantFrom(null, { k: "v" }),
		service: fc.option(fc.record({ id, service: fc.constantFrom("web", "Web", "db"), port: fc.nat(3) }), {
			nil: undefined,
		}),
		check: fc.option(
			fc.record({
				checkId: fc.constantFrom("c1", "c2"),
				status: fc.constantFrom("passing", "critical") as fc.Arbitrary<CheckContent["status"]>,
				definition: fc.constantFrom({}, { Interval: "1m0.5s", TTL: 5, Header: { A: ["b"] }, TLSSkipVerify: true }),
			}),
			{ nil: undefined },
		),
		ofService: fc.boolean(),
	})
	.map(({ service, check, ofService, ...rest }): Step => {
		const bound = ofService && service !== undefined ? { serviceId: service.id, serviceName: service.service } : {};
		return {
			kind: "register",
			registration: registration(rest.node, {
				...rest,
				...(service === undefined ? {} : { service: serviceContent(service.service, service) }),
				checks: check === undefined ? [] : [checkContent(check.checkId, { ...check, ...bound })],
			}),
		};
	});
const deregistrations = fc
	.record({ node, what: fc.constantFrom("node", "service", "check"), id, checkId: fc.constantFrom("c1", "c2") })
	.map((drawn): Step => {
		const part = { node: {}, service: { serviceId: drawn.id }, check: { checkId: drawn.checkId } }[drawn.what];
		return { kind: "deregister", deregistration: { node: drawn.node, ...part } };
	});
const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 6, arbitrary: registrations },
	{ weight: 3, arbitrary: deregistrations },
	{ weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("idle", "pull", "reconnect") }) },
);

describe("any changes", () => {
	it("a subscriber's view is the state's answer at each index it was told", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
				const server = await start();
				const { store, endpoints } = server;
				const eager = new PulledSubscriber(server.subscriptions, {});
				const slow = new PulledSubscriber(server.subscriptions, {});
				const answers = new Map<number, View>();
				const note = () => {
					const { index, value } = store.serviceInstances("web");
					answers.set(index, viewOf(value));
				};
				note();
				for (const each of steps) {
					if (each.kind === "register") await endpoints.catalog.register(each.registration, write);
					else if (each.kind === "deregister") await endpoints.catalog.deregister(each.deregistration, write);
					else if (each.kind === "reconnect") await slow.disconnect();
					else if (each.kind === "pull") slow.pull();
					else await takeAll(eager, server);
					note();
				}
				await takeAll(eager, server);
				await takeAll(slow, server);
				for (const { told, view } of [eager, slow]) {
					for (const { index, view: then } of told) expect(then).toEqual(answers.get(index));
					expect(told.map(({ index }) => index)).toEqual(told.map(({ index }) => index).sort((a, b) => a - b));
					expect(view).toEqual(viewOf(store.serviceInstances("web").value));
				}
			}),
			{ numRuns: process.env["DISCO_LONG"] === undefined ? 80 : 5_000 },
		);
	});
});
