import fc from "fast-check";
import { expect, it } from "vitest";
import { DiscoError } from "../../lib/errors.ts";
import {
	type CheckContent,
	type KvWrite,
	type PreparedQueryContent,
	type Registration,
	type ServiceContent,
	StateStore,
	type TxnOperation,
	WatchSet,
} from "./index.ts";
import { byText, type CheckRow, type Command, Model, type NodeRow, type ServiceRow, same } from "./reference-model.ts";
import { queryService } from "./testing.ts";

// What both sides are reduced to.
const node = ({ node, id, address, modifyIndex }: NodeRow) => ({ node, id, address, modifyIndex });
const service = (row: Omit<ServiceRow, "tags"> & { tags: readonly string[] | null }) => {
	const { node, id, service, tags, modifyIndex } = row;
	return { node, id, service, tags: tags ?? [], modifyIndex };
};
const check = (row: CheckRow) => {
	const { node, checkId, serviceId, serviceName, serviceTags, status, modifyIndex } = row;
	return { node, checkId, serviceId, serviceName, serviceTags, status, modifyIndex };
};

/** `undefined` and empty answers are "missing": their index may follow the table's, in silence. */
interface Question {
	readonly name: string;
	ask(store: StateStore, watchSet?: WatchSet): { readonly index: number; readonly value: unknown };
	/** The answer in the reduced form. */
	reduced(value: never): unknown;
	model(model: Model): unknown;
	/** What moves the index and wakes, where that is more than the answer: a table's whole rows. */
	follows(model: Model): unknown;
	/** What gives the index while the answer is missing; a table's own is always its last change. */
	readonly missing:
		| "own"
		| "kv"
		| "nodes"
		| "checks"
		| "nodes+services"
		| "extinction"
		| "named checks"
		| "index not followed";
}

const keyRow = (row: { key: string; value: Uint8Array; session?: string; lockIndex: number; modifyIndex: number }) => ({
	key: row.key,
	value: new TextDecoder().decode(row.value),
	session: row.session ?? "",
	lockIndex: row.lockIndex,
	modifyIndex: row.modifyIndex,
});

function question<Value>(
	name: string,
	missing: Question["missing"],
	ask: (store: StateStore, watchSet?: WatchSet) => { readonly index: number; readonly value: Value },
	reduced: (value: Value) => unknown,
	model: (model: Model) => unknown,
	follows = model,
): Question {
	return { name, missing, ask, reduced: reduced as Question["reduced"], model, follows };
}

const keysBelow = (model: Model, prefix: string) =>
	model.keys.filter(({ key }) => key.startsWith(prefix)).sort((a, b) => byText(a.key, b.key));

