import { createHash } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import { inspectAnswer } from "../../registrator/testing/containers.ts";

/**
 * A simulated Docker: the four calls that the registrator makes, over HTTP on a socket, about containers that do not exist. For
 * numbers of containers and speeds that a real engine does not reach; what it answers has the size of an engine's answer.
 */
export interface DockerApi {
	/** For `DOCKER_HOST`. */
	readonly address: string;
	/** A container that publishes port 80; it takes `hostPort`. */
	start(name: string, hostPort: number): void;
	die(name: string): void;
	/** Breaks every connection, as an engine that ends does; it goes on answering. */
	restart(): void;
	close(): Promise<void>;
}

interface Simulated {
	readonly id: string;
	readonly inspect: object;
	readonly listed: object;
}

/** Starts it on `socket`, a path. */
export async function startDockerApi(socket: string): Promise<DockerApi> {
	const running = new Map<string, Simulated>();
	const listeners = new Set<ServerResponse>();
	const json = (response: ServerResponse, status: number, body: unknown) =>
		response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
	const server = createServer((request, response) => {
		const path = (request.url ?? "").split("?")[0] ?? "";
		const id = /^\/containers\/(\w+)\/json$/.exec(path)?.[1];
		if (path === "/_ping") response.end("OK");
		else if (path === "/containers/json")
			json(
				response,
				200,
				[...running.values()].map(({ listed }) => listed),
			);
		else if (path === "/events") {
			response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
			listeners.add(response);
			response.on("close", () => listeners.delete(response));
		} else if (id !== undefined) {
			const container = [...running.values()].find((each) => each.id === id);
			json(response, container === undefined ? 404 : 200, container?.inspect ?? { message: "no such container" });
		} else json(response, 404, { message: "not simulated" });
	});
	await new Promise<void>((resolve) => server.listen(socket, resolve));
	const tell = (action: string, name: string, id: string) => {
		const nanoseconds = process.hrtime.bigint() - hrtimeAtStart + BigInt(startedAtMs) * 1_000_000n;
		const attributes = { name, image: "acme/foobar:1.2", ...(action === "die" ? { exitCode: "137" } : {}) };
		const event = { Type: "container", Action: action, Actor: { ID: id, Attributes: attributes } };
		// A number of nanoseconds is beyond what JSON.stringify writes exactly.
		const line = JSON.stringify(event).replace(/\}$/, `,"timeNano":${nanoseconds}}\n`);
		for (const listener of listeners) listener.write(line);
	};
	return {
		address: `unix://${socket}`,
		start(name, hostPort) {
			const container = simulated(name, hostPort);
			running.set(name, container);
			tell("start", name, container.id);
		},
		die(name) {
			const container = running.get(name);
			running.delete(name);
			if (container !== undefined) tell("die", name, container.id);
		},
		restart: () => server.closeAllConnections(),
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}

const startedAtMs = Date.now();
const hrtimeAtStart = process.hrtime.bigint();
/** About what an engine tells of mounts, limits and the graph driver. */
const restOfInspection = { HostConfig: { Padding: "x".repeat(4_000) } };

let started = 0;

function simulated(name: string, hostPort: number): Simulated {
	started++;
	const id = createHash("sha256").update(`${name} ${started}`).digest("hex");
	const address = "172.17.0.2";
	const draft = { name, published: { "80/tcp": [`0.0.0.0:${hostPort}`] }, environment: { SERVICE_NAME: "api" } };
	const answer = inspectAnswer(draft) as { readonly HostConfig: object; readonly State: object };
	return {
		id,
		inspect: {
			...answer,
			Id: id,
			State: { ...answer.State, StartedAt: new Date().toISOString() },
			HostConfig: { ...restOfInspection.HostConfig, ...answer.HostConfig },
		},
		listed: {
			Id: id,
			Names: [`/${name}`],
			Image: "acme/foobar:1.2",
			State: "running",
			Status: "Up 1 second",
			Labels: {},
			Ports: [{ IP: "0.0.0.0", PrivatePort: 80, PublicPort: hostPort, Type: "tcp" }],
			NetworkSettings: { Networks: { bridge: { IPAddress: address } } },
			Mounts: [],
		},
	};
}
