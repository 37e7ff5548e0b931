import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FakeClock, FakeNetwork } from "../../../lib/env/fake.ts";
import { type Codec, encode, Reader } from "../../../lib/msgpack/index.ts";
import { nodeClock, nodeNetwork } from "../../../lib/node/index.ts";
import { empty } from "./common.ts";
import { listenOnServerPort } from "./first-byte.ts";
import { methods } from "./methods.ts";
import { requestHeader, responseHeader, served } from "./rpc.ts";
import { RpcClient } from "./rpc-client.ts";
import { indexedKeyList } from "./structs.ts";

interface Vector {
	readonly name: string;
	readonly hex: string;
}
const vectors = JSON.parse(readFileSync("test/vectors/consul-rpc-vectors.json", "utf8")) as {
	readonly rpc: readonly Vector[];
	readonly requests: readonly Vector[];
	readonly responses: readonly Vector[];
};
const codecs: Readonly<Record<string, Codec<never>>> = Object.fromEntries(
	Object.entries({
		"request-header": requestHeader,
		"response-header": responseHeader,
		"response-header-error": responseHeader,
		"empty-struct": empty,
		"Catalog.Register": methods.register.argument,
		"Catalog.Register-node-only": methods.register.argument,
		"Catalog.Deregister": methods.deregister.argument,
		"Catalog.ListServices": methods.services.argument,
		"Catalog.ServiceNodes": methods.serviceNodes.argument,
		"Catalog.NodeServices": methods.nodeServices.argument,
		"Health.ChecksInState": methods.checksInState.argument,
		"KVS.Apply-set": methods.kvApply.argument,
		"KVS.Get": methods.kvGet.argument,
		"KVS.ListKeys": methods.kvListKeys.argument,
		"Session.Apply-create": methods.sessionApply.argument,
		"Session.Get": methods.sessionGet.argument,
		"Internal.EventFire": methods.eventFire.argument,
		"Internal.KeyringOperation": methods.keyring.argument,
		"Coordinate.Update": methods.coordinateUpdate.argument,
		"PreparedQuery.Execute": methods.queryExecute.argument,
		"PreparedQuery.Apply": methods.queryApply.argument,
		"Txn.Apply": methods.txnApply.argument,
		"Txn.Read": methods.txnRead.argument,
		"Status.Ping": methods.ping.argument,
		IndexedServices: methods.services.reply,
		IndexedNodes: methods.nodes.reply,
		IndexedServiceNodes: methods.serviceNodes.reply,
		IndexedNodeServices: methods.nodeServices.reply,
		IndexedCheckServiceNodes: methods.healthServiceNodes.reply,
		IndexedHealthChecks: methods.checksInState.reply,
		IndexedDirEntries: methods.kvGet.reply,
		"IndexedDirEntries-empty": methods.kvList.reply,
		IndexedKeyList: methods.kvListKeys.reply,
		IndexedSessions: methods.sessionList.reply,
		bool: methods.kvApply.reply,
		string: methods.leader.reply,
		strings: methods.peers.reply,
		IndexedNodeDump: methods.nodeDump.reply,
		TxnResponse: methods.txnApply.reply,
	}).map(([name, codec]) => [name, codec as Codec<never>]),
);
/** Spoken by servers and clients with ACLs, which is not done yet. */
const acl = ["ACL.TokenRead", "ACL.PolicyResolve", "ACLTokenResponse", "ACLPolicyBatchResponse"];
const recorded = [...vectors.rpc, ...vectors.requests, ...vectors.responses].filter(({ name }) => !acl.includes(name));

it.each(recorded)("$name: the recorded bytes both ways", ({ name, hex }) => {
	const codec = codecs[name] as Codec<never>;
	const reader = new Reader(Uint8Array.from(Buffer.from(hex, "hex")));
	const value = codec.read(reader);
	expect(reader.leftBytes).toBe(0);
	expect(Buffer.from(encode(codec, value)).toString("hex")).toBe(hex);
});

it("there are no others", () => {
	expect(recorded.map(({ name }) => name).sort()).toEqual(Object.keys(codecs).sort());
});

const table = new Map(
	[
		served(methods.ping, async () => ({})),
		served(methods.leader, async ({ Datacenter }) => `${Datacenter}:8300`),
		served(methods.peers, async () => {
			throw new Error("No cluster leader");
		}),
		served(methods.kvListKeys, async () => ({
			...indexedKeyList.zero,
			Keys: Array.from({ length: 60_000 }, (_, at) => `key/number/${at}`),
		})),
	].map((method) => [method.name, method]),
);

async function world() {
	const clock = new FakeClock();
	const network = new FakeNetwork({ clock });
	const server = network.host("10.0.0.1");
	const raft: string[] = [];
	await listenOnServerPort({
		network: server,
		clock,
		host: "10.0.0.1",
		port: 8300,
		methods: table,
		onRaft: async (connection) => {
			for await (const chunk of connection.incoming) raft.push(Buffer.from(chunk).toString());
		},
	});
	const host = network.host("10.0.0.2");
	const client = new RpcClient({ network: host, clock, to: { host: "10.0.0.1", port: 8300 } });
	async function during<Value>(promise: Promise<Value>): Promise<Value> {
		promise.catch(() => undefined);
		for (let tries = 0; tries < 50; tries++) await clock.advanceAsync(1);
		return promise;
	}
	return { clock, client, during, host, raft };
}