const questions: readonly Question[] = [
	question(
		"nodes",
		"own",
		(s, w) => s.nodes(w),
		(rows) => rows.map(node),
		(m) => [...m.nodes].sort((a, b) => byText(a.node.toLowerCase(), b.node.toLowerCase())).map(node),
	),
	question(
		"all checks",
		"own",
		(s, w) => s.checksInState("any", w),
		(rows) => rows.map(check),
		(m) => m.checksBy(() => true).map(check),
	),
	question(
		"services",
		"own",
		(s, w) => s.services(w),
		(map) => [...map.keys()].sort(byText),
		(m) => [...new Set(m.services.map((row) => row.service))].sort(byText),
		(m) => m.services.map((row) => JSON.stringify(row)).sort(),
	),
	...["web", "db"].map((name) =>
		question(
			`instances of ${name}`,
			"extinction",
			(s, w) => s.serviceInstances(name, w),
			(rows) =>
				rows.map((row) => ({ node: node(row.node), service: service(row.service), checks: row.checks.map(check) })),
			(m) =>
				m.instances(name).map((row) => ({
					node: row.node === undefined ? undefined : node(row.node),
					service: service(row.service),
					checks: row.checks.map(check),
				})),
		),
	),
	...["web", "db"].map((name) =>
		question(
			`checks of ${name}`,
			"named checks",
			(s, w) => s.serviceChecks(name, w),
			(rows) => rows.map(check),
			(m) => m.checksOf(name).map(check),
		),
	),
	...["n1", "n2"].flatMap((name) => [
		question(
			"checks of a node",
			"checks",
			(s, w) => s.nodeChecks(name, w),
			(rows) => rows.map(check),
			(m) => m.checksBy((row) => same(row.node, name)).map(check),
		),
		question(
			"a node's services",
			"nodes+services",
			(s, w) => s.nodeServices(name, w),
			(found) => found && { node: node(found.node), services: found.services.map(service) },
			(m) => {
				const row = m.nodes.find((other) => same(other.node, name));
				const services = m.services.filter((other) => same(other.node, name));
				services.sort((a, b) => byText(a.id.toLowerCase(), b.id.toLowerCase()));
				return row && { node: node(row), services: services.map(service) };
			},
		),
	]),
	...["a", "a/b", "ab"].map((key) =>
		question(
			`key ${key}`,
			"kv",
			(s, w) => s.kvGet(key, w),
			(row) => row && keyRow(row),
			(m) => m.keys.find((row) => row.key === key),
		),
	),
	...["", "a", "a/", "a/b/"].map((prefix) =>
		question(
			`keys below ${prefix}`,
			prefix === "" ? "own" : "kv",
			(s, w) => s.kvList(prefix, w),
			(rows) => rows.map(keyRow),
			(m) => keysBelow(m, prefix),
		),
	),
	question(
		"sessions",
		"own",
		(s, w) => s.sessions(w),
		(rows) => rows.map(({ id }) => id),
		(m) => m.sessions.map(({ id }) => id).sort(byText),
	),
	question(
		"a session",
		"own",
		(s, w) => s.session("session-1", w),
		(row) => row?.id,
		(m) => m.sessions.find(({ id }) => id === "session-1")?.id,
		(m) => m.sessions.map(({ id }) => id).sort(byText),
	),
	question(
		"queries",
		"own",
		(s, w) => s.preparedQueries(w),
		(rows) => rows.map(({ id, name, session, modifyIndex }) => ({ id, name, session, modifyIndex })),
		(m) =>
			[...m.queries]
				.sort((a, b) => byText(a.id, b.id))
				.map(({ id, name, session, modifyIndex }) => ({ id, name, session, modifyIndex })),
	),
	...["x", "xy", "XYZ", "z"].map((asked) =>
		question(
			`query for ${asked}`,
			"index not followed",
			(s) => ({ index: 1, value: s.resolveQuery(asked)?.id }),
			(id) => id,
			(m) => m.resolve(asked),
		),
	),
	question(
		"coordinates",
		"own",
		(s, w) => s.coordinates(w),
		(rows) => rows.map((row) => ({ node: row.node, at: row.coordinate.height })),
		(m) => [...m.coordinates].sort((a, b) => byText(a.node.toLowerCase(), b.node.toLowerCase())),
	),
	...["a", "a/b"].map((key) =>
		question(
			`history of ${key}`,
			"index not followed",
			(s, w) => s.kvHistory(key, w),
			(rows) =>
				rows.map(({ index, value }) => ({
					index,
					value: value === undefined ? undefined : new TextDecoder().decode(value),
				})),
			(m) => m.revisions.filter((row) => row.key === key).map(({ index, value }) => ({ index, value })),
		),
	),
];

const isMissing = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);

// Commands over so few names that they meet all the time.
const nodeName = fc.constantFrom("n1", "N1", "n2");
const serviceId = fc.constantFrom("s1", "S1", "s2");
const key = fc.constantFrom("a", "a/b", "a/b/c", "ab", "z");
const value = fc.constantFrom("x", "y").map((text) => new TextEncoder().encode(text));
const sessionId = fc.constantFrom("session-1", "session-2");
const index = fc.nat({ max: 30 });

