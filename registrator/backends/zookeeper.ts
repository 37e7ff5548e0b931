import { DiscoError } from "../../lib/errors.ts";
import { hostAndPort } from "../addresses.ts";
import type { RegistryEntry } from "../reconcile.ts";
import type { ServiceRegistration } from "../registration.ts";
import type { Backend } from "./backend.ts";
import type { ZooKeeperNodes } from "./zookeeper-nodes.ts";

/** How often a service's name is made again because its last service went at that very moment and took it along. */
const attemptsMax = 5;

/**
 * Services as ephemeral nodes `/PATH/NAME/ADDRESS:PORT` with JSON as data. The node of the name goes with its last service, and
 * all of them go when the registrator's session does.
 *
 * `makesFolders`: all of `path` is made where it is missing. Without, as in the reference, only its last element.
 */
export function createZooKeeperBackend(nodes: ZooKeeperNodes, path: string, makesFolders: boolean): Backend {
	const base = `/${path.replace(/^\/+|\/+$/g, "")}`;
	const prefix = base === "/" ? "/" : `${base}/`;
	const entryOf = (service: ServiceRegistration): RegistryEntry => {
		const { id, name } = service;
		return { key: `${prefix}${name}/${hostAndPort(service)}`, id, name, fingerprint: dataOf(service) };
	};
	const makeBase = async () => {
		if (base === "/") return;
		const folders = base.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/"));
		for (const folder of makesFolders ? folders.slice(1) : [base]) await nodes.make(folder);
	};

	return {
		name: `ZooKeeper at ${nodes.address}`,
		async ping() {
			await nodes.children("/");
			await makeBase();
		},
		async register(service) {
			const { key, fingerprint, name } = entryOf(service);
			for (let attempt = 0; attempt < attemptsMax; attempt++) {
				// Nearly always its name is there, or this makes it; the first service of a name costs two requests more.
				if (await nodes.hold(key, fingerprint)) return;
				if (makesFolders) await makeBase();
				await nodes.make(`${prefix}${name}`);
			}
			throw new DiscoError("ZOOKEEPER_REFUSED", `ZooKeeper at ${nodes.address}: ${prefix}${name} cannot be made`);
		},
		async deregister({ key }) {
			await nodes.remove(key);
			await nodes.remove(key.slice(0, key.lastIndexOf("/")));
		},
		async list() {
			const names = await nodes.children(base);
			const found = await Promise.all(
				names.map(async (name) => {
					const endpoints = (await nodes.children(`${prefix}${name}`)).filter((child) => /:\d+$/.test(child));
					return Promise.all(endpoints.map((endpoint) => readEntry(nodes, `${prefix}${name}/${endpoint}`, name)));
				}),
			);
			return found.flat().filter((entry) => entry !== undefined);
		},
		entryOf,
		close: () => nodes.close(),
	};
}

/** The data does not hold the service's id: what others wrote cannot be taken for ours, and what a life before left expires. */
async function readEntry(nodes: ZooKeeperNodes, key: string, name: string): Promise<RegistryEntry | undefined> {
	const fingerprint = await nodes.read(key);
	return fingerprint === undefined ? undefined : { key, id: key, name, fingerprint };
}

/** Field names and their order are the reference's. Its `ContainerID` really holds the host name inside the container. */
function dataOf({ name, address, port, innerPort, containerHostName, tags, meta }: ServiceRegistration): string {
	return JSON.stringify({
		Name: name,
		IP: address,
		PublicPort: port,
		PrivatePort: innerPort,
		ContainerID: containerHostName,
		Tags: tags,
		Attrs: meta,
	});
}
