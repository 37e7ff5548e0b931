import { DiscoError, errorCode, errorMessage } from "../lib/errors.ts";
import type { Docker, DockerEvent, DockerListing } from "./docker.ts";
import type { DockerAddress } from "./docker-address.ts";
import { dockerHttp } from "./docker-http.ts";

/** An event is a few hundred bytes; a longer line is no event, and the stream is given up. */
const eventBytesMax = 1024 * 1024;
const kinds = ["start", "die", "destroy", "kill"] as const;
const eventFilters = { type: ["container"], event: [...kinds, "health_status"] };
const eventsPath = `/events?filters=${encodeURIComponent(JSON.stringify(eventFilters))}`;

/** Docker's API. Error: `DOCKER_TLS_UNREADABLE`. */
export async function connectDocker(address: DockerAddress): Promise<Docker> {
	const http = await dockerHttp(address);
	const call = async <T>(request: () => Promise<T>): Promise<T> => {
		try {
			return await request();
		} catch (error) {
			throw dockerError(error, address);
		}
	};
	return {
		address: address.text,
		ping: async () => {
			await call(() => http.get("/_ping"));
		},
		list: ({ ended }) =>
			call(async () =>
				((await http.get(`/containers/json?all=${ended}`)) as readonly ListedByDocker[]).map(parseListing),
			),
		inspect: (containerId) => call(() => http.get(`/containers/${encodeURIComponent(containerId)}/json`)),
		follow: ({ signal, onOpen, onEvent }) =>
			call(async () => {
				try {
					const stream = await http.open(eventsPath, signal);
					onOpen();
					for await (const line of lines(stream)) {
						const event = parseEvent(line);
						if (event !== undefined) onEvent(event);
					}
				} catch (error) {
					if (!signal.aborted) throw error;
				}
			}),
	};
}

/** What is read of an element of Docker's listing. */
interface ListedByDocker {
	readonly Id: string;
	readonly Names?: readonly string[];
	readonly State?: string;
	readonly Status?: string;
	readonly Ports?: readonly { IP?: string; PrivatePort?: number; PublicPort?: number; Type?: string }[];
	readonly NetworkSettings?: { readonly Networks?: Readonly<Record<string, { readonly IPAddress?: string }>> };
}

async function* lines(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
	let rest = "";
	for await (const chunk of stream) {
		rest += chunk.toString();
		const complete = rest.split("\n");
		rest = complete.pop() ?? "";
		if (rest.length > eventBytesMax)
			throw new Error(`a line of the event stream is longer than ${eventBytesMax} bytes`);
		yield* complete;
	}
}

/** An event of the stream, or undefined for a line that is none of ours. */
export function parseEvent(line: string): DockerEvent | undefined {
	if (line.trim() === "") return undefined;
	const event = JSON.parse(line) as {
		readonly Action?: string;
		readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
		readonly timeNano?: number;
	};
	const { Action: action, Actor: actor } = event;
	// `health_status: healthy`; in other engines without what follows.
	const kind = action?.startsWith("health_status") === true ? "health" : kinds.find((known) => known === action);
	if (kind === undefined || actor?.ID === undefined) return undefined;
	const number = (name: string) => {
		const value = actor.Attributes?.[name];
		return value === undefined ? undefined : Number(value);
	};
	return {
		kind,
		containerId: actor.ID,
		containerName: actor.Attributes?.["name"] ?? "",
		timeMs: (event.timeNano ?? 0) / 1e6,
		exitCode: number("exitCode"),
		signal: number("signal"),
	};
}

function parseListing(container: ListedByDocker): DockerListing {
	const { Id: id, Names: names = [], State: state, Status: status = "", Ports: ports = [] } = container;
	const name = (names.find((candidate) => candidate.lastIndexOf("/") === 0) ?? names[0] ?? "").replace(/^\//, "");
	const health = /\((?:healthy|unhealthy|health: starting)\)/.exec(status)?.[0] ?? "";
	const exitCode = /^Exited \((\d+)\)/.exec(status)?.[1];
	const addresses = Object.entries(container.NetworkSettings?.Networks ?? {}).map(
		([network, { IPAddress: address }]) => [network, address],
	);
	const shownPorts = ports.map((port) => JSON.stringify([port.IP, port.PrivatePort, port.PublicPort, port.Type]));
	return {
		id,
		name,
		running: state === "running" || state === "paused",
		exitCode: exitCode === undefined ? undefined : Number(exitCode),
		digest: JSON.stringify([name, shownPorts.sort(), addresses.sort(), health]),
	};
}

function dockerError(error: unknown, address: DockerAddress): DiscoError {
	if (error instanceof DiscoError) return error;
	const code = errorCode(error) ?? "";
	const advice =
		address.kind === "socket" && code === "ENOENT"
			? "no such socket; start Docker, mount the socket there, or set DOCKER_HOST"
			: code === "EACCES"
				? "no permission to open the socket; run as root or as a member of the group docker"
				: code === "ECONNREFUSED"
					? "nobody answers there; is Docker running?"
					: code === "ECONNRESET"
						? "the connection broke"
						: errorMessage(error);
	return new DiscoError("DOCKER_UNREACHABLE", `cannot reach Docker at ${address.text}: ${advice}`, {
		cause: error,
		retryable: true,
	});
}