const query = { ...methods.leader.argument.zero, Datacenter: "dc1" };

describe("the server port", () => {
	it("answers calls over yamux, many at a time, with large answers and errors", async () => {
		const { client, during } = await world();
		expect(await during(client.call(methods.ping, {}, { timeoutMs: 1_000 }))).toEqual({});
		const many = Array.from({ length: 40 }, () => client.call(methods.leader, query, { timeoutMs: 1_000 }));
		expect(new Set(await during(Promise.all(many)))).toEqual(new Set(["dc1:8300"]));
		await expect(during(client.call(methods.peers, query, { timeoutMs: 1_000 }))).rejects.toMatchObject({
			code: "NO_LEADER",
			message: "No cluster leader",
		});
		const keys = await during(client.call(methods.kvListKeys, methods.kvListKeys.argument.zero, { timeoutMs: 10_000 }));
		expect(keys.Keys).toHaveLength(60_000);
	});

	it("tells of unknown services and methods in the reference's words", async () => {
		const { client, during } = await world();
		const call = (name: string) => during(client.call({ ...methods.ping, name }, {}, { timeoutMs: 1_000 }));
		await expect(call("Nothing.Ping")).rejects.toMatchObject({ message: "rpc: can't find service Nothing.Ping" });
		await expect(call("Status.Nothing")).rejects.toMatchObject({ message: "rpc: can't find method Status.Nothing" });
		expect(await during(client.call(methods.ping, {}, { timeoutMs: 1_000 }))).toEqual({});
	});

	it("answers calls without yamux, one after the other, however they are cut", async () => {
		const { clock, during, host } = await world();
		const connection = await during(host.connect({ host: "10.0.0.1", port: 8300 }, { timeoutMs: 100 }));
		const calls = [1, 2, 3].map((Seq) => [
			encode(requestHeader, { ServiceMethod: "Status.Leader", Seq }),
			encode(methods.leader.argument, { ...query, Datacenter: `dc${Seq}` }),
		]);
		const answers: Uint8Array[] = [];
		const reading = (async () => {
			for await (const chunk of connection.incoming) answers.push(chunk);
		})();
		for (const byte of Buffer.concat([Uint8Array.of(0), ...calls.flat()])) {
			await during(connection.write(Uint8Array.of(byte)));
		}
		await clock.advanceAsync(100);
		const wanted = [1, 2, 3].flatMap((Seq) => [
			encode(responseHeader, { ServiceMethod: "Status.Leader", Seq, Error: "" }),
			encode(methods.leader.reply, `dc${Seq}:8300`),
		]);
		expect(Buffer.concat(answers)).toEqual(Buffer.concat(wanted));
		await connection.close();
		await clock.advanceAsync(100);
		await reading;
	});

	it("passes Raft's connections on, closes others, and those that say nothing", async () => {
		const { clock, during, host, raft } = await world();
		const connect = () => during(host.connect({ host: "10.0.0.1", port: 8300 }, { timeoutMs: 100 }));
		await during((await connect()).write(Buffer.from("\u0001hello")));
		expect(raft.join("")).toBe("hello");
		for (const first of ["\u0002", ""]) {
			const connection = await connect();
			if (first !== "") await during(connection.write(Buffer.from(first)));
			const end = connection.incoming[Symbol.asyncIterator]().next();
			await clock.advanceAsync(6_000);
			expect(await end).toMatchObject({ done: true });
		}
	});

	it("a call that is not answered is given up", async () => {
		const { clock, host } = await world();
		await host.listen({ host: "10.0.0.2", port: 9 }, () => undefined);
		const client = new RpcClient({ network: host, clock, to: { host: "10.0.0.2", port: 9 } });
		const call = client.call(methods.ping, {}, { timeoutMs: 1_000 });
		call.catch(() => undefined);
		await clock.advanceAsync(1_500);
		await expect(call).rejects.toMatchObject({ code: expect.stringMatching(/CALL_TIMEOUT|CONNECTION_LOST/) });
	});

	it("works on a real network", async () => {
		const parts = { network: nodeNetwork, clock: nodeClock };
		const listener = await listenOnServerPort({
			...parts,
			host: "127.0.0.1",
			port: 0,
			methods: table,
			onRaft: async () => undefined,
		});
		const client = new RpcClient({ ...parts, to: { host: "127.0.0.1", port: listener.local.port } });
		const keys = await client.call(methods.kvListKeys, methods.kvListKeys.argument.zero, { timeoutMs: 10_000 });
		expect(keys.Keys).toHaveLength(60_000);
		await client.close();
		await listener.close();
	});
});
