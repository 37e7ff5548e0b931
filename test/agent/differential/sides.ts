import { Agent, request as httpRequest } from "node:http";

/** A request as it goes on the wire: `path` is sent as it stands. */
export interface WireRequest {
	readonly method: string;
	readonly path: string;
	readonly body?: string;
	readonly headers?: Readonly<Record<string, string>>;
}

export interface WireReply {
	readonly status: number;
	/** As they were sent, names included. */
	readonly headers: ReadonlyMap<string, string>;
	readonly body: string;
}

/** One of the two agents that are compared. */
export interface Side {
	readonly name: string;
	readonly host: string;
	send(request: WireRequest): Promise<WireReply>;
	close(): void;
}

export function sideAt(name: string, host: string, port: number): Side {
	const agent = new Agent({ keepAlive: true, maxSockets: 4 });
	return {
		name,
		host,
		send: ({ method, path, body, headers }) =>
			new Promise((resolve, reject) => {
				const outgoing = httpRequest(
					{ host, port, method, path, agent, headers: { ...headers }, timeout: 30_000 },
					(incoming) => {
						const pieces: Buffer[] = [];
						incoming.on("data", (piece: Buffer) => pieces.push(piece));
						incoming.on("error", reject);
						incoming.on("end", () => {
							const named = new Map<string, string>();
							for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
								named.set(incoming.rawHeaders[at] ?? "", incoming.rawHeaders[at + 1] ?? "");
							}
							resolve({ status: incoming.statusCode ?? 0, headers: named, body: Buffer.concat(pieces).toString() });
						});
					},
				);
				outgoing.on("timeout", () => outgoing.destroy(new Error(`${name}: no answer to ${method} ${path} in 30 s`)));
				outgoing.on("error", reject);
				outgoing.end(body);
			}),
		close: () => agent.destroy(),
	};
}
