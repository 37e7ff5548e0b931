import type { ServiceEntry } from "../lib/api/index.ts";

/** Where one instance of a service is. */
export interface Instance {
	readonly id: string;
	readonly host: string;
	readonly port: number;
}

/**
 * The instance whose place the variables give: the one given before as long as it is healthy (so that a new instance beside it
 * restarts nobody), else the first by id. Undefined when there is none. Pure.
 */
export function chooseInstance(entries: readonly ServiceEntry[], before: Instance | undefined): Instance | undefined {
	const instances = entries
		.map(({ Node, Service }) => ({
			id: `${Node.Node}/${Service.ID}`,
			host: Service.Address === "" ? Node.Address : Service.Address,
			port: Service.Port,
		}))
		.sort((a, b) => (a.id < b.id ? -1 : 1));
	return instances.find(({ id }) => id === before?.id) ?? instances[0];
}

/**
 * The seven variables that Kubernetes gives a container for a service `redis-master` at 10.0.0.11:6379:
 * `REDIS_MASTER_SERVICE_HOST`, `REDIS_MASTER_SERVICE_PORT`, `REDIS_MASTER_PORT` (`tcp://10.0.0.11:6379`),
 * `REDIS_MASTER_PORT_6379_TCP` and its `_PROTO`, `_PORT`, `_ADDR`. Pure.
 */
export function serviceLinks(service: string, { host, port }: Instance): readonly (readonly [string, string])[] {
	const name = service.replace(/[^A-Za-z0-9_]/g, "_").toUpperCase();
	const url = `tcp://${host.includes(":") ? `[${host}]` : host}:${port}`;
	const portName = `${name}_PORT_${port}_TCP`;
	return [
		[`${name}_SERVICE_HOST`, host],
		[`${name}_SERVICE_PORT`, String(port)],
		[`${name}_PORT`, url],
		[portName, url],
		[`${portName}_PROTO`, "tcp"],
		[`${portName}_PORT`, String(port)],
		[`${portName}_ADDR`, host],
	];
}
