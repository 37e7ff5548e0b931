import { type Client, isHttpStatus } from "../../client/index.ts";
import type { AgentService } from "../../lib/api/index.ts";
import type { RegistryEntry } from "../reconcile.ts";
import type { ServiceRegistration } from "../registration.ts";
import type { Backend } from "./backend.ts";
import { retriedOnce } from "./retried-once.ts";

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
		entryOf: ({ id, name, tags, meta, address: serviceAddress, port }) =>
			entry(id, name, tags, meta, serviceAddress, port),
		close: () => client.close(),
	};
}

function registrationBody(service: ServiceRegistration) {
	return {
		ID: service.id,
		Name: service.name,
		Tags: service.tags,
		Meta: service.meta,
		Address: service.address,
		Port: service.port,
		...(service.check === undefined ? {} : { Check: service.check }),
	};
}

function entryOfAgentService(service: AgentService): RegistryEntry {
	return entry(service.ID, service.Service, service.Tags ?? [], service.Meta ?? {}, service.Address, service.Port);
}

function entry(
	id: string,
	name: string,
	tags: readonly string[],
	meta: Readonly<Record<string, string>>,
	address: string,
	port: number,
): RegistryEntry {
	const sortedMeta = Object.entries(meta).sort(([a], [b]) => (a < b ? -1 : 1));
	return { key: id, id, name, fingerprint: JSON.stringify([name, tags, sortedMeta, address, port]) };
}
