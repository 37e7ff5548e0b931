import { compositeKey, foldCase } from "./byte-order.ts";
import { deepFreeze } from "./freeze.ts";
import type { Journal } from "./journal.ts";
import { OrderedMap } from "./ordered-map.ts";
import type { CheckRecord, NodeRecord, ServiceRecord } from "./records.ts";
import type { TableName, Watches } from "./watches.ts";

/**
 * Index of the last change per table, of the last time that any service name lost its last instance, and of the last change of
 * any named check (0: never).
 */
export interface CatalogIndexes {
	readonly nodes: number;
	readonly services: number;
	readonly checks: number;
	readonly extinction: number;
	/** A check is named when it has a service's name without being a service's: it counts for the node, and is found by the name. */
	readonly namedChecks: number;
}

const noIndexes: CatalogIndexes = Object.freeze({ nodes: 0, services: 0, checks: 0, extinction: 0, namedChecks: 0 });

export interface NodeIndexes {
	/** As folded. */
	readonly node: string;
	/** Last change of the node or of its services. */
	readonly services: number;
	/** Last change of its checks (its services' included). */
	readonly checks: number;
}

export interface ServiceIndex {
	/** As folded. */
	readonly service: string;
	/** Last change of an instance, or of a check or node that counts for one. */
	readonly index: number;
}

/**
 * Nodes, services and checks with their indexes. Every put and remove moves the indexes and wakes the waiters that depend on
 * it; callers have made sure that something does change. Invariant: a service has its node, a check its node and, if it names
 * one, its service.
 */
export class CatalogTables {
	readonly #watches: Watches;
	readonly #journal: Journal;
	readonly #followers: CatalogFollowers;
	readonly #nodes: OrderedMap<NodeRecord>;
	/** By node, id. */
	readonly #services: OrderedMap<ServiceRecord>;
	/** By node, check id. */
	readonly #checks: OrderedMap<CheckRecord>;
	readonly #nodeIndexes: OrderedMap<NodeIndexes>;
	readonly #serviceIndexes: OrderedMap<ServiceIndex>;
	#indexes = noIndexes;

	// Derived from the tables above.
	readonly #nodeNamesById: OrderedMap<string>;
	/** By service name, node, id. */
	readonly #instances: OrderedMap<ServiceRecord>;
	/** By node, service id (empty for the node's own), check id. */
	readonly #checksOfInstance: OrderedMap<CheckRecord>;
	/** By service name, node, check id. */
	readonly #namedChecks: OrderedMap<CheckRecord>;

	constructor(watches: Watches, journal: Journal, followers: CatalogFollowers) {
		this.#watches = watches;
		this.#journal = journal;
		this.#followers = followers;
		this.#nodes = new OrderedMap(journal);
		this.#services = new OrderedMap(journal);
		this.#checks = new OrderedMap(journal);
		this.#nodeIndexes = new OrderedMap(journal);
		this.#serviceIndexes = new OrderedMap(journal);
		this.#nodeNamesById = new OrderedMap(journal);
		this.#instances = new OrderedMap(journal);
		this.#checksOfInstance = new OrderedMap(journal);
		this.#namedChecks = new OrderedMap(journal);
	}

	get indexes(): CatalogIndexes {
		return this.#indexes;
	}

	node(name: string): NodeRecord | undefined {
		return this.#nodes.get(compositeKey(foldCase(name)));
	}

	nodeById(id: string): NodeRecord | undefined {
		const name = id === "" ? undefined : this.#nodeNamesById.get(foldCase(id));
		return name === undefined ? undefined : this.node(name);
	}

	/** By name. */
	nodes(): IterableIterator<NodeRecord> {
		return this.#nodes.values();
	}

	nodeIndexes(name: string): NodeIndexes | undefined {
		return this.#nodeIndexes.get(compositeKey(foldCase(name)));
	}

	service(node: string, id: string): ServiceRecord | undefined {
		return this.#services.get(compositeKey(foldCase(node), foldCase(id)));
	}

	/** By id. */
	servicesOfNode(node: string): ServiceRecord[] {
		return this.#services.prefixed(compositeKey(foldCase(node)));
	}

	/** By node, then service id. */
	instances(serviceName: string): ServiceRecord[] {
		return this.#instances.prefixed(compositeKey(foldCase(serviceName)));
	}

	/** Every instance, by service name, node, service id. */
	allInstances(): IterableIterator<ServiceRecord> {
		return this.#instances.values();
	}

	/** Undefined when it has no instance. */
	serviceIndex(serviceName: string): number | undefined {
		return this.#serviceIndexes.get(compositeKey(foldCase(serviceName)))?.index;
	}

	check(node: string, checkId: string): CheckRecord | undefined {
		return this.#checks.get(compositeKey(foldCase(node), foldCase(checkId)));
	}

	/** By check id, its services' included. */
	checksOfNode(node: string): CheckRecord[] {
		return this.#checks.prefixed(compositeKey(foldCase(node)));
	}

