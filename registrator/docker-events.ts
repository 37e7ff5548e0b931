import type Dockerode from "dockerode";
import { DiscoError, errorCode, errorMessage } from "../lib/errors.ts";
import type { Docker, DockerEvent, DockerListing } from "./docker.ts";
import type { DockerAddress } from "./docker-address.ts";
import { dockerClient, httpStatus } from "./docker-client.ts";

/** An event is a few hundred bytes; a longer line is no event, and the stream is given up. */
const eventBytesMax = 1024 * 1024;
/** A listing or an inspection that takes longer has failed; one of 500 containers takes well below a second. */
const callMsMax = 30_000;
const kinds = ["start", "die", "destroy", "kill"] as const;
const eventFilters = JSON.stringify({ type: ["container"], event: [...kinds, "health_status"] });

/** Docker's API. Error: `DOCKER_TLS_UNREADABLE`. */
export async function connectDocker(address: DockerAddress): Promise<Docker> {
	const docker = await dockerClient(address);
	const limit = () => ({ abortSignal: AbortSignal.timeout(callMsMax) });
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
			await call(() => docker.ping(limit()));
		},
		list: ({ ended }) => call(async () => (await docker.listContainers({ all: ended, ...limit() })).map(parseListing)),
		inspect: (containerId) =>
			call(async (): Promise<unknown> => {
				try {
					return await docker.getContainer(containerId).inspect(limit());
				} catch (error) {
					if (httpStatus(error) === 404) return undefined;
					throw error;
				}
			}),
		follow: ({ signal, onOpen, onEvent }) =>
			call(async () => {
				try {
					// dockerode takes the signal for every call; its types say so only for some.
					const options: Dockerode.GetEventsOptions & { abortSignal: AbortSignal } = {
						filters: eventFilters,
						abortSignal: signal,
					};
					const stream = await docker.getEvents(options);
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

function parseListing(container: Dockerode.ContainerInfo): DockerListing {
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
	if (httpStatus(error) !== undefined) {
		return new DiscoError("DOCKER_REFUSED", `Docker at ${address.text}: ${errorMessage(error).trim()}`, {
			cause: error,
			retryable: true,
		});
	}
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