const serviceContent: fc.Arbitrary<ServiceContent> = fc
	.record({ id: serviceId, service: fc.constantFrom("web", "db"), tags: fc.constantFrom(null, ["t"], ["t", "u"]) })
	.map((given) => ({
		...given,
		kind: "",
		address: "",
		taggedAddresses: null,
		meta: null,
		port: 0,
		weights: { passing: 1, warning: 1 },
		enableTagOverride: false,
	}));

const checkContent: fc.Arbitrary<CheckContent> = fc
	.record({
		checkId: fc.constantFrom("c1", "c2"),
		serviceId: fc.oneof(fc.constant(""), serviceId),
		status: fc.constantFrom("passing" as const, "critical" as const),
		serviceName: fc.constantFrom("", "", "web", "DB"),
		serviceTags: fc.constantFrom(null, [], ["t"]),
		// How it is made: a change of that alone is none.
		type: fc.constantFrom("", "ttl"),
	})
	.map((given) => ({
		...given,
		name: "",
		notes: "",
		output: "",
		interval: "",
		timeout: "",
		exposedPort: 0,
		definition: {},
	}));

const registration: fc.Arbitrary<Registration> = fc
	.record({
		node: nodeName,
		id: fc.constantFrom("", "", "id-1", "id-2"),
		address: fc.constantFrom("10.0.0.1", "10.0.0.2"),
		skipNodeUpdate: fc.boolean(),
		service: fc.option(serviceContent, { nil: undefined }),
		// A check twice in one registration may come and go within it: an index moves though nothing changed.
		checks: fc.uniqueArray(checkContent, { maxLength: 2, selector: ({ checkId }) => checkId }),
	})
	.map(({ service, ...given }) => ({
		...given,
		...(service === undefined ? {} : { service }),
		datacenter: "dc1",
		taggedAddresses: null,
		meta: null,
	}));

const write: fc.Arbitrary<KvWrite> = fc.oneof(
	fc.record({ operation: fc.constant("set" as const), key, value, flags: fc.constant(0n) }),
	fc.record({ operation: fc.constant("cas" as const), key, value, flags: fc.constant(0n), index }),
	fc.record({
		operation: fc.constantFrom("lock" as const, "unlock" as const),
		key,
		value,
		flags: fc.constant(0n),
		session: sessionId,
	}),
	fc.record({ operation: fc.constant("delete" as const), key }),
	fc.record({ operation: fc.constant("delete-cas" as const), key, index }),
	fc.record({ operation: fc.constant("delete-tree" as const), prefix: fc.constantFrom("", "a/", "a/b", "q") }),
);

const queryId = fc.constantFrom("query-1", "query-2", "query-3");

const operation: fc.Arbitrary<TxnOperation> = fc.oneof(
	{
		weight: 3,
		arbitrary: fc.record({
			kind: fc.constant("kv" as const),
			// Mostly such as succeed, or no transaction would.
			verb: fc.constantFrom(
				...["set", "set", "set", "set", "delete", "delete-tree", "lock", "unlock", "cas", "delete-cas"],
				...["get", "check-index", "check-session", "check-not-exists"],
			),
			key,
			value,
			flags: fc.constant(0n),
			index,
			session: sessionId,
		}),
	},
	fc.record({
		kind: fc.constant("node" as const),
		verb: fc.constantFrom("set", "set", "get", "delete", "delete-cas"),
		node: fc.record({ node: nodeName, address: fc.constantFrom("10.0.0.1", "10.0.0.2") }).map((given) => ({
			...given,
			id: "",
			datacenter: "dc1",
			taggedAddresses: null,
			meta: null,
		})),
		index,
	}),
	fc.record({
		kind: fc.constant("service" as const),
		verb: fc.constantFrom("set", "set", "delete"),
		node: nodeName,
		service: serviceContent,
		index,
	}),
	fc.record({
		kind: fc.constant("check" as const),
		verb: fc.constantFrom("set", "set", "delete"),
		node: nodeName,
		check: checkContent,
		index,
	}),
	fc.record({ kind: fc.constant("session" as const), verb: fc.constant("delete"), id: sessionId }),
);