	/** By check id; an empty `serviceId` asks for the node's own. */
	checksOfInstance(node: string, serviceId: string): CheckRecord[] {
		return this.#checksOfInstance.prefixed(compositeKey(foldCase(node), foldCase(serviceId)));
	}

	/** By node, then check id: those that have the name of the service without being an instance's. */
	namedChecks(serviceName: string): CheckRecord[] {
		return this.#namedChecks.prefixed(compositeKey(foldCase(serviceName)));
	}

	/** By node, then check id. */
	allChecks(): IterableIterator<CheckRecord> {
		return this.#checks.values();
	}

	putNode(index: number, record: NodeRecord): void {
		this.#unindexNode(this.node(record.node));
		this.#indexNode(deepFreeze(record));
		this.#tableChanged(index, "nodes");
		this.#watches.changed("node", foldCase(record.node));
		this.#nodeServicesChanged(index, record.node);
		this.#servicesOfNodeChanged(index, record.node);
	}

	/** Its services and checks have been removed. */
	removeNode(index: number, record: NodeRecord): void {
		const name = foldCase(record.node);
		this.#unindexNode(record);
		this.#nodes.delete(compositeKey(name));
		this.#nodeIndexes.delete(compositeKey(name));
		this.#tableChanged(index, "nodes");
		this.#watches.changed("node", name);
		this.#watches.changed("node-services", name);
		this.#followers.nodeGone(index, record.node);
	}

	putService(index: number, record: ServiceRecord): void {
		const existing = this.service(record.node, record.id);
		if (existing !== undefined) this.#instances.delete(instanceKey(existing));
		this.#indexService(deepFreeze(record));
		if (existing !== undefined && foldCase(existing.service) !== foldCase(record.service))
			this.#instanceGone(index, existing.service);
		this.#tableChanged(index, "services");
		this.#nodeServicesChanged(index, record.node);
		this.#serviceChanged(index, record.service);
	}

	/** Its checks have been removed. */
	removeService(index: number, record: ServiceRecord): void {
		this.#services.delete(compositeKey(foldCase(record.node), foldCase(record.id)));
		this.#instances.delete(instanceKey(record));
		this.#tableChanged(index, "services");
		this.#nodeServicesChanged(index, record.node);
		this.#instanceGone(index, record.service);
	}

	putCheck(index: number, record: CheckRecord): void {
		const existing = this.check(record.node, record.checkId);
		if (existing !== undefined) this.#unindexCheck(existing);
		this.#indexCheck(deepFreeze(record));
		this.#checkChanged(index, record);
		// It was another service's, or the node's, before.
		if (existing !== undefined && !isOfSameService(existing, record)) this.#checkChanged(index, existing);
		if (record.status === "critical") this.#followers.checkLost(index, record.node, record.checkId);
	}

	removeCheck(index: number, record: CheckRecord): void {
		this.#checks.delete(compositeKey(foldCase(record.node), foldCase(record.checkId)));
		this.#unindexCheck(record);
		this.#checkChanged(index, record);
		this.#followers.checkLost(index, record.node, record.checkId);
	}

	snapshot(): CatalogSnapshot {
		return {
			indexes: this.#indexes,
			nodes: this.#nodes.clone().values(),
			services: this.#services.clone().values(),
			checks: this.#checks.clone().values(),
			nodeIndexes: this.#nodeIndexes.clone().values(),
			serviceIndexes: this.#serviceIndexes.clone().values(),
		};
	}

	/** For restoring into new, empty tables: a record of a snapshot. */
	load(record: CatalogRecord): void {
		switch (record.kind) {
			case "node":
				this.#indexNode(deepFreeze(record.value));
				break;
			case "service":
				this.#indexService(deepFreeze(record.value));
				break;
			case "check":
				this.#indexCheck(deepFreeze(record.value));
				break;
			case "node-indexes":
				this.#nodeIndexes.set(compositeKey(record.value.node), Object.freeze(record.value));
				break;
			case "service-index":
				this.#serviceIndexes.set(compositeKey(record.value.service), Object.freeze(record.value));
				break;
		}
	}

	/** Ends a restore. Older snapshots lack some. */
	loadIndexes(indexes: Partial<CatalogIndexes>): void {
		this.#indexes = Object.freeze({ ...noIndexes, ...indexes });
	}

