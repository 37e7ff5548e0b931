import fc from "fast-check";
import { expect, it } from "vitest";
import {
	type CheckContent,
	type KvWrite,
	type Registration,
	type ServiceContent,
	StateStore,
	WatchSet,
} from "./index.ts";

/**
 * A reference model that is too simple to be wrong: rows in plain arrays, every question answered by looking at all rows, and
 * every index found by comparing the answer with the one before. The store has to agree with it after every command.
 */

type Command =
	| { readonly do: "register"; readonly registration: Registration }
	| { readonly do: "deregister"; readonly node: string; readonly serviceId?: string; readonly checkId?: string }
	| { readonly do: "kv"; readonly write: KvWrite }
	| { readonly do: "session"; readonly id: string; readonly node: string; readonly behavior: "release" | "delete" }
	| { readonly do: "end"; readonly id: string };

interface NodeRow {
	node: string;
	id: string;
	address: string;
	modifyIndex: number;
}
interface ServiceRow {
	node: string;
	id: string;
	service: string;
	tags: readonly string[];
	modifyIndex: number;
}
interface CheckRow {
	node: string;
	checkId: string;
	serviceId: string;
	serviceName: string;
	serviceTags: readonly string[];
	status: string;
	modifyIndex: number;
}
interface KeyRow {
	key: string;
	value: string;
	session: string;
	lockIndex: number;
	modifyIndex: number;
}
interface SessionRow {
	id: string;
	node: string;
	behavior: "release" | "delete";
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const byText = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

class Model {
	nodes: NodeRow[] = [];
	services: ServiceRow[] = [];
	checks: CheckRow[] = [];
	keys: KeyRow[] = [];
	sessions: SessionRow[] = [];

	/** Whether the command is accepted. */
	run(index: number, command: Command): boolean {
		if (command.do === "register") return this.register(command.registration);
		if (command.do === "kv") return this.write(index, command.write);
		if (command.do === "end") this.endSessions(index, (session) => session.id === command.id);
		if (command.do === "deregister") this.deregister(index, command);
		if (command.do === "session") {
			const known = this.nodes.some((row) => same(row.node, command.node));
			if (!known || this.sessions.some(({ id }) => id === command.id)) return false;
			this.sessions.push({ id: command.id, node: command.node, behavior: command.behavior });
		}
		return true;
	}

	private register({ node, id, address, service, checks, skipNodeUpdate }: Registration): boolean {
		const owner = id === "" ? undefined : this.nodes.find((row) => row.id === id);
		const holder = this.nodes.find((row) => same(row.node, node));
		const renamed = owner !== undefined && owner !== holder ? owner : undefined;
		const names = [node, ...(renamed === undefined ? [] : [renamed.node])];
		for (const { serviceId } of checks) {
			if (serviceId === "" || (service !== undefined && same(service.id, serviceId))) continue;
			if (!this.services.some((row) => names.some((name) => same(name, row.node)) && same(row.id, serviceId)))
				return false;
		}
		const name = holder?.node ?? node;
		if (renamed !== undefined || holder === undefined || !skipNodeUpdate)
			this.putNode({ node: name, id, address, modifyIndex: this.now }, renamed !== undefined);
		if (renamed !== undefined) this.moveAll(renamed.node, name);
		if (service !== undefined) {
			const { id: serviceId, service: serviceName } = service;
			this.putService(
				{ node: name, id: serviceId, service: serviceName, tags: service.tags ?? [], modifyIndex: this.now },
				false,
			);
		}
		for (const { checkId, serviceId, status } of checks) {
			const owning =
				serviceId === "" ? undefined : this.services.find((row) => same(row.node, name) && same(row.id, serviceId));
			const of = { serviceId, serviceName: owning?.service ?? "", serviceTags: owning?.tags ?? [] };
			this.putCheck({ node: name, checkId, ...of, status, modifyIndex: this.now }, false);
		}
		return true;
	}

	private moveAll(from: string, to: string): void {
		const at = { node: to, modifyIndex: this.now };
		for (const row of this.services.filter(({ node }) => same(node, from))) this.putService({ ...row, ...at }, true);
		for (const row of this.checks.filter(({ node }) => same(node, from))) this.putCheck({ ...row, ...at }, true);
		const elsewhere = ({ node }: { node: string }) => !same(node, from);
		this.nodes = this.nodes.filter(elsewhere);
		this.services = this.services.filter(elsewhere);
		this.checks = this.checks.filter(elsewhere);
		this.endSessions(this.now, (session) => same(session.node, from));
	}

