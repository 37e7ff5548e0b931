import { expect, it } from "vitest";
import { FakeClock, fakeRandom } from "../../../lib/env/fake.ts";
import type { AgentMemberRecord } from "../../local/index.ts";
import { createServerEndpoints } from "../../rpc/index.ts";
import { memoryEngine } from "../state-engine.ts";
import { catalogMembers } from "./catalog-members.ts";

const read = { datacenter: "", token: "", consistency: "stale", minIndex: 0, maxWaitMs: 0 } as const;
const write = { datacenter: "", token: "" };

function agent(name: string, change: Partial<AgentMemberRecord> = {}): AgentMemberRecord {
	const tags = { role: "node", dc: "dc1", id: `id-${name}`, build: "1.14.4:disco" };
	return { name, address: "10.0.0.7", port: 8301, tags, status: "alive", ...change };
}

async function world() {
	const { store, log } = memoryEngine();
	await log.start();
	const endpoints = createServerEndpoints({
		store,
		log,
		clock: new FakeClock(),
		random: fakeRandom(1),
		datacenter: "dc1",
		leaderAddress: () => "",
		peerAddresses: () => [],
	});
	const members = catalogMembers({ endpoints, datacenter: "dc1", selfName: "s1", token: "" });
	const statusOf = async (name: string) =>
		(await endpoints.health.node(name, read)).value.find(({ checkId }) => checkId === "serfHealth")?.status;
	const firstIndex = log.state().lastIndex;
	const lastIndex = () => log.state().lastIndex - firstIndex;
	return { endpoints, members, statusOf, lastIndex };
}

it("an agent is passing, critical when it fails, passing when it is back, and gone when it leaves", async () => {
	const { endpoints, members, statusOf, lastIndex } = await world();
	await members.reconcile(agent("a", { status: "failed" }));
	expect(lastIndex()).toBe(0);
	await members.reconcile(agent("a"));
	expect(await statusOf("a")).toBe("passing");
	const { value } = await endpoints.catalog.node("a", read);
	expect(value).toMatchObject({ node: { id: "id-a", address: "10.0.0.7" }, services: [] });
	const before = lastIndex();
	await members.reconcile(agent("a"));
	expect(lastIndex()).toBe(before);
	await members.reconcile(agent("a", { status: "failed" }));
	expect(await statusOf("a")).toBe("critical");
	await members.reconcile(agent("a"));
	expect(await statusOf("a")).toBe("passing");
	await members.reconcile(agent("a", { status: "left" }));
	expect((await endpoints.catalog.node("a", read)).value).toBeUndefined();
});

it("what an agent wrote of its node stays; an address that has changed is taken over", async () => {
	const { endpoints, members } = await world();
	const node = { node: "a", id: "id-a", address: "10.0.0.7", datacenter: "dc1" };
	const own = { taggedAddresses: { lan: "10.0.0.7" }, meta: { rack: "4" } };
	await endpoints.catalog.register({ ...node, ...own, skipNodeUpdate: false, checks: [] }, write);
	await members.reconcile(agent("a"));
	expect((await endpoints.catalog.node("a", read)).value?.node).toMatchObject(own);
	await members.reconcile(agent("a", { address: "10.0.0.8" }));
	expect((await endpoints.catalog.node("a", read)).value?.node).toMatchObject({ address: "10.0.0.8", meta: own.meta });
});

it("a server is an instance of the service consul", async () => {
	const { endpoints, members } = await world();
	const tags = { ...agent("s2").tags, role: "consul", port: "8300" };
	await members.reconcile(agent("s2", { tags }));
	const { value } = await endpoints.catalog.service("consul", read);
	expect(value).toMatchObject([{ node: { node: "s2" }, service: { port: 8300, meta: { version: "1.14.4" } } }]);
});

it("others in the pool have no place in the catalog; nodes that gossip kept go with it, others stay", async () => {
	const { endpoints, members, lastIndex } = await world();
	await members.reconcile(agent("serf", { tags: {} }));
	await members.reconcile(agent("far", { tags: { ...agent("far").tags, dc: "dc2" } }));
	await members.reconcile(agent("s1", { status: "left" }));
	expect(lastIndex()).toBe(0);
	await members.reconcile(agent("a"));
	const outside = {
		node: "printer",
		id: "",
		address: "10.1.1.1",
		datacenter: "dc1",
		taggedAddresses: null,
		meta: null,
	};
	await endpoints.catalog.register({ ...outside, skipNodeUpdate: false, checks: [] }, write);
	await members.removeStrangers([agent("A")]);
	expect((await endpoints.catalog.nodes(read)).value.map(({ node }) => node)).toEqual(["a", "printer"]);
	await members.removeStrangers([]);
	expect((await endpoints.catalog.nodes(read)).value.map(({ node }) => node)).toEqual(["printer"]);
});
