import { expect, it } from "vitest";
import { FakeNetwork } from "../../../lib/env/fake.ts";
import { startServer } from "../testing.ts";
import { clientOf } from "./testing.ts";

it.each([true, false])("a server sorts by distance itself, at once: leads %s", async (isLeader) => {
	const { endpoints: own, clock } = await startServer();
	const network = new FakeNetwork({ clock }).host("10.0.0.1");
	const { coordinate } = clientOf({ network, clock, servers: [] }, { own, leads: () => isLeader });
	const list = ["n2", "n1"];
	expect(coordinate.sortNear("unknown", list, (node) => node)).toBe(list);
});
