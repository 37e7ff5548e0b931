import { createServer, type Server } from "node:http";
import { DiscoError, errorMessage } from "../lib/errors.ts";
import type { Overview } from "./reconcile.ts";
import { type CountName, countNames, type SyncStatus } from "./status.ts";
import { parseStatusAddress } from "./status-address.ts";

/** What `/state` tells besides the picture of containers and services. */
export interface StatusSubject {
	readonly version: string;
	/** Where the services go, without secrets. */
	readonly registry: string;
	readonly sources: readonly StatusSource[];
}

/** Where containers come from. */
interface StatusSource {
	readonly owner: string;
	/** Without secrets. */
	readonly address: string;
	readonly status: SyncStatus;
	/** Undefined until Docker and the registry were reached. */
	readonly overview: () => Overview | undefined;
}

export interface StatusServer {
	/** `http://host:port`, with the port that was taken. */
	readonly url: string;
	/** Idempotent. */
	close(): Promise<void>;
}

/** A client that has not sent its request by then is hung up on. */
const requestMsMax = 5_000;
/** Clients at once; further ones are refused. */
const connectionsMax = 64;

/**
 * `/health` (the process runs), `/ready` (Docker was listed, its events arrive, the registry answers), `/metrics` (Prometheus) and
 * `/state` (containers and services as JSON). Read only and without secrets. Error: `HTTP_LISTEN`.
 */
export async function startStatusServer(address: string, subject: StatusSubject): Promise<StatusServer> {
	const { host, port } = parseStatusAddress(address);
	const server = createServer({ requestTimeout: requestMsMax, headersTimeout: requestMsMax }, (request, response) => {
		const known = request.method === "GET" || request.method === "HEAD";
		const page = known
			? pageOf(new URL(request.url ?? "/", "http://localhost").pathname, subject)
			: plain(405, "only GET is known here\n");
		response.writeHead(page.status, { "content-type": page.type }).end(request.method === "HEAD" ? "" : page.body);
	});
	server.maxConnections = connectionsMax;
	await listen(server, host, port);
	const taken = server.address();
	const takenPort = typeof taken === "object" && taken !== null ? taken.port : port;
	return {
		url: `http://${host.includes(":") ? `[${host}]` : host}:${takenPort}`,
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}

interface Page {
	readonly status: number;
	readonly type: string;
	readonly body: string;
}

function pageOf(path: string, subject: StatusSubject): Page {
	switch (path) {
		case "/health":
			return plain(200, "ok\n");
		case "/ready": {
			const missing = [...new Set(subject.sources.flatMap(({ status }) => notReady(status)))];
			return missing.length === 0 ? plain(200, "ready\n") : plain(503, `${missing.join("\n")}\n`);
		}
		case "/metrics":
			return { ...plain(200, metrics(subject)), type: "text/plain; version=0.0.4; charset=utf-8" };
		case "/state":
			return { status: 200, type: "application/json", body: `${JSON.stringify(state(subject), undefined, 2)}\n` };
		default:
			return plain(404, "there are /health, /ready, /metrics and /state\n");
	}
}

function plain(status: number, body: string): Page {
	return { status, type: "text/plain; charset=utf-8", body };
}

function notReady({ dockerConnected, dockerListed, registryReachable }: SyncStatus): string[] {
	return [
		...(dockerConnected ? [] : ["no connection to the source of containers"]),
		...(dockerListed ? [] : ["the containers have not been listed yet"]),
		...(registryReachable ? [] : ["the registry cannot be reached"]),
	];
}

function state({ version, registry, sources }: StatusSubject) {
	return {
		version,
		sources: sources.map(({ owner, address, status }) => ({
			owner,
			address,
			connected: status.dockerConnected,
			listed: status.dockerListed,
		})),
		registry: { address: registry, reachable: sources.every(({ status }) => status.registryReachable) },
		...pictureOf(sources),
		counts: countsOf(sources),
	};
}

function pictureOf(sources: StatusSubject["sources"]): Overview {
	const overviews = sources.flatMap(({ overview }) => overview() ?? []);
	return {
		containers: overviews.flatMap(({ containers }) => containers),
		services: overviews.flatMap(({ services }) => services),
	};
}

function countsOf(sources: StatusSubject["sources"]): Record<string, number> {
	const sum = (name: CountName) => sources.reduce((total, { status }) => total + status.counts[name], 0);
	return Object.fromEntries(Object.keys(countNames).map((name) => [name, sum(name as CountName)]));
}

function metrics({ sources }: StatusSubject): string {
	const { containers, services } = pictureOf(sources);
	const counts = countsOf(sources);
	const all = (holds: (status: SyncStatus) => boolean) => Number(sources.every(({ status }) => holds(status)));
	const lines: string[] = [];
	const add = (name: string, type: "counter" | "gauge", help: string, value: number) =>
		lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`);
	add(
		"disco_registrator_source_connected",
		"gauge",
		"1 while events arrive, from every source",
		all((status) => status.dockerConnected),
	);
	add(
		"disco_registrator_registry_reachable",
		"gauge",
		"1 while the registry answers",
		all((status) => status.registryReachable),
	);
	add("disco_registrator_containers", "gauge", "Containers known", containers.length);
	add("disco_registrator_services", "gauge", "Services that should stand", services.length);
	const pending = services.filter((service) => service.state !== "registered").length;
	add("disco_registrator_services_pending", "gauge", "Of these, not (yet) in the registry", pending);
	for (const [name, help] of Object.entries(countNames)) {
		const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
		add(`disco_registrator_${snake}_total`, "counter", help, counts[name] ?? 0);
	}
	add("process_resident_memory_bytes", "gauge", "Memory of the process", process.memoryUsage.rss());
	return `${lines.join("\n")}\n`;
}

function listen(server: Server, host: string, port: number): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once("error", (error) => {
			reject(new DiscoError("HTTP_LISTEN", `-http: cannot listen on ${host}:${port}: ${errorMessage(error)}`));
		});
		server.listen(port, host, resolve);
	});
}