	#indexNode(record: NodeRecord): void {
		const name = foldCase(record.node);
		this.#nodes.set(compositeKey(name), record);
		if (record.id !== "") this.#nodeNamesById.set(foldCase(record.id), name);
	}

	#unindexNode(record: NodeRecord | undefined): void {
		if (record !== undefined && this.#nodeNamesById.get(foldCase(record.id)) === foldCase(record.node))
			this.#nodeNamesById.delete(foldCase(record.id));
	}

	#indexService(record: ServiceRecord): void {
		this.#services.set(compositeKey(foldCase(record.node), foldCase(record.id)), record);
		this.#instances.set(instanceKey(record), record);
	}

	#indexCheck(record: CheckRecord): void {
		this.#checks.set(compositeKey(foldCase(record.node), foldCase(record.checkId)), record);
		this.#checksOfInstance.set(checkKey(record), record);
		if (isNamed(record)) this.#namedChecks.set(namedCheckKey(record), record);
	}

	#unindexCheck(record: CheckRecord): void {
		this.#checksOfInstance.delete(checkKey(record));
		if (isNamed(record)) this.#namedChecks.delete(namedCheckKey(record));
	}

	#tableChanged(index: number, table: TableName & keyof CatalogIndexes): void {
		this.#moveIndexes({ [table]: index });
		this.#watches.changed("table", table);
	}

	#moveIndexes(moved: Partial<CatalogIndexes>): void {
		const before = this.#indexes;
		this.#journal.note(() => {
			this.#indexes = before;
		});
		this.#indexes = Object.freeze({ ...before, ...moved });
	}

	#nodeServicesChanged(index: number, node: string): void {
		this.#moveNodeIndexes(node, { services: index });
		this.#watches.changed("node-services", foldCase(node));
	}

	#checkChanged(index: number, check: CheckRecord): void {
		this.#tableChanged(index, "checks");
		this.#moveNodeIndexes(check.node, { checks: index });
		this.#watches.changed("node-checks", foldCase(check.node));
		if (check.serviceId === "") {
			this.#servicesOfNodeChanged(index, check.node);
			if (!isNamed(check)) return;
			this.#moveIndexes({ namedChecks: index });
			this.#watches.changed("named-checks", foldCase(check.serviceName));
			return;
		}
		const service = this.service(check.node, check.serviceId);
		if (service !== undefined) this.#serviceChanged(index, service.service);
	}

	#moveNodeIndexes(node: string, moved: Partial<NodeIndexes>): void {
		const name = foldCase(node);
		const before = this.#nodeIndexes.get(compositeKey(name)) ?? { node: name, services: 0, checks: 0 };
		this.#nodeIndexes.set(compositeKey(name), Object.freeze({ ...before, ...moved }));
	}

	/** The node's own fields and checks are part of what is told of each of its services. */
	#servicesOfNodeChanged(index: number, node: string): void {
		for (const { service } of this.servicesOfNode(node)) this.#serviceChanged(index, service);
	}

	#serviceChanged(index: number, serviceName: string): void {
		const service = foldCase(serviceName);
		this.#serviceIndexes.set(compositeKey(service), Object.freeze({ service, index }));
		this.#watches.changed("service", service);
	}

	#instanceGone(index: number, serviceName: string): void {
		const service = foldCase(serviceName);
		if (this.#instances.firstPrefixed(compositeKey(service)) !== undefined) {
			this.#serviceChanged(index, service);
			return;
		}
		this.#serviceIndexes.delete(compositeKey(service));
		this.#moveIndexes({ extinction: index });
		this.#watches.changed("service", service);
	}
}

/** Who lives and dies with the catalog's records: sessions, coordinates. */
export interface CatalogFollowers {
	/** A check turned critical, is critical still, or has gone. */
	checkLost(index: number, node: string, checkId: string): void;
	/** The node has gone, or has another name now. */
	nodeGone(index: number, node: string): void;
}

/** A record of the catalog, as a snapshot holds it. */
export type CatalogRecord =
	| { readonly kind: "node"; readonly value: NodeRecord }
	| { readonly kind: "service"; readonly value: ServiceRecord }
	| { readonly kind: "check"; readonly value: CheckRecord }
	| { readonly kind: "node-indexes"; readonly value: NodeIndexes }
	| { readonly kind: "service-index"; readonly value: ServiceIndex };

/** A consistent view of the tables; later writes do not show. */
export interface CatalogSnapshot {
	readonly indexes: CatalogIndexes;
	readonly nodes: IterableIterator<NodeRecord>;
	readonly services: IterableIterator<ServiceRecord>;
	readonly checks: IterableIterator<CheckRecord>;
	readonly nodeIndexes: IterableIterator<NodeIndexes>;
	readonly serviceIndexes: IterableIterator<ServiceIndex>;
}

function instanceKey(record: ServiceRecord): string {
	return compositeKey(foldCase(record.service), foldCase(record.node), foldCase(record.id));
}

function checkKey(record: CheckRecord): string {
	return compositeKey(foldCase(record.node), foldCase(record.serviceId), foldCase(record.checkId));
}

function namedCheckKey(record: CheckRecord): string {
	return compositeKey(foldCase(record.serviceName), foldCase(record.node), foldCase(record.checkId));
}

function isNamed({ serviceId, serviceName }: CheckRecord): boolean {
	return serviceId === "" && serviceName !== "";
}

function isOfSameService(a: CheckRecord, b: CheckRecord): boolean {
	return (
		foldCase(a.serviceId) === foldCase(b.serviceId) &&
		(a.serviceId !== "" || foldCase(a.serviceName) === foldCase(b.serviceName))
	);
}