	private putNode(row: NodeRow, always: boolean): void {
		const former = this.nodes.find((other) => same(other.node, row.node));
		if (former !== undefined && !always && unchanged(former, row)) return;
		this.nodes = [...this.nodes.filter((other) => other !== former), row];
	}

	private putService(row: ServiceRow, always: boolean): void {
		const former = this.services.find((other) => same(other.node, row.node) && same(other.id, row.id));
		if (former !== undefined && !always && unchanged(former, row)) return;
		this.services = [...this.services.filter((other) => other !== former), row];
		if (former === undefined || former.service === row.service) return;
		const moved = { serviceId: row.id, serviceName: row.service, serviceTags: row.tags, modifyIndex: this.now };
		this.checks = this.checks.map((check) =>
			same(check.node, row.node) && same(check.serviceId, row.id) ? { ...check, ...moved } : check,
		);
	}

	private putCheck(row: CheckRow, always: boolean): void {
		const former = this.checks.find((other) => same(other.node, row.node) && same(other.checkId, row.checkId));
		if (former !== undefined && !always && unchanged(former, row)) return;
		this.checks = [...this.checks.filter((other) => other !== former), row];
	}

	private now = 0;
	at(index: number): this {
		this.now = index;
		return this;
	}

	private deregister(index: number, gone: Command & { do: "deregister" }): void {
		const here = (row: { node: string }) => same(row.node, gone.node);
		if (gone.serviceId !== undefined) {
			const id = gone.serviceId;
			const existed = this.services.some((row) => here(row) && same(row.id, id));
			this.services = this.services.filter((row) => !(here(row) && same(row.id, id)));
			if (existed) this.checks = this.checks.filter((row) => !(here(row) && same(row.serviceId, id)));
		} else if (gone.checkId !== undefined) {
			const id = gone.checkId;
			this.checks = this.checks.filter((row) => !(here(row) && same(row.checkId, id)));
		} else if (this.nodes.some(here)) {
			for (const table of ["nodes", "services", "checks"] as const)
				this[table] = (this[table] as { node: string }[]).filter((row) => !here(row)) as never;
			this.endSessions(index, here);
		}
	}

	private endSessions(index: number, which: (session: SessionRow) => boolean): void {
		for (const session of this.sessions.filter(which)) {
			this.sessions = this.sessions.filter((row) => row !== session);
			if (session.behavior === "delete") this.keys = this.keys.filter((row) => row.session !== session.id);
			else
				this.keys = this.keys.map((row) =>
					row.session === session.id ? { ...row, session: "", modifyIndex: index } : row,
				);
		}
	}

	private write(index: number, write: KvWrite): boolean {
		if (write.operation === "delete-tree") {
			this.keys = this.keys.filter((row) => !row.key.startsWith(write.prefix));
			return true;
		}
		const row = this.keys.find(({ key }) => key === write.key);
		const put = (session: string, lockIndex: number) => {
			if (!("value" in write)) return;
			const value = new TextDecoder().decode(write.value);
			if (row?.value === value && row.session === session && row.lockIndex === lockIndex) return;
			this.keys = this.keys.filter((other) => other !== row);
			this.keys.push({ key: write.key, value, session, lockIndex, modifyIndex: index });
		};
		const remove = () => {
			this.keys = this.keys.filter((other) => other !== row);
		};
		switch (write.operation) {
			case "set":
				put(row?.session ?? "", 0);
				return true;
			case "cas":
				if ((row?.modifyIndex ?? 0) !== write.index) return false;
				put(row?.session ?? "", 0);
				return true;
			case "lock":
				if (!this.sessions.some(({ id }) => id === write.session)) return false;
				if (row !== undefined && row.session !== "" && row.session !== write.session) return false;
				put(write.session, (row?.lockIndex ?? 0) + (row?.session === write.session ? 0 : 1));
				return true;
			case "unlock":
				if (row === undefined || row.session !== write.session) return false;
				put("", row.lockIndex);
				return true;
			case "delete":
				remove();
				return true;
			case "delete-cas":
				if (row !== undefined && row.modifyIndex !== write.index) return false;
				remove();
				return true;
		}
	}

