import type { CheckStatus, HealthCheck, ServiceEntry } from "../lib/api/index.ts";
import { type ReadOptions, type ReadResult, read, readOptional } from "./read.ts";
import { type Requester, v1 } from "./request.ts";

export interface HealthServiceOptions extends ReadOptions {
	/** Only instances that have all of these. */
	readonly tags?: readonly string[];
	/** Only instances of which every check passes. */
	readonly passing?: boolean;
}

/** `/v1/health`: checks, and services with the checks that count for them. */
export interface HealthClient {
	/** The checks of a node, its services' included. */
	node(name: string, options?: ReadOptions): Promise<ReadResult<readonly HealthCheck[]>>;
	/** The checks of a service's instances. */
	checks(service: string, options?: ReadOptions): Promise<ReadResult<readonly HealthCheck[]>>;
	service(name: string, options?: HealthServiceOptions): Promise<ReadResult<readonly ServiceEntry[]>>;
	/** What speaks for a service in a mesh; undefined from an agent that has no mesh. */
	connect(name: string, options?: HealthServiceOptions): Promise<ReadResult<readonly ServiceEntry[] | undefined>>;
	/** Every check in that state. */
	state(state: CheckStatus | "any", options?: ReadOptions): Promise<ReadResult<readonly HealthCheck[]>>;
}

export function createHealthClient(requester: Requester): HealthClient {
	return {
		node: (name, options) => read(requester, v1("health", "node", name), options),
		checks: (service, options) => read(requester, v1("health", "checks", service), options),
		service: (name, options = {}) => read(requester, v1("health", "service", name), options, instancesQuery(options)),
		connect: (name, options = {}) =>
			readOptional(requester, v1("health", "connect", name), options, instancesQuery(options)),
		state: (state, options) => read(requester, v1("health", "state", state), options),
	};
}

/** `passing=1` rather than `passing`: the reference's clients send it so, and proxies that match on it exist. */
function instancesQuery({ tags, passing }: HealthServiceOptions) {
	return { tag: tags, passing: passing === true ? 1 : undefined };
}