const command: fc.Arbitrary<Command> = fc.oneof(
	{ weight: 4, arbitrary: fc.record({ do: fc.constant("register" as const), registration }) },
	{
		weight: 2,
		arbitrary: fc.oneof(
			fc.record({ do: fc.constant("deregister" as const), node: nodeName }),
			fc.record({ do: fc.constant("deregister" as const), node: nodeName, serviceId }),
			fc.record({ do: fc.constant("deregister" as const), node: nodeName, checkId: fc.constantFrom("c1", "c2") }),
		),
	},
	{ weight: 5, arbitrary: fc.record({ do: fc.constant("kv" as const), write }) },
	{
		weight: 1,
		arbitrary: fc.record({
			do: fc.constant("session" as const),
			id: sessionId,
			node: nodeName,
			behavior: fc.constantFrom("release" as const, "delete" as const),
			nodeChecks: fc.constantFrom([], [], ["c1"], ["C1", "c2"]),
		}),
	},
	{ weight: 1, arbitrary: fc.record({ do: fc.constant("end" as const), id: sessionId }) },
	{
		weight: 2,
		arbitrary: fc.oneof(
			fc.record({
				do: fc.constant("query" as const),
				id: queryId,
				name: fc.constantFrom("", "x", "X", "xy"),
				session: fc.constantFrom("", "", "session-1"),
				template: fc.constantFrom("", "name_prefix_match"),
			}),
			fc.record({ do: fc.constant("query-delete" as const), id: queryId }),
		),
	},
	{
		weight: 1,
		arbitrary: fc.record({ do: fc.constant("coordinate" as const), node: nodeName, at: fc.constantFrom(1, 2) }),
	},
	{
		weight: 1,
		arbitrary: fc.record({
			do: fc.constant("rules" as const),
			rules: fc.constantFrom(
				[],
				[{ prefix: "a", revisionsMax: 2 }],
				[
					{ prefix: "a", revisionsMax: 3 },
					{ prefix: "a/", revisionsMax: 1 },
				],
			),
		}),
	},
	{
		weight: 4,
		arbitrary: fc.record({
			do: fc.constant("txn" as const),
			operations: fc.array(operation, { minLength: 1, maxLength: 5 }),
		}),
	},
);

function runOnStore(store: StateStore, at: number, given: Command): boolean | number[] {
	if (given.do === "txn") return store.txn(at, given.operations).errors.map(({ operation }) => operation);
	try {
		return runOne(store, at, given);
	} catch (error) {
		if (error instanceof DiscoError) return false;
		throw error;
	}
}

function runOne(store: StateStore, at: number, given: Exclude<Command, { do: "txn" }>): boolean {
	switch (given.do) {
		case "register":
			store.register(at, given.registration);
			return true;
		case "kv":
			return store.kvWrite(at, given.write);
		case "end":
			store.sessionDestroy(at, given.id);
			return true;
		case "deregister":
			store.deregister(at, given);
			return true;
		case "session":
			store.sessionCreate(at, { ...given, name: "", lockDelayMs: 0, ttl: "", serviceChecks: [] });
			return true;
		case "query":
			store.querySet(at, queryContent(given), false);
			return true;
		case "query-delete":
			store.queryDelete(at, given.id);
			return true;
		case "coordinate": {
			const coordinate = { vec: [0, 0], error: 0, adjustment: 0, height: given.at };
			store.coordinatesUpdate(at, [{ node: given.node, segment: "", coordinate }]);
			return true;
		}
		case "rules":
			store.setKvHistoryRules(given.rules);
			return true;
	}
}

