import { DiscoError } from "../../lib/errors.ts";
import type { Endpoints } from "../rpc/index.ts";

/** Endpoints of an agent that knows no server: every question fails with `NO_LEADER`, to be asked again later. */
export function unavailableEndpoints(): Endpoints {
	const fail = () =>
		Promise.reject(new DiscoError("NO_LEADER", "no server is known: this agent is none itself", { retryable: true }));
	return {
		catalog: {
			register: fail,
			deregister: fail,
			datacenters: fail,
			nodes: fail,
			services: fail,
			service: fail,
			node: fail,
		},
		health: { node: fail, checks: fail, service: fail, state: fail },
		kv: { write: fail, get: fail, list: fail, keys: fail },
		status: { leader: () => Promise.resolve(""), peers: () => Promise.resolve([]) },
	};
}
