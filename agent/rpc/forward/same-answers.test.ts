import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CheckContent, InstanceRecord, Registration, TxnOperation, TxnResult } from "../../state/index.ts";
import type { Endpoints } from "../endpoints.ts";
import { bytes, checkContent, queryService, read, registration, serviceContent, write } from "../testing.ts";
import { startPair } from "./testing.ts";

// A client's answers are its server's: every method of `Endpoints`, over random states, errors included.

const name = fc.constantFrom("a", "B", "web-1", "ünï", "x y");
const texts = fc.option(fc.array(fc.constantFrom("v1", "V2", ""), { maxLength: 3 }), { nil: null });
const map = fc.option(fc.dictionary(fc.constantFrom("k", "K2", "__proto__", "1"), fc.string({ maxLength: 5 })), {
	nil: null,
});
const definition = fc.oneof(
	fc.constant({}),
	fc.constant({ Interval: "10s", HTTP: "http://a", Header: { A: ["b", "c"] }, TLSSkipVerify: true }),
	fc.constant({ Timeout: "1m0.5s", TCP: "a:1", TTL: 5_000_000_000, ScriptArgs: ["x", ""], OutputMaxSize: 9 }),
);
const status = fc.constantFrom("passing", "warning", "critical", "odd") as fc.Arbitrary<CheckContent["status"]>;

const service = fc.record({
	id: name,
	service: name,
	kind: fc.constantFrom("", "connect-proxy"),
	tags: texts,
	address: fc.constantFrom("", "10.1.0.1", "::1"),
	taggedAddresses: fc.option(fc.dictionary(name, fc.record({ address: name, port: fc.nat(65_535) }), { maxKeys: 2 }), {
		nil: null,
	}),
	meta: map,
	port: fc.nat(65_535),
	weights: fc.record({ passing: fc.integer({ min: 1, max: 65_535 }), warning: fc.nat(65_535) }),
	enableTagOverride: fc.boolean(),
});
const registered: fc.Arbitrary<Registration> = fc
	.record({
		node: fc.constantFrom("n1", "n2", "N3"),
		address: fc.constantFrom("10.0.0.1", "10.1.0.1", "fd00::1"),
		taggedAddresses: map,
		meta: map,
		service: fc.option(service, { nil: undefined }),
		check: fc.option(
			fc.record({
				checkId: name,
				name,
				status,
				output: fc.string(),
				notes: fc.string(),
				definition,
				serviceTags: texts,
			}),
			{ nil: undefined },
		),
		ofService: fc.boolean(),
	})
	.map(({ node, address, taggedAddresses, meta, service: given, check, ofService }) => {
		const bound = ofService && given !== undefined ? { serviceId: given.id, serviceName: given.service } : {};
		return registration(node, {
			address,
			taggedAddresses,
			meta,
			...(given === undefined ? {} : { service: serviceContent(given.service, given) }),
			checks:
				check === undefined ? [] : [checkContent(check.checkId, { ...check, ...bound, type: "http", interval: "10s" })],
		});
	});

const key = fc.constantFrom("a", "a/b", "a/b/c", "ü/x", "z");
const value = fc.uint8Array({ maxLength: 40 });
const flags = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

