import { describe, expect, it } from "vitest";
import { FakeNetwork } from "../../../lib/env/fake.ts";
import { DiscoError } from "../../../lib/errors.ts";
import type { InstanceRecord } from "../../state/index.ts";
import { registration, serviceContent, startServer, write } from "../testing.ts";
import { methods } from "../wire/methods.ts";
import type { Method } from "../wire/rpc.ts";
import { askKeyrings, callServer, createServedMethods, listenOnServerPort } from "./index.ts";
import type { KeyringPool } from "./keyring.ts";
import { during } from "./testing.ts";

// What real clients leave to the server, and disco's do themselves.

const key = Buffer.alloc(32, 7).toString("base64");

function pool(isEncrypted: boolean, asked: unknown[] = [], wan?: KeyringPool): KeyringPool {
	return {
		isEncrypted,
		async keyring(operation, { key: given, relayFactor }) {
			const failed = operation === "use-key" ? 1 : 0;
			asked.push([operation, given === undefined ? "" : Buffer.from(given).toString("base64"), relayFactor]);
			return {
				memberCount: 3,
				responseCount: operation === "remove-key" ? 2 : 3,
				errorCount: failed,
				messages: failed === 0 ? new Map() : new Map([["n1", "Requested key is not in the keyring"]]),
				keys: new Map([[key, 3]]),
				primaryKeys: new Map([[key, 2]]),
			};
		},
		...(wan === undefined ? {} : { wan }),
	};
}

/** An expression is a tag, which an instance has; the real filters are those of HTTP. */
function withTag(tag: string) {
	if (tag === "?") throw new DiscoError("FILTER_INVALID", "that is no tag");
	return ({ service }: InstanceRecord) => service.tags?.includes(tag) === true;
}
const all = () => () => true;
const filters = { node: all, service: all, check: all, catalogService: all, instance: all, listedService: withTag };

async function start(keyringPool?: () => KeyringPool | undefined) {
	const { endpoints, clock } = await startServer();
	const network = new FakeNetwork({ clock }).host("10.0.0.1");
	const options = { datacenter: "dc1", filters };
	const keyring = askKeyrings({
		datacenter: "dc1",
		nodeName: "s1",
		pool: () => keyringPool?.(),
		datacenters: () => ["dc1"],
		operatorOf: () => endpoints.operator,
	});
	const withKeys = { ...endpoints, operator: { ...endpoints.operator, keyring } };
	const served = { methods: createServedMethods(withKeys, options), onRaft: async () => undefined };
	await listenOnServerPort({ network, clock, host: "10.0.0.1", port: 8300, ...served });
	function call<Argument, Reply>(method: Method<Argument, Reply>, argument: Partial<Argument>): Promise<Reply> {
		const question = { method, argument: { ...method.argument.zero, ...argument }, timeoutMs: 1_000 };
		return during(clock, callServer({ network, clock }, "10.0.0.1:8300", question));
	}
	return { endpoints, call };
}

describe("Internal.KeyringOperation", () => {
	it("asks both pools, the servers' first", async () => {
		const asked: unknown[] = [];
		const { call } = await start(() => pool(true, asked, pool(true, asked)));
		const listed = { Datacenter: "dc1", Segment: "", Messages: null, Keys: { [key]: 3 }, PrimaryKeys: { [key]: 2 } };
		const { Responses } = await call(methods.keyring, { Operation: "list", RelayFactor: 2 });
		expect(Responses).toEqual([
			{ WAN: true, ...listed, NumNodes: 3, Error: "" },
			{ WAN: false, ...listed, NumNodes: 3, Error: "" },
		]);
		await call(methods.keyring, { Operation: "install", Key: key, LocalOnly: true });
		expect(asked).toEqual([
			["list-keys", "", 2],
			["list-keys", "", 2],
			["install-key", key, 0],
		]);
	});

	it("tells what went wrong in the reference's words", async () => {
		const { call } = await start(() => pool(true));
		const errorOf = async (Operation: string, Key: string) => {
			const { Responses } = await call(methods.keyring, { Operation, Key });
			return Responses?.map(({ Error: text, Messages }) => [text, Messages]);
		};
		expect(await errorOf("use", key)).toEqual([
			["1/3 nodes reported failure", { n1: "Requested key is not in the keyring" }],
		]);
		expect(await errorOf("remove", key)).toEqual([["2/3 nodes reported success", null]]);
		expect(await errorOf("install", "x")).toEqual([["illegal base64 data at input byte 0", null]]);
		await expect(errorOf("toString", key)).rejects.toThrow("Invalid keyring operation");
	});

	it("says that gossip is not encrypted", async () => {
		const { call } = await start(() => pool(false, [], pool(false)));
		const { Responses } = await call(methods.keyring, { Operation: "list" });
		expect(Responses?.map(({ Error: text, Messages }) => [text, Messages])).toEqual([
			["1/1 nodes reported failure", { "s1.dc1": "Keyring is empty (encryption not enabled)" }],
			["1/1 nodes reported failure", { s1: "Keyring is empty (encryption not enabled)" }],
		]);
	});
});

describe("what disco has not", () => {
	it("is refused with the reference's text, and the gateways of a service are none", async () => {
		const { call, endpoints } = await start();
		const named = (name: string) => ({ ...methods.services, name });
		await expect(call(named("ACL.PolicyResolve"), {})).rejects.toThrow("ACL support disabled");
		await expect(call(named("ConnectCA.Roots"), {})).rejects.toThrow("Connect must be enabled");
		await expect(call(named("ConfigEntry.List"), {})).rejects.toThrow("no service mesh");
		await expect(call(named("ConfigEntry.Zap"), {})).rejects.toThrow("rpc: can't find method ConfigEntry.Zap");
		await endpoints.catalog.register(registration("n1", { service: serviceContent("web") }), write);
		expect(await call(methods.gatewayServices, { ServiceName: "web" })).toMatchObject({ Services: null });
	});
});

describe("Catalog.ListServices", () => {
	it("is filtered by the instances", async () => {
		const { call, endpoints } = await start();
		const instances = [
			["n1", serviceContent("web", { id: "web-1", tags: ["a", "b"] })],
			["n1", serviceContent("web", { id: "web-2", tags: ["c"] })],
			["n2", serviceContent("db", { tags: ["a"] })],
		] as const;
		for (const [node, service] of instances) await endpoints.catalog.register(registration(node, { service }), write);
		const services = async (Filter: string) => (await call(methods.services, { Filter })).Services;
		expect(await services("a")).toEqual(
			new Map([
				["db", ["a"]],
				["web", ["a", "b"]],
			]),
		);
		expect(await services("c")).toEqual(new Map([["web", ["c"]]]));
		await expect(services("?")).rejects.toThrow("that is no tag");
	});
});
