import { DiscoError } from "../../lib/errors.ts";
import { foldCase } from "./byte-order.ts";
import type { CatalogTables } from "./catalog-tables.ts";
import { sameContent } from "./freeze.ts";
import type {
	CheckContent,
	CheckRecord,
	Deregistration,
	NodeRecord,
	Registration,
	ServiceContent,
	ServiceRecord,
} from "./records.ts";

/** The check through which gossip tells whether a node's agent is alive. */
const aliveCheckId = "serfHealth";

/**
 * Writes a node with a service and checks as one step: all of it, or nothing and an error. What is already so changes nothing.
 *
 * A registration that names a known node id under a new name renames that node: its services and checks come along. Fails with
 * `NODE_NAME_TAKEN` when another living node has the name, `SERVICE_UNKNOWN` when a check names a service that the node lacks.
 */
export function register(tables: CatalogTables, index: number, registration: Registration): void {
	const byName = tables.node(registration.node);
	const byId = tables.nodeById(registration.id);
	const renamed = byId !== undefined && foldCase(byId.node) !== foldCase(registration.node) ? byId : undefined;
	assertNameFree(tables, registration, byName, renamed !== undefined);
	assertServicesKnown(tables, registration, renamed);

	if (renamed !== undefined) renameNode(tables, index, renamed, registration);
	else if (byName === undefined || !registration.skipNodeUpdate) ensureNode(tables, index, byName, registration);
	const node = tables.node(registration.node)?.node ?? registration.node;
	if (registration.service !== undefined) ensureService(tables, index, node, registration.service);
	for (const check of registration.checks) ensureCheck(tables, index, node, check);
}

/** Removes a node with all it has, a service with its checks, or a check. What is not there is no error. */
export function deregister(tables: CatalogTables, index: number, { node, serviceId, checkId }: Deregistration): void {
	if (serviceId !== undefined) removeService(tables, index, node, serviceId);
	else if (checkId !== undefined) {
		const check = tables.check(node, checkId);
		if (check !== undefined) tables.removeCheck(index, check);
	} else removeNode(tables, index, node);
}

/** Two agents must not share a name; one whose own check is not passing any more, or that never had one, gives way. */
function assertNameFree(
	tables: CatalogTables,
	{ id, node }: Registration,
	holder: NodeRecord | undefined,
	renaming: boolean,
): void {
	if (id === "" || holder === undefined || foldCase(holder.id) === foldCase(id) || (holder.id === "" && !renaming))
		return;
	const alive = tables.check(holder.node, aliveCheckId);
	if (alive === undefined || alive.status === "critical") return;
	throw new DiscoError(
		"NODE_NAME_TAKEN",
		`node name ${holder.node} belongs to the living node with ID ${JSON.stringify(holder.id)}; give node ${id} another name than ${node}`,
	);
}

function assertServicesKnown(tables: CatalogTables, registration: Registration, renamed: NodeRecord | undefined): void {
	// Spelt as the service is, unlike elsewhere (measured).
	const has = (node: string, id: string) => tables.service(node, id)?.id === id;
	for (const { serviceId, checkId } of registration.checks) {
		if (serviceId === "" || serviceId === registration.service?.id || has(registration.node, serviceId)) continue;
		if (renamed !== undefined && has(renamed.node, serviceId)) continue;
		throw new DiscoError("SERVICE_UNKNOWN", `Unknown service ID '${serviceId}' for check ID '${checkId}'`);
	}
}

function ensureNode(
	tables: CatalogTables,
	index: number,
	existing: NodeRecord | undefined,
	registration: Registration,
): void {
	const record = nodeRecord(registration, existing?.node ?? registration.node, existing);
	if (existing !== undefined && sameContent(record(existing.modifyIndex), existing)) return;
	tables.putNode(index, record(index));
}

/** Who has another spelling of the name keeps the one it was registered with. */
function nodeRecord(
	{ id, address, datacenter, taggedAddresses, meta }: Registration,
	node: string,
	existing: NodeRecord | undefined,
): (index: number) => NodeRecord {
	return (index) => ({
		id,
		node,
		address,
		datacenter,
		taggedAddresses,
		meta,
		createIndex: existing?.createIndex ?? index,
		modifyIndex: index,
	});
}

function renameNode(tables: CatalogTables, index: number, former: NodeRecord, registration: Registration): void {
	const node = tables.node(registration.node)?.node ?? registration.node;
	// The new ones first: no service name is without an instance in between.
	tables.putNode(index, nodeRecord(registration, node, former)(index));
	for (const service of tables.servicesOfNode(former.node))
		putService(tables, index, { ...service, node, modifyIndex: index });
	for (const check of tables.checksOfNode(former.node)) tables.putCheck(index, { ...check, node, modifyIndex: index });
	removeNode(tables, index, former.node);
}

/** A service of a node that is there. What is already so changes nothing. */
export function ensureService(tables: CatalogTables, index: number, node: string, content: ServiceContent): void {
	const existing = tables.service(node, content.id);
	const record = { ...content, node, createIndex: existing?.createIndex ?? index, modifyIndex: index };
	if (existing !== undefined && sameContent({ ...record, modifyIndex: existing.modifyIndex }, existing)) return;
	putService(tables, index, record);
}

/** An id that moves to another service name takes its checks along. */
function putService(tables: CatalogTables, index: number, record: ServiceRecord): void {
	const existing = tables.service(record.node, record.id);
	tables.putService(index, record);
	if (existing === undefined || existing.service === record.service) return;
	const moved = { serviceId: record.id, serviceName: record.service, serviceTags: record.tags };
	for (const check of tables.checksOfInstance(record.node, record.id))
		tables.putCheck(index, { ...check, ...moved, modifyIndex: index });
}

/** A check of a node, and of a service if it names one, that are there. Name and tags of the service are those of now. */
export function ensureCheck(tables: CatalogTables, index: number, node: string, content: CheckContent): void {
	const service = content.serviceId === "" ? undefined : tables.service(node, content.serviceId);
	const existing = tables.check(node, content.checkId);
	const record = {
		...content,
		node,
		serviceName: service?.service ?? content.serviceName,
		serviceTags: service === undefined ? content.serviceTags : service.tags,
		createIndex: existing?.createIndex ?? index,
		modifyIndex: index,
	};
	if (existing !== undefined && sameCheck(record, existing)) return;
	tables.putCheck(index, record);
}

/** How the check is made is no part of what it says: a change of that alone is none, as in the reference (measured). */
function sameCheck(record: CheckRecord, existing: CheckRecord): boolean {
	const { modifyIndex, type, interval, timeout, exposedPort } = existing;
	return sameContent({ ...record, modifyIndex, type, interval, timeout, exposedPort }, existing);
}

function removeNode(tables: CatalogTables, index: number, name: string): void {
	const node = tables.node(name);
	if (node === undefined) return;
	for (const check of tables.checksOfNode(name)) tables.removeCheck(index, check);
	for (const service of tables.servicesOfNode(name)) tables.removeService(index, service);
	tables.removeNode(index, node);
}

function removeService(tables: CatalogTables, index: number, node: string, id: string): void {
	const service = tables.service(node, id);
	if (service === undefined) return;
	for (const check of tables.checksOfInstance(node, id)) tables.removeCheck(index, check);
	tables.removeService(index, service);
}