	instances(name: string) {
		return this.services
			.filter((row) => same(row.service, name))
			.sort(
				(a, b) => byText(a.node.toLowerCase(), b.node.toLowerCase()) || byText(a.id.toLowerCase(), b.id.toLowerCase()),
			)
			.map((service) => ({
				node: this.nodes.find((row) => same(row.node, service.node)),
				service,
				checks: [
					...this.checksBy((row) => same(row.node, service.node) && row.serviceId === ""),
					...this.checksBy(
						(row) => same(row.node, service.node) && row.serviceId !== "" && same(row.serviceId, service.id),
					),
				],
			}));
	}

	checksBy(which: (row: CheckRow) => boolean): CheckRow[] {
		const order = (row: CheckRow) => `${row.node.toLowerCase()}/${row.checkId.toLowerCase()}`;
		return this.checks.filter(which).sort((a, b) => byText(order(a), order(b)));
	}
}

function unchanged<Row extends { readonly modifyIndex: number }>(former: Row, row: Row): boolean {
	return JSON.stringify({ ...former, modifyIndex: 0 }) === JSON.stringify({ ...row, modifyIndex: 0 });
}

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
	readonly missing: "own" | "kv" | "nodes" | "checks" | "nodes+services" | "extinction";
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
];

const isMissing = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);

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
	})
	.map((given) => ({
		...given,
		name: "",
		notes: "",
		output: "",
		serviceName: "",
		serviceTags: [],
		type: "",
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
		}),
	},
	{ weight: 1, arbitrary: fc.record({ do: fc.constant("end" as const), id: sessionId }) },
);

function runOnStore(store: StateStore, at: number, given: Command): boolean {
	try {
		if (given.do === "register") store.register(at, given.registration);
		else if (given.do === "kv") return store.kvWrite(at, given.write);
		else if (given.do === "end") store.sessionDestroy(at, given.id);
		else if (given.do === "deregister") store.deregister(at, given);
		else store.sessionCreate(at, { ...given, name: "", lockDelayMs: 0, ttl: "", nodeChecks: [], serviceChecks: [] });
		return true;
	} catch {
		return false;
	}
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
			let kvIndex = 0;
			let extinction = 0;
			commands.forEach((given, before) => {
				const at = before + 1;
				for (const follower of followers) {
					follower.woken = false;
					const watchSet = new WatchSet();
					follower.question.ask(store, watchSet);
					watchSet.wait(() => {
						follower.woken = true;
					});
				}
				const keysBefore = JSON.stringify(model.keys);
				const namesBefore = new Set(model.services.map((row) => row.service));
				expect(runOnStore(store, at, given), `command ${at}`).toBe(model.at(at).run(at, given));
				for (let slice = slices.shift(); slice !== undefined; slice = slices.shift()) slice();
				if (JSON.stringify(model.keys) !== keysBefore) kvIndex = at;
				for (const name of namesBefore) if (!model.services.some((row) => row.service === name)) extinction = at;
				for (const follower of followers) compare(follower, store, model, { at, kvIndex, extinction });
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
	now: { readonly at: number; readonly kvIndex: number; readonly extinction: number },
): void {
	const { question: asked } = follower;
	const expected = structuredClone(asked.model(model));
	const { index, value } = asked.ask(store);
	const name = `${asked.name} after command ${now.at}`;
	expect(asked.reduced(value as never), name).toEqual(expected);
	const followed = structuredClone(asked.follows(model));
	const changed = JSON.stringify(followed) !== JSON.stringify(follower.model);
	if (changed) follower.changedAt = now.at;

	if (asked.missing === "own") expect(index, name).toBe(Math.max(1, follower.changedAt));
	else if (!isMissing(expected)) expect(index, name).toBe(follower.changedAt);
	else if (asked.missing === "kv" && asked.name.startsWith("key ")) expect(index, name).toBe(Math.max(1, now.kvIndex));
	else if (asked.missing === "extinction" && now.extinction > 0) expect(index, name).toBe(now.extinction);
	else expect(index, name).toBeGreaterThanOrEqual(Math.max(1, follower.changedAt));

	if (changed) expect(follower.woken, `${name}: woken`).toBe(true);
	if (!changed && index === follower.index) expect(follower.woken, `${name}: left asleep`).toBe(false);
	if (!changed && typeof value === "object") expect(value, `${name}: the same object`).toBe(follower.value);
	Object.assign(follower, { model: followed, index, value });
}
