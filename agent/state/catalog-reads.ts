import { compositeKey, foldCase } from "./byte-order.ts";
import type { CatalogTables } from "./catalog-tables.ts";
import { Memo } from "./memo.ts";
import type {
	CheckRecord,
	InstanceRecord,
	NodeRecord,
	NodeServicesRecord,
	QueryResult,
	ServiceRecord,
	StringMap,
} from "./records.ts";
import type { WatchSet } from "./watch-set.ts";
import type { Watches } from "./watches.ts";

/** Records that all remembered results together may refer to. */
const rememberedRecordsMax = 1_000_000;

const nothing: readonly never[] = Object.freeze([]);
const noMeta: StringMap = Object.freeze({});

/** The questions about the catalog. A result's index moves whenever the result changes, so it also tells whether a remembered one holds. */
export class CatalogReads {
	readonly #tables: CatalogTables;
	readonly #watches: Watches;
	readonly #remembered = new Memo<unknown>(rememberedRecordsMax);

	constructor(tables: CatalogTables, watches: Watches) {
		this.#tables = tables;
		this.#watches = watches;
	}

	nodes(watchSet?: WatchSet, meta: StringMap = noMeta): QueryResult<readonly NodeRecord[]> {
		watchSet?.addTable(this.#watches, "nodes");
		return this.#list(`nodes ${metaKey(meta)}`, this.#tables.indexes.nodes, () =>
			[...this.#tables.nodes()].filter((node) => hasMeta(node, meta)),
		);
	}

	node(name: string, watchSet?: WatchSet): QueryResult<NodeRecord | undefined> {
		watchSet?.add(this.#watches, "node", foldCase(name));
		const node = this.#tables.node(name);
		return { index: node?.modifyIndex ?? atLeastOne(this.#tables.indexes.nodes), value: node };
	}

	services(watchSet?: WatchSet, meta: StringMap = noMeta): QueryResult<ReadonlyMap<string, readonly string[]>> {
		watchSet?.addTable(this.#watches, "services");
		const filtered = Object.keys(meta).length > 0;
		if (filtered) watchSet?.addTable(this.#watches, "nodes");
		const { services, nodes } = this.#tables.indexes;
		const index = filtered ? Math.max(services, nodes) : services;
		return this.#remember(`services ${metaKey(meta)}`, index, () => {
			const tags = this.#tagsOfServices(meta);
			return { value: tags, recordCount: tags.size };
		});
	}

	serviceInstances(name: string, watchSet?: WatchSet): QueryResult<readonly InstanceRecord[]> {
		watchSet?.add(this.#watches, "service", foldCase(name));
		const index = this.#tables.serviceIndex(name);
		if (index === undefined) return { index: this.#absentServiceIndex(), value: nothing };
		return this.#list(`instances ${foldCase(name)}`, index, () =>
			this.#tables.instances(name).map((service) => this.#instance(service)),
		);
	}

	serviceChecks(name: string, watchSet?: WatchSet, meta: StringMap = noMeta): QueryResult<readonly CheckRecord[]> {
		watchSet?.add(this.#watches, "service", foldCase(name));
		watchSet?.add(this.#watches, "named-checks", foldCase(name));
		const ofInstances = this.#tables.serviceIndex(name);
		const index = Math.max(ofInstances ?? this.#absentServiceIndex(), this.#tables.indexes.namedChecks);
		if (ofInstances === undefined && this.#tables.namedChecks(name).length === 0) return { index, value: nothing };
		return this.#list(`service-checks ${foldCase(name)} ${metaKey(meta)}`, index, () =>
			this.#checksOfService(name, meta),
		);
	}

	nodeServices(name: string, watchSet?: WatchSet): QueryResult<NodeServicesRecord | undefined> {
		watchSet?.add(this.#watches, "node-services", foldCase(name));
		const node = this.#tables.node(name);
		const { nodes, services } = this.#tables.indexes;
		if (node === undefined) return { index: atLeastOne(Math.max(nodes, services)), value: undefined };
		const index = this.#tables.nodeIndexes(name)?.services ?? node.modifyIndex;
		return this.#remember(`node-services ${foldCase(name)}`, index, () => {
			const found = Object.freeze(this.#tables.servicesOfNode(name));
			return { value: Object.freeze({ node, services: found }), recordCount: found.length };
		});
	}

	nodeChecks(name: string, watchSet?: WatchSet): QueryResult<readonly CheckRecord[]> {
		watchSet?.add(this.#watches, "node-checks", foldCase(name));
		const index = this.#tables.nodeIndexes(name)?.checks ?? 0;
		if (index === 0) return { index: atLeastOne(this.#tables.indexes.checks), value: nothing };
		return this.#list(`node-checks ${foldCase(name)}`, index, () => this.#tables.checksOfNode(name));
	}

	checksInState(status: string, watchSet?: WatchSet, meta: StringMap = noMeta): QueryResult<readonly CheckRecord[]> {
		watchSet?.addTable(this.#watches, "checks");
		const filtered = Object.keys(meta).length > 0;
		if (filtered) watchSet?.addTable(this.#watches, "nodes");
		const { checks, nodes } = this.#tables.indexes;
		return this.#list(`state ${status} ${metaKey(meta)}`, filtered ? Math.max(checks, nodes) : checks, () =>
			[...this.#tables.allChecks()].filter(
				(check) =>
					(status === "any" || check.status.toLowerCase() === status.toLowerCase()) &&
					(!filtered || this.#nodeHasMeta(check.node, meta)),
			),
		);
	}

	/** Looks at every instance when the catalog has changed since the last such question. */
	instancesByAddress(address: string, watchSet?: WatchSet): QueryResult<readonly InstanceRecord[]> {
		for (const table of ["nodes", "services", "checks"] as const) watchSet?.addTable(this.#watches, table);
		return this.#list(`address ${address}`, this.#newestIndex(), () =>
			[...this.#tables.allInstances()]
				.filter((service) => (service.address || this.#tables.node(service.node)?.address) === address)
				.map((service) => this.#instance(service)),
		);
	}

	#instance(service: ServiceRecord): InstanceRecord {
		const node = this.#tables.node(service.node);
		if (node === undefined) throw new Error(`invariant broken: service ${service.id} without its node ${service.node}`);
		const checks = [
			...this.#tables.checksOfInstance(service.node, ""),
			...this.#tables.checksOfInstance(service.node, service.id),
		];
		return Object.freeze({ node, service, checks: Object.freeze(checks) });
	}

	#checksOfService(name: string, meta: StringMap): CheckRecord[] {
		return this.#tables
			.instances(name)
			.filter((service) => this.#nodeHasMeta(service.node, meta))
			.flatMap((service) => this.#tables.checksOfInstance(service.node, service.id))
			.concat(this.#tables.namedChecks(name).filter((check) => this.#nodeHasMeta(check.node, meta)))
			.map((check) => ({ check, order: compositeKey(foldCase(check.node), foldCase(check.checkId)) }))
			.sort((a, b) => (a.order < b.order ? -1 : 1))
			.map(({ check }) => check);
	}

	#tagsOfServices(meta: StringMap): ReadonlyMap<string, readonly string[]> {
		const tagsOf = new Map<string, Set<string>>();
		const ofAllNodes = Object.keys(meta).length === 0;
		for (const { service, node, tags } of this.#tables.allInstances()) {
			if (!ofAllNodes && !this.#nodeHasMeta(node, meta)) continue;
			const known = tagsOf.get(service) ?? new Set();
			tagsOf.set(service, known);
			for (const tag of tags ?? []) known.add(tag);
		}
		return new Map([...tagsOf].map(([service, tags]) => [service, Object.freeze([...tags])]));
	}

	#nodeHasMeta(name: string, meta: StringMap): boolean {
		const node = this.#tables.node(name);
		return node !== undefined && hasMeta(node, meta);
	}

	/** Of a service without an instance: when any service lost its last one; the tables' when none ever has. */
	#absentServiceIndex(): number {
		return this.#tables.indexes.extinction || atLeastOne(this.#newestIndex());
	}

	#newestIndex(): number {
		const { nodes, services, checks } = this.#tables.indexes;
		return Math.max(nodes, services, checks);
	}

	#list<Item>(question: string, index: number, compute: () => Item[]): QueryResult<readonly Item[]> {
		return this.#remember<readonly Item[]>(question, index, () => {
			const found = compute();
			return { value: found.length === 0 ? nothing : Object.freeze(found), recordCount: found.length };
		});
	}

	#remember<Value>(
		question: string,
		index: number,
		compute: () => { readonly value: Value; readonly recordCount: number },
	): QueryResult<Value> {
		const known = this.#remembered.get(question, index);
		// The question names the method, and each method asks for one type.
		if (known !== undefined) return { index: atLeastOne(index), value: known as Value };
		const { value, recordCount } = compute();
		this.#remembered.set(question, index, value, recordCount);
		return { index: atLeastOne(index), value };
	}
}

function atLeastOne(index: number): number {
	return Math.max(index, 1);
}

function hasMeta(node: NodeRecord, meta: StringMap): boolean {
	for (const [name, value] of Object.entries(meta)) if (node.meta?.[name] !== value) return false;
	return true;
}

/** The same for the same pairs in any order. */
function metaKey(meta: StringMap): string {
	return JSON.stringify(Object.entries(meta).sort(([a], [b]) => (a < b ? -1 : 1)));
}
