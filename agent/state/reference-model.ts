import type { KvHistoryRule, KvWrite, Registration, TxnOperation } from "./records.ts";

/**
 * For tests. A reference model that is too simple to be wrong: rows in plain arrays, every question answered by looking at all rows, and
 * every index found by comparing the answer with the one before. The store has to agree with it after every command.
 */

export type Command =
	| { readonly do: "register"; readonly registration: Registration }
	| { readonly do: "deregister"; readonly node: string; readonly serviceId?: string; readonly checkId?: string }
	| { readonly do: "kv"; readonly write: KvWrite }
	| {
			readonly do: "session";
			readonly id: string;
			readonly node: string;
			readonly behavior: "release" | "delete";
			readonly nodeChecks: readonly string[];
	  }
	| { readonly do: "end"; readonly id: string }
	| {
			readonly do: "query";
			readonly id: string;
			readonly name: string;
			readonly session: string;
			readonly template: string;
	  }
	| { readonly do: "query-delete"; readonly id: string }
	| { readonly do: "coordinate"; readonly node: string; readonly at: number }
	| { readonly do: "rules"; readonly rules: readonly KvHistoryRule[] }
	| { readonly do: "txn"; readonly operations: readonly TxnOperation[] };

export interface NodeRow {
	node: string;
	id: string;
	address: string;
	modifyIndex: number;
}
export interface ServiceRow {
	node: string;
	id: string;
	service: string;
	tags: readonly string[] | null;
	modifyIndex: number;
}
export interface CheckRow {
	node: string;
	checkId: string;
	serviceId: string;
	serviceName: string;
	serviceTags: readonly string[] | null;
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
	checks: readonly string[];
}
interface QueryRow {
	id: string;
	name: string;
	session: string;
	template: string;
	modifyIndex: number;
}
interface RevisionRow {
	key: string;
	index: number;
	/** Undefined: deleted. */
	value: string | undefined;
}

export const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
export const byText = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

export class Model {
	nodes: NodeRow[] = [];
	services: ServiceRow[] = [];
	checks: CheckRow[] = [];
	keys: KeyRow[] = [];
	sessions: SessionRow[] = [];
	queries: QueryRow[] = [];
	coordinates: { node: string; at: number }[] = [];
	rules: readonly KvHistoryRule[] = [];
	revisions: RevisionRow[] = [];
	/** Last command that changed a key, and that took a service name's last instance. */
	kvIndex = 0;
	extinction = 0;

	/** Whether the command is accepted; of a transaction the positions of the operations that fail. */
	run(index: number, command: Command): boolean | number[] {
		if (command.do === "txn") return this.transaction(index, command.operations);
		return this.step(index, () => this.one(index, command));
	}

	private one(index: number, command: Exclude<Command, { do: "txn" }>): boolean {
		switch (command.do) {
			case "register":
				return this.register(command.registration);
			case "kv":
				return this.write(index, command.write);
			case "end":
				this.endSessions(index, (session) => session.id === command.id);
				return true;
			case "deregister":
				this.deregister(command);
				return true;
			case "session": {
				const { id, node, behavior, nodeChecks } = command;
				const row = { id, node, behavior, checks: nodeChecks };
				if (!this.mayLive(row) || this.sessions.some((other) => other.id === id)) return false;
				this.sessions.push(row);
				return true;
			}
			case "query":
				return this.setQuery(index, command);
			case "query-delete": {
				const known = this.queries.some(({ id }) => id === command.id);
				this.queries = this.queries.filter(({ id }) => id !== command.id);
				return known;
			}
			case "coordinate": {
				const node = this.nodes.find((row) => same(row.node, command.node))?.node;
				if (node === undefined) return true;
				this.coordinates = this.coordinates.filter((row) => !same(row.node, node));
				this.coordinates.push({ node, at: command.at });
				return true;
			}
			case "rules":
				this.rules = command.rules;
				this.trimRevisions();
				return true;
		}
	}