/** One change, through one of the two. */
const change = fc.oneof(
	registered.map((each) => (to: Both) => to.catalog.register(each, write)),
	fc.constantFrom("n1", "nope").map((node) => (to: Both) => to.catalog.deregister({ node, serviceId: "a" }, write)),
	fc.tuple(key, value, flags).map(
		([at, content, set]) =>
			(to: Both) =>
				to.kv.write({ operation: "set", key: at, value: content, flags: set }, write),
	),
	fc.tuple(key, value, fc.nat(20)).map(
		([at, content, index]) =>
			(to: Both) =>
				to.kv.write({ operation: "cas", key: at, value: content, flags: 0n, index }, write),
	),
	key.map((at) => (to: Both) => to.kv.write({ operation: "delete", key: at }, write)),
	fc
		.tuple(key, value, flags, fc.constantFrom("set", "cas", "delete-cas", "odd"))
		.map(([at, content, set, verb]) => async (to: Both) => {
			const first = { kind: "kv", verb, key: at, value: content, flags: set, index: 0, session: "" } as const;
			const second = {
				kind: "node",
				verb: "delete",
				node: { ...registration("n2"), createIndex: 0 },
				index: 0,
			} as const;
			const { results, errors, readOnly } = await to.txn.run([first, second], { ...read, consistency: "stale" });
			return { results: results.map(bareResult), errors, readOnly };
		}),
	key.map((at) => (to: Both) => to.kv.write({ operation: "delete-tree", prefix: at }, write)),
	fc
		.record({
			node: fc.constantFrom("n1", "nope"),
			ttl: fc.constantFrom("", "30s", "1s"),
			behavior: fc.constantFrom("", "delete", "odd"),
		})
		.map(
			(wanted) => (to: Both) =>
				to.session.create(
					{ ...wanted, name: "s", lockDelayMs: 1_500.5, nodeChecks: [], serviceChecks: [], oldChecks: ["a"] },
					write,
				),
		),
	fc
		.record({
			name: fc.constantFrom("", "q", "tmpl"),
			service: name,
			tags: texts,
			nodeMeta: map,
			dnsTtl: fc.constantFrom("", "10s", "odd"),
		})
		.map(
			({ name: named, service: wanted, tags, nodeMeta, dnsTtl }) =>
				(to: Both) =>
					to.query.create(
						{
							name: named,
							session: "",
							token: "",
							template: { type: "", regexp: "", removeEmptyTags: false },
							service: queryService(wanted, {
								tags,
								nodeMeta,
								failover: { nearestN: 0, datacenters: null, targets: [{ datacenter: "dc2", peer: "" }] },
							}),
							dnsTtl,
						},
						write,
					),
		),
	fc
		.tuple(
			fc.constantFrom("n1", "n2"),
			fc.array(fc.double({ noNaN: true, min: -1, max: 1 }), { minLength: 7, maxLength: 8 }),
		)
		.map(
			([node, vec]) =>
				(to: Both) =>
					to.coordinate.update(
						{ node, segment: "", coordinate: { vec, error: 1.5, adjustment: -0.5, height: 0 } },
						write,
					),
		),
);

type Both = Required<Endpoints> & { readonly kv: Required<Endpoints["kv"]> };

/** Instances whose checks and node's indexes do not travel (`endpoints.ts`). */
function bare(instances: readonly InstanceRecord[]) {
	return instances.map(({ node, service: each }) => ({
		node: { ...node, createIndex: 0, modifyIndex: 0 },
		// Nil and empty metadata are the same there and in the API.
		service: { ...each, meta: each.meta ?? {} },
	}));
}

/** Neither do a service's node, and the value of what was not read. */
function bareResult(result: TxnResult) {
	if (result.kind === "kv" && !result.withValue) return { ...result, record: { ...result.record, value: bytes("") } };
	return result.kind === "service" ? { ...result, record: { ...result.record, node: "" } } : result;
}

const operations: readonly TxnOperation[] = [
	{ kind: "kv", verb: "get", key: "a", value: bytes(""), flags: 0n, index: 0, session: "" },
	{ kind: "kv", verb: "get-tree", key: "", value: bytes(""), flags: 0n, index: 0, session: "" },
	{
		kind: "node",
		verb: "get",
		node: { id: "", node: "n1", address: "", datacenter: "", taggedAddresses: null, meta: null },
		index: 0,
	},
	{ kind: "service", verb: "get", node: "n1", service: serviceContent("a"), index: 0 },
	{ kind: "check", verb: "get", node: "n1", check: checkContent("a"), index: 0 },
	{ kind: "kv", verb: "odd", key: "a", value: bytes(""), flags: 0n, index: 0, session: "" },
];

