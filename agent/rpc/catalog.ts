import type { Datacenters } from "./datacenters.ts";
import type { CatalogEndpoints } from "./endpoints.ts";
import { instanceSelector } from "./select.ts";
import type { Server } from "./server.ts";

/** `/v1/catalog/...` from this server's state. */
export function catalogEndpoints(server: Server, datacenters: Datacenters): CatalogEndpoints {
	const { store } = server;
	return {
		register: async (registration, options) => {
			await server.write(options, { kind: "register", registration });
		},
		deregister: async (deregistration, options) => {
			await server.write(options, { kind: "deregister", deregistration });
		},
		datacenters: async () => datacenters.names(),
		nodes: (options) => server.read(options, (watchSet) => store.nodes(watchSet, options.nodeMeta)),
		services: (options) => server.read(options, (watchSet) => store.services(watchSet, options.nodeMeta)),
		service: (name, options) => {
			const select = instanceSelector(server.selections, options);
			return server.read(options, (watchSet) => select(store.serviceInstances(name, watchSet)));
		},
		node: (name, options) => server.read(options, (watchSet) => store.nodeServices(name, watchSet)),
	};
}