	/** One thing that happens, and what follows from it. */
	private step(index: number, happen: () => boolean): boolean {
		const keys = structuredClone(this.keys);
		const names = new Set(this.services.map((row) => row.service));
		const accepted = happen();
		this.endSessions(index, (session) => !this.mayLive(session));
		this.coordinates = this.coordinates.filter(({ node }) => this.nodes.some((row) => same(row.node, node)));
		for (const name of names) if (!this.services.some((row) => row.service === name)) this.extinction = index;
		if (JSON.stringify(keys) !== JSON.stringify(this.keys)) this.kvIndex = index;
		for (const key of new Set([...keys, ...this.keys].map((row) => row.key))) {
			const before = keys.find((row) => row.key === key)?.value;
			const value = this.keys.find((row) => row.key === key)?.value;
			if (before === value) continue;
			this.revisions = this.revisions.filter((row) => row.key !== key || row.index !== index);
			this.revisions.push({ key, index, value });
		}
		this.trimRevisions();
		return accepted;
	}

	private transaction(index: number, operations: readonly TxnOperation[]): number[] {
		const { nodes, services, checks, keys, sessions, queries, coordinates, revisions, kvIndex, extinction } = this;
		const before = structuredClone({ nodes, services, checks, keys, sessions, queries, coordinates, revisions });
		const failed: number[] = [];
		operations.forEach((operation, position) => {
			if (!this.step(index, () => this.operation(index, operation))) failed.push(position);
		});
		if (failed.length > 0) Object.assign(this, before, { kvIndex, extinction });
		return failed;
	}

	private operation(index: number, operation: TxnOperation): boolean {
		switch (operation.kind) {
			case "kv": {
				const { verb, key, value, flags, session } = operation;
				const row = this.keys.find((other) => other.key === key);
				if (verb === "get") return row !== undefined;
				if (verb === "check-not-exists") return row === undefined;
				if (verb === "check-index") return row?.modifyIndex === operation.index;
				if (verb === "check-session") return row?.session === session;
				const write = { operation: verb, key, prefix: key, value, flags, session, index: operation.index };
				return this.write(index, write as KvWrite);
			}
			case "node": {
				const { node } = operation;
				const row = this.nodes.find((other) => same(other.node, node.node));
				if (operation.verb === "get") return row !== undefined;
				if (operation.verb === "set") return this.register({ ...node, skipNodeUpdate: false, checks: [] });
				if (operation.verb === "delete-cas" && row?.modifyIndex !== operation.index) return false;
				this.deregister({ do: "deregister", node: node.node });
				return true;
			}
			case "service": {
				const { id, service, tags } = operation.service;
				const row = this.nodes.find((other) => same(other.node, operation.node));
				if (operation.verb === "delete") this.deregister({ do: "deregister", node: operation.node, serviceId: id });
				else if (row === undefined) return false;
				else this.putService({ node: row.node, id, service, tags, modifyIndex: index }, false);
				return true;
			}
			case "check": {
				const row = this.nodes.find((other) => same(other.node, operation.node));
				if (operation.verb === "delete")
					this.deregister({ do: "deregister", node: operation.node, checkId: operation.check.checkId });
				else if (row === undefined) return false;
				else return this.ensureCheck(row.node, operation.check);
				return true;
			}
			case "session":
				this.endSessions(index, ({ id }) => id === operation.id);
				return true;
		}
	}

	private ensureCheck(
		node: string,
		given: Pick<CheckRow, "checkId" | "serviceId" | "serviceName" | "serviceTags" | "status">,
	): boolean {
		const { serviceId } = given;
		const owning = this.services.find((row) => same(row.node, node) && same(row.id, serviceId));
		if (serviceId !== "" && owning === undefined) return false;
		const { checkId, status, serviceName, serviceTags } = given;
		const of =
			owning === undefined ? { serviceName, serviceTags } : { serviceName: owning.service, serviceTags: owning.tags };
		this.putCheck({ node, checkId, serviceId, ...of, status, modifyIndex: this.now }, false);
		return true;
	}

