/** One address of the host that leads to a container's port. */
export interface PortBinding {
	/** `0.0.0.0`, `::` or one address of the host. */
	readonly hostAddress: string;
	readonly hostPort: number;
}

/** What the registrator reads of Docker's inspect answer, in its own words. */
export interface Container {
	/** 64 hexadecimal digits. */
	readonly id: string;
	/** Without Docker's leading slash. */
	readonly name: string;
	/** The image reference as it was given: `localhost:5000/team/redis:7`, or `sha256:...`. */
	readonly image: string;
	readonly hostName: string;
	/** `KEY=value`, the image's and the container's own merged by Docker. */
	readonly environment: readonly string[];
	readonly labels: Readonly<Record<string, string>>;
	/** `80/tcp`; what the image or the command line exposes. */
	readonly exposedPorts: readonly string[];
	/** Published ports, `80/tcp` to its bindings. */
	readonly bindings: Readonly<Record<string, readonly PortBinding[]>>;
	/** `default`, `bridge`, `host`, `none`, `container:ID` or the name of a network. */
	readonly networkMode: string;
	/** The container's address in each network that gives it one. */
	readonly addresses: Readonly<Record<string, string>>;
	/** Its IPv6 addresses, likewise. */
	readonly addresses6: Readonly<Record<string, string>>;
	/** False also while it waits to be started again by its restart policy. */
	readonly running: boolean;
	/** When it was started last, in milliseconds since the epoch with fractions; 0 when never. */
	readonly startedAtMs: number;
	/** As the image or the command line names it: `SIGTERM` unless they do. */
	readonly stopSignal: string;
	/** Undefined for a container without HEALTHCHECK. `output` is what the last probe printed. */
	readonly health: { readonly state: string; readonly output: string } | undefined;
	/** Docker's whole answer, for the template of `-tags`. */
	readonly inspect: unknown;
}

/** Reads Docker's inspect answer (API 1.24 and later). What is absent counts as empty: engines leave fields out. */
export function parseContainer(inspect: unknown): Container {
	const config = field(inspect, "Config");
	const network = field(inspect, "NetworkSettings");
	const state = field(inspect, "State");
	return {
		id: text(field(inspect, "Id")),
		name: text(field(inspect, "Name")).replace(/^\//, ""),
		image: text(field(config, "Image")),
		hostName: text(field(config, "Hostname")),
		environment: list(field(config, "Env")).map(text),
		labels: Object.fromEntries(entries(field(config, "Labels")).map(([name, value]) => [name, text(value)])),
		exposedPorts: entries(field(config, "ExposedPorts")).map(([port]) => port),
		bindings: Object.fromEntries(
			entries(field(network, "Ports")).map(([port, bindings]) => [port, list(bindings).flatMap(parseBinding)]),
		),
		networkMode: text(field(field(inspect, "HostConfig"), "NetworkMode")),
		addresses: addresses(network),
		addresses6: networkAddresses(network, "GlobalIPv6Address"),
		running: field(state, "Running") === true && field(state, "Restarting") !== true,
		startedAtMs: timestampMs(text(field(state, "StartedAt"))),
		stopSignal: text(field(config, "StopSignal")) || "SIGTERM",
		health: parseHealth(field(state, "Health")),
		inspect,
	};
}

function parseHealth(health: unknown): Container["health"] {
	const state = text(field(health, "Status"));
	if (state === "" || state === "none") return undefined;
	return { state, output: text(field(list(field(health, "Log")).at(-1), "Output")).trim() };
}

/**
 * An RFC 3339 time as milliseconds since the epoch, its fraction kept to the microsecond (events of one container may be
 * closer than a millisecond); 0 for Docker's "never" (year 1) and for what is no time.
 */
export function timestampMs(time: string): number {
	const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(time);
	if (match === null) return 0;
	const wholeMs = Date.parse(`${match[1]}${match[3]}`);
	return wholeMs > 0 ? wholeMs + Number(match[2] ?? 0) * 1000 : 0;
}

function parseBinding(binding: unknown): PortBinding[] {
	const hostPort = Number(text(field(binding, "HostPort")));
	return hostPort > 0 ? [{ hostAddress: text(field(binding, "HostIp")), hostPort }] : [];
}

function addresses(network: unknown): Record<string, string> {
	const found = networkAddresses(network, "IPAddress");
	// Engines older than user networks give the bridge's address only here.
	const bridge = text(field(network, "IPAddress"));
	return bridge === "" || found["bridge"] !== undefined ? found : { ...found, bridge };
}

function networkAddresses(network: unknown, key: string): Record<string, string> {
	return Object.fromEntries(
		entries(field(network, "Networks"))
			.map(([name, settings]) => [name, text(field(settings, key))] as const)
			.filter(([, address]) => address !== ""),
	);
}

function field(value: unknown, name: string): unknown {
	return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function text(value: unknown): string {
	return typeof value === "string" ? value : "";
}

function list(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}

function entries(value: unknown): [string, unknown][] {
	return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