function queryContent({ id, name, session, template }: Command & { do: "query" }): PreparedQueryContent {
	return {
		id,
		name,
		session,
		token: "",
		template: { type: template, regexp: "", removeEmptyTags: false },
		service: queryService("web"),
		dnsTtl: "",
	};
}

/** Follows one question through the commands. */
interface Follower {
	readonly question: Question;
	model: unknown;
	/** Last command that changed the answer. */
	changedAt: number;
	index: number;
	value: unknown;
	woken: boolean;
}

it("the store agrees with the model on answers, indexes, refusals and wake-ups, and survives a snapshot", () => {
	fc.assert(
		fc.property(fc.array(command, { minLength: 1, maxLength: 40 }), (commands) => {
			const slices: (() => void)[] = [];
			const store = new StateStore({ wakeSlices: (slice) => slices.push(slice) });
			const model = new Model();
			const followers = questions.map(
				(asked): Follower => ({
					question: asked,
					model: structuredClone(asked.follows(model)),
					changedAt: 0,
					index: asked.ask(store).index,
					value: asked.ask(store).value,
					woken: false,
				}),
			);
			commands.forEach((given, before) => {
				// From 2 on, as in a log: index 1 stands for "nothing yet".
				const at = before + 2;
				for (const follower of followers) {
					follower.woken = false;
					const watchSet = new WatchSet();
					follower.question.ask(store, watchSet);
					watchSet.wait(() => {
						follower.woken = true;
					});
				}
				expect(runOnStore(store, at, given), `command ${at}`).toEqual(model.at(at).run(at, given));
				for (let slice = slices.shift(); slice !== undefined; slice = slices.shift()) slice();
				for (const follower of followers) compare(follower, store, model, { at, passing: given.do === "txn" });
			});
			const copy = new StateStore({ wakeSlices: () => undefined });
			const restore = copy.restore();
			for (const record of store.snapshot().records) restore.add(record);
			restore.finish();
			for (const { question: asked } of followers) expect(asked.ask(copy), asked.name).toEqual(asked.ask(store));
		}),
		{ numRuns: 100 },
	);
}, 60_000);

function compare(
	follower: Follower,
	store: StateStore,
	model: Model,
	/** `passing`: something may have come and gone within the command. */
	now: { readonly at: number; readonly passing: boolean },
): void {
	const { question: asked } = follower;
	const expected = structuredClone(asked.model(model));
	const { index, value } = asked.ask(store);
	const name = `${asked.name} after command ${now.at}`;
	expect(asked.reduced(value as never), name).toEqual(expected);
	const followed = structuredClone(asked.follows(model));
	const changed = JSON.stringify(followed) !== JSON.stringify(follower.model);
	if (asked.missing === "index not followed") return;
	if (changed || (now.passing && index === now.at)) follower.changedAt = now.at;

	if (asked.missing === "own") expect(index, name).toBe(Math.max(1, follower.changedAt));
	// Any named check may move it.
	else if (asked.missing === "named checks") expect(index, name).toBeGreaterThanOrEqual(follower.changedAt);
	else if (!isMissing(expected)) expect(index, name).toBe(follower.changedAt);
	else if (asked.missing === "kv" && asked.name.startsWith("key "))
		expect(index, name).toBe(Math.max(1, model.kvIndex));
	else if (asked.missing === "extinction" && model.extinction > 0) expect(index, name).toBe(model.extinction);
	else expect(index, name).toBeGreaterThanOrEqual(Math.max(1, follower.changedAt));

	if (changed) expect(follower.woken, `${name}: woken`).toBe(true);
	if (!changed && index === follower.index) expect(follower.woken, `${name}: left asleep`).toBe(false);
	if (!changed && index === follower.index && typeof value === "object")
		expect(value, `${name}: the same object`).toBe(follower.value);
	Object.assign(follower, { model: followed, index, value });
}