	private mayLive({ node, checks }: SessionRow): boolean {
		const status = (checkId: string) =>
			this.checks.find((row) => same(row.node, node) && same(row.checkId, checkId))?.status ?? "critical";
		return this.nodes.some((row) => same(row.node, node)) && checks.every((checkId) => status(checkId) !== "critical");
	}

	private setQuery(index: number, { id, name, session, template }: Command & { do: "query" }): boolean {
		const found = (row: QueryRow) => row.name !== "" || row.template !== "";
		const row = { id, name, session, template, modifyIndex: index };
		if (session !== "" && !this.sessions.some((other) => other.id === session)) return false;
		if (found(row) && this.queries.some((other) => other.id !== id && found(other) && same(other.name, name)))
			return false;
		this.queries = [...this.queries.filter((other) => other.id !== id), row];
		return true;
	}

	resolve(asked: string): string | undefined {
		const byName = this.queries.find(({ name }) => name !== "" && same(name, asked));
		const templates = this.queries
			.filter(({ name, template }) => template !== "" && asked.toLowerCase().startsWith(name.toLowerCase()))
			.sort((a, b) => b.name.length - a.name.length);
		return (byName ?? templates[0])?.id;
	}

	private trimRevisions(): void {
		const most = (key: string) =>
			this.rules
				.filter(({ prefix }) => key.startsWith(prefix))
				.sort((a, b) => b.prefix.length - a.prefix.length)
				.map(({ revisionsMax }) => revisionsMax)[0] ?? 0;
		this.revisions = this.revisions.filter(
			(row) =>
				this.revisions.filter((other) => other.key === row.key && other.index > row.index).length < most(row.key),
		);
	}

	private register({ node, id, address, service, checks, skipNodeUpdate }: Registration): boolean {
		const owner = id === "" ? undefined : this.nodes.find((row) => row.id === id);
		const holder = this.nodes.find((row) => same(row.node, node));
		const renamed = owner !== undefined && owner !== holder ? owner : undefined;
		const names = [node, ...(renamed === undefined ? [] : [renamed.node])];
		for (const { serviceId } of checks) {
			// Spelt as the service is.
			if (serviceId === "" || service?.id === serviceId) continue;
			if (!this.services.some((row) => names.some((name) => same(name, row.node)) && row.id === serviceId))
				return false;
		}
		const name = holder?.node ?? node;
		if (renamed !== undefined || holder === undefined || !skipNodeUpdate)
			this.putNode({ node: name, id, address, modifyIndex: this.now }, renamed !== undefined);
		if (renamed !== undefined) this.moveAll(renamed.node, name);
		if (service !== undefined) {
			const { id: serviceId, service: serviceName } = service;
			this.putService(
				{ node: name, id: serviceId, service: serviceName, tags: service.tags, modifyIndex: this.now },
				false,
			);
		}
		for (const check of checks) this.ensureCheck(name, check);
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

	private deregister(gone: Command & { do: "deregister" }): void {
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
		}
	}

	private endSessions(index: number, which: (session: SessionRow) => boolean): void {
		for (const session of this.sessions.filter(which)) {
			this.sessions = this.sessions.filter((row) => row !== session);
			this.queries = this.queries.filter((row) => row.session !== session.id);
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

	/** Those of the service's instances, and those that only have its name. */
	checksOf(name: string): CheckRow[] {
		const isInstance = (row: CheckRow) =>
			this.services.some((of) => same(of.service, name) && same(of.node, row.node) && same(of.id, row.serviceId));
		return this.checksBy((row) => (row.serviceId === "" ? same(row.serviceName, name) : isInstance(row)));
	}

	checksBy(which: (row: CheckRow) => boolean): CheckRow[] {
		const order = (row: CheckRow) => `${row.node.toLowerCase()}/${row.checkId.toLowerCase()}`;
		return this.checks.filter(which).sort((a, b) => byText(order(a), order(b)));
	}
}

function unchanged<Row extends { readonly modifyIndex: number }>(former: Row, row: Row): boolean {
	return JSON.stringify({ ...former, modifyIndex: 0 }) === JSON.stringify({ ...row, modifyIndex: 0 });
}
