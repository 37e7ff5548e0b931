import { type Client, isHttpStatus } from "../../client/index.ts";
import type { AgentService } from "../../lib/api/index.ts";
import type { RegistryEntry } from "../reconcile.ts";
import type { ServiceRegistration } from "../registration.ts";
import type { Backend } from "./backend.ts";
import { retriedOnce } from "./retried-once.ts";

/** Decision 14: how maintenance that means draining is told from other maintenance. */
const drainingReason = "draining until ";
/** Consul's own: the id of the check that stands for a service's maintenance is this and the service's id. */
const maintenancePrefix = "_service_maintenance:";
/** Docker says what changed at once; this is only how long the registrator may be away before the health counts as unknown. */
const healthTtl = "10m";

/** Services of the agent that `client` talks to; entries are told apart by their ids. */
export function createConsulBackend(client: Client): Backend {
	return {
		name: `the agent at ${client.address}`,
		ping: async () => {
			await client.status.leader();
		},
		register: (service) => retriedOnce(() => client.agent.registerService(registrationBody(service))),
		deregister: (entry) =>
			retriedOnce(async () => {
				try {
					await client.agent.deregisterService(entry.id);
				} catch (error) {
					// 404 from Consul 1.14: unknown service id, so it is gone already.
					if (!isHttpStatus(error, 404)) throw error;
				}
			}),
		list: async () => Object.values(await client.agent.services()).map(entryOfAgentService),
		conditions: {
			write: (entry, { drain, health }) =>
				retriedOnce(async () => {
					const { id } = entry;
					if (drain !== undefined) {
						const reason = drain === "ended" ? undefined : `${drainingReason}${new Date(drain.untilMs).toISOString()}`;
						await client.agent.serviceMaintenance(id, drain !== "ended", reason === undefined ? {} : { reason });
					}
					if (health !== undefined) await client.agent.updateCheck(healthCheckId(id), health);
				}),
			draining: async () => {
				const filter = `Notes matches "^${drainingReason}" and CheckID matches "^${maintenancePrefix}"`;
				const checks = await client.agent.checks({ filter });
				return new Set(Object.keys(checks).map((checkId) => checkId.slice(maintenancePrefix.length)));
			},
		},
		entryOf: ({ id, name, tags, meta, address: serviceAddress, port, ipv6, tagOverride }) =>
			entry(id, name, tagOverride === true ? undefined : tags, meta, serviceAddress, port, ipv6),
		close: () => client.close(),
	};
}

/** The check that follows a container's HEALTHCHECK. */
function healthCheckId(serviceId: string): string {
	return `docker:${serviceId}`;
}

function checksOf({ id, check, health }: ServiceRegistration) {
	if (health === undefined) return check === undefined ? {} : { Check: check };
	const following = {
		CheckID: healthCheckId(id),
		Name: "Docker HEALTHCHECK",
		TTL: healthTtl,
		Status: health.status,
	};
	return { Checks: check === undefined ? [following] : [check, following] };
}

function registrationBody(service: ServiceRegistration) {
	return {
		ID: service.id,
		Name: service.name,
		Tags: service.tags,
		Meta: service.meta,
		...(service.tagOverride === true ? { EnableTagOverride: true } : {}),
		Address: service.address,
		Port: service.port,
		...(service.ipv6 === undefined
			? {}
			: { TaggedAddresses: { lan_ipv6: { Address: service.ipv6.address, Port: service.ipv6.port } } }),
		...checksOf(service),
	};
}

function entryOfAgentService(service: AgentService): RegistryEntry {
	const { ID, Service, Meta, Address, Port, TaggedAddresses } = service;
	const tags = service.EnableTagOverride === true ? undefined : (service.Tags ?? []);
	const ipv6 = TaggedAddresses?.["lan_ipv6"];
	// The agent itself adds the address of an IPv6 service as a tagged one.
	const own = ipv6 === undefined || ipv6.Address === Address ? undefined : { address: ipv6.Address, port: ipv6.Port };
	return entry(ID, Service, tags, Meta ?? {}, Address, Port, own);
}

/** `tags` undefined: others may change them, so they do not count. */
function entry(
	id: string,
	name: string,
	tags: readonly string[] | undefined,
	meta: Readonly<Record<string, string>>,
	address: string,
	port: number,
	ipv6: ServiceRegistration["ipv6"],
): RegistryEntry {
	const sortedMeta = Object.entries(meta).sort(([a], [b]) => (a < b ? -1 : 1));
	const tagged = ipv6 === undefined ? [] : [ipv6.address, ipv6.port];
	return { key: id, id, name, fingerprint: JSON.stringify([name, tags ?? null, sortedMeta, address, port, ...tagged]) };
}
