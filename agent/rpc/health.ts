import type { HealthEndpoints } from "./endpoints.ts";
import { instanceSelector } from "./select.ts";
import type { Server } from "./server.ts";

/** `/v1/health/...` from this server's state. */
export function healthEndpoints(server: Server): HealthEndpoints {
	const { store } = server;
	return {
		node: (name, options) => server.read(options, (watchSet) => store.nodeChecks(name, watchSet)),
		checks: (service, options) =>
			server.read(options, (watchSet) => store.serviceChecks(service, watchSet, options.nodeMeta)),
		service: (name, options) => {
			const select = instanceSelector(server.selections, options);
			return server.read(options, (watchSet) => select(store.serviceInstances(name, watchSet)));
		},
		serviceNow: (name, options) => {
			const select = instanceSelector(server.selections, options);
			return server.readNow(options, () => select(store.serviceInstances(name, undefined)));
		},
		state: (status, options) =>
			server.read(options, (watchSet) => store.checksInState(status, watchSet, options.nodeMeta)),
		byAddress: (address, options) => server.read(options, (watchSet) => store.instancesByAddress(address, watchSet)),
	};
}