/** Every question, by name. */
const questions: Readonly<Record<string, (to: Both) => Promise<unknown>>> = {
	datacenters: (to) => to.catalog.datacenters(),
	leader: (to) => to.status.leader(),
	peers: (to) => to.status.peers(),
	nodes: (to) => to.catalog.nodes(read),
	"nodes by meta": (to) => to.catalog.nodes({ ...read, nodeMeta: { k: "" } }),
	services: (to) => to.catalog.services(read),
	"services by meta": (to) => to.catalog.services({ ...read, nodeMeta: { k: "" } }),
	"service instances": async (to) => {
		const answer = await to.catalog.service("a", read);
		return { ...answer, value: bare(answer.value) };
	},
	"tagged instances": async (to) => {
		const answer = await to.catalog.service("web-1", { ...read, tags: ["v1", "v2"], consistency: "stale" });
		return { ...answer, value: bare(answer.value) };
	},
	node: (to) => to.catalog.node("n1", { ...read, consistency: "consistent" }),
	"unknown node": (to) => to.catalog.node("nope", read),
	"health of a node": (to) => to.health.node("N1", read),
	"health of a service": (to) => to.health.service("a", read),
	"passing instances": (to) => to.health.service("a", { ...read, passing: true, tags: ["v1"] }),
	"checks of a service": (to) => to.health.checks("a", read),
	"all checks": (to) => to.health.state("any", read),
	"critical checks": (to) => to.health.state("critical", { ...read, nodeMeta: { k: "" } }),
	"by address": async (to) => {
		const answer = await to.health.byAddress?.("10.1.0.1", read);
		return { ...answer, value: bare(answer?.value ?? []) };
	},
	key: (to) => to.kv.get("a", read),
	"keys below": (to) => to.kv.list("a", read),
	names: (to) => to.kv.keys("", "/", read),
	history: (to) => to.kv.history("a", read),
	sessions: (to) => to.session.list(read),
	"a node's sessions": (to) => to.session.node("n1", read),
	"unknown session": (to) => to.session.get("nope", read),
	"renewed unknown": (to) => to.session.renew("nope", write),
	queries: (to) => to.query.list(read),
	"bad query id": (to) => to.query.get("nope", read),
	explained: (to) => to.query.explain("q", read),
	coordinates: (to) => to.coordinate.nodes(read),
	"a node's coordinates": (to) => to.coordinate.node("n1", read),
	near: async (to) => to.coordinate.sortNear("n1", ["n2", "x", "n1"], (each) => each),
	raft: (to) => to.operator.raftConfiguration(read),
	"autopilot health": (to) => to.operator.autopilotHealth(read),
	autopilot: async (to) => (await to.operator.autopilotConfiguration(read)).value,
	"other datacenter": (to) => to.kv.get("a", { ...read, datacenter: "dc2" }),
	...Object.fromEntries(
		operations.map((operation, at) => [
			`transaction ${at}`,
			async (to: Both) => {
				const answer = await to.txn.run([operation], { ...read, consistency: "default" });
				return { ...answer, results: answer.results.map(bareResult) };
			},
		]),
	),
};

async function outcomeOf(asked: Promise<unknown>): Promise<unknown> {
	try {
		return plain(await asked);
	} catch (error) {
		const { code, message } = error as { code?: string; message: string };
		return { code, message };
	}
}

/** What every question is answered with. */
async function allOf(to: Both): Promise<Record<string, unknown>> {
	const answers = Object.entries(questions).map(async ([asked, ask]) => [asked, await outcomeOf(ask(to))] as const);
	return Object.fromEntries(await Promise.all(answers));
}

/** Bytes compare as bytes, whatever holds them. */
function plain(answer: unknown): unknown {
	if (answer instanceof Uint8Array) return Buffer.from(answer).toString("hex");
	if (answer instanceof Map) return plain([...answer].sort());
	if (Array.isArray(answer)) return answer.map(plain);
	if (typeof answer !== "object" || answer === null) return answer;
	return Object.entries(answer)
		.map(([field, each]) => [field, plain(each)])
		.sort();
}

describe("a client's endpoints", () => {
	it("answer what the server's do", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(fc.tuple(change, fc.boolean()), { maxLength: 12 }), async (changes) => {
				const { endpoints, client, during, clock } = await startPair();
				for (const [act, remote] of changes) await during(outcomeOf(act(remote ? client : endpoints)));
				await clock.advanceAsync(1_100);
				// The first question writes the defaults.
				await during(endpoints.operator.autopilotConfiguration(read));
				const here = await during(allOf(endpoints));
				expect(await during(allOf(client))).toEqual(here);
			}),
			{ numRuns: process.env["DISCO_LONG"] === undefined ? 25 : 500 },
		);
	});

	it("change the state as the server's do", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(change, { maxLength: 10 }), async (changes) => {
				const [direct, over] = [await startPair(), await startPair()];
				for (const act of changes) {
					const here = await direct.during(outcomeOf(act(direct.endpoints)));
					const there = await over.during(outcomeOf(act(over.client)));
					expect(there).toEqual(here);
				}
				await direct.clock.advanceAsync(1_100);
				await over.clock.advanceAsync(1_100);
				const here = await direct.during(allOf(direct.endpoints));
				expect(await over.during(allOf(over.endpoints))).toEqual(here);
			}),
			{ numRuns: process.env["DISCO_LONG"] === undefined ? 15 : 300 },
		);
	});
});
