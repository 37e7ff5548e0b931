import { DiscoError } from "../../lib/errors.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * A service in a Compose file's words as Docker would answer about its container, so that everything after it is the same.
 *
 * Read are `image container_name hostname environment labels ports expose network_mode` and `networks` with `ipv4_address` and
 * `ipv6_address`. `name` is the container's unless `container_name` says otherwise; `where` is for messages. Error:
 * `SOURCE_INVALID`, which names the field.
 */
export function inspectOfDeclared(name: string, declared: unknown, where: string): Fields {
	const service = fields(declared, where, "a service must be an object");
	const containerName = text(service["container_name"], `${where}: container_name`) || name;
	const networks = Object.entries(Array.isArray(service["networks"]) ? {} : optionalFields(service, "networks", where));
	const published = list(service["ports"], `${where}: ports`).flatMap((port) => parsePort(port, `${where}: ports`));
	const exposed = list(service["expose"], `${where}: expose`).map((port) => withProtocol(String(port)));
	const mode = text(service["network_mode"], `${where}: network_mode`) || networks[0]?.[0] || "default";
	// As engines do: ports without a binding are listed too, where the container has a network of its own.
	const unbound = mode === "host" || mode === "none" ? [] : exposed;
	const ports = new Map(published.map(({ inner }) => [inner, published.filter((port) => port.inner === inner)]));
	return {
		Id: containerName,
		Name: `/${containerName}`,
		State: { Running: true },
		Config: {
			Hostname: text(service["hostname"], `${where}: hostname`) || containerName,
			Image: text(service["image"], `${where}: image`) || name,
			Env: pairs(service["environment"], `${where}: environment`).map(([key, value]) => `${key}=${value}`),
			Labels: Object.fromEntries(pairs(service["labels"], `${where}: labels`)),
			ExposedPorts: Object.fromEntries([...exposed, ...ports.keys()].map((port) => [port, {}])),
		},
		HostConfig: { NetworkMode: mode },
		NetworkSettings: {
			Ports: Object.fromEntries([
				...unbound.map((inner) => [inner, []]),
				...[...ports].map(([inner, bindings]) => [
					inner,
					bindings.filter(({ HostPort }) => HostPort !== "").map(({ HostIp, HostPort }) => ({ HostIp, HostPort })),
				]),
			]),
			Networks: Object.fromEntries(
				networks.map(([network, settings]) => {
					const at = `${where}: networks: ${network}`;
					const address = settings === null ? {} : fields(settings, at, "must be an object or empty");
					return [
						network,
						{ IPAddress: text(address["ipv4_address"], at), GlobalIPv6Address: text(address["ipv6_address"], at) },
					];
				}),
			),
		},
	};
}

interface DeclaredPort {
	/** `80/tcp`. */
	readonly inner: string;
	readonly HostIp: string;
	/** Empty: Docker would choose one. */
	readonly HostPort: string;
}

/** `80`, `8001:80`, `127.0.0.1:8001:80/udp`, `[::1]:8001:80`, or Compose's long form. */
function parsePort(port: unknown, where: string): DeclaredPort[] {
	if (typeof port === "object" && port !== null) {
		const { target, published, protocol, host_ip: hostIp } = port as Fields;
		if (target === undefined) throw invalid(`${where}: a port without target`);
		return [
			{
				inner: withProtocol(`${String(target)}${protocol === undefined ? "" : `/${String(protocol)}`}`),
				HostIp: text(hostIp, `${where}: host_ip`) || "0.0.0.0",
				HostPort: published === undefined ? "" : String(published),
			},
		];
	}
	const match = /^(?:(?:(\[[^\]]+\]|[^:]+):)?(\d+):)?(\d+(?:\/\w+)?)$/.exec(String(port));
	if (match?.[3] === undefined) {
		throw invalid(`${where}: "${String(port)}" is no port; write 80, 8001:80 or 127.0.0.1:8001:80/udp`);
	}
	const hostIp = (match[1] ?? "0.0.0.0").replace(/^\[|\]$/g, "");
	return [{ inner: withProtocol(match[3]), HostIp: hostIp, HostPort: match[2] ?? "" }];
}

function withProtocol(port: string): string {
	return port.includes("/") ? port : `${port}/tcp`;
}

/** A map, or a list of `KEY=value`; values may be numbers and booleans, and empty. */
function pairs(value: unknown, where: string): [string, string][] {
	if (Array.isArray(value)) {
		return value.map((element: unknown) => {
			const [key = "", ...rest] = text(element, where).split("=");
			return [key, rest.join("=")];
		});
	}
	if (value === undefined || value === null) return [];
	return Object.entries(fields(value, where, "must be a map or a list")).map(([key, entry]) => [
		key,
		text(entry, where),
	]);
}

function text(value: unknown, where: string): string {
	if (value === undefined || value === null) return "";
	if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
	throw invalid(`${where}: ${JSON.stringify(value)} is no text`);
}

function list(value: unknown, where: string): readonly unknown[] {
	if (value === undefined || value === null) return [];
	if (Array.isArray(value)) return value;
	throw invalid(`${where}: ${JSON.stringify(value)} is no list`);
}

function optionalFields(service: Fields, name: string, where: string): Fields {
	const value = service[name];
	return value === undefined || value === null ? {} : fields(value, `${where}: ${name}`, "must be a map or a list");
}

/** `value` as an object. Error: `SOURCE_INVALID`. */
export function fields(value: unknown, where: string, wanted: string): Fields {
	if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
	throw invalid(`${where}: ${wanted}`);
}

function invalid(message: string): DiscoError {
	return new DiscoError("SOURCE_INVALID", message, { retryable: true });
}
