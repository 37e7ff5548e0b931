import { connect, type Socket } from "node:net";
import { type Agent, exchange } from "./agents.ts";
import { cpuMs } from "./process-figures.ts";

/** Milliseconds from the moment when the waking PUT was sent. */
export interface Wake {
	readonly putAnsweredMs: number;
	readonly firstMs: number;
	readonly lastMs: number;
	/** Processor time of the server until then. */
	readonly cpuMs: number;
}

/**
 * `count` connections with a blocking query on one key each, then a PUT of that key. Sockets without an HTTP library: the
 * generator shares the processors with what it measures, and a client of 50 us an answer would be most of the figure.
 */
export async function wake({ host, process: { pid } }: Pick<Agent, "host" | "process">, count: number): Promise<Wake> {
	const path = "/v1/kv/bench-wake";
	await exchange(host, "PUT", path, `before ${process.hrtime.bigint()}`);
	const { index } = await exchange(host, "GET", path);
	const question = Buffer.from(`GET ${path}?index=${index}&wait=120s HTTP/1.1\r\nHost: ${host}:8500\r\n\r\n`);
	const sockets: Socket[] = [];
	try {
		for (let at = 0; at < count; at += 250) {
			const some = Array.from({ length: Math.min(250, count - at) }, () => connected(host));
			sockets.push(...(await Promise.all(some)));
		}
		const writer = await connected(host);
		sockets.push(writer);
		const answered: number[] = [];
		const all = new Promise<void>((resolve, reject) => {
			for (const socket of sockets.slice(0, count)) {
				socket.once("data", (chunk: Buffer) => {
					answered.push(performance.now());
					if (chunk.toString("latin1", 9, 12) !== "200") reject(new Error(`woken with ${chunk.toString("latin1")}`));
					if (answered.length === count) resolve();
				});
				socket.once("close", () => reject(new Error("a blocking query was cut off")));
				socket.write(question);
			}
		});
		// An answer to a later request does not tell that earlier ones wait already; both servers need far less than this.
		await new Promise((resolve) => setTimeout(resolve, 1_500));
		if (answered.length > 0)
			throw new Error(`${answered.length} blocking queries were answered before anything changed`);
		const put = new Promise<number>((resolve) => writer.once("data", () => resolve(performance.now())));
		const cpuBeforeMs = cpuMs(pid);
		const sentMs = performance.now();
		writer.write(`PUT ${path} HTTP/1.1\r\nHost: ${host}:8500\r\nContent-Length: 5\r\n\r\nafter`);
		await all;
		const firstMs = (answered[0] ?? Number.NaN) - sentMs;
		const lastMs = (answered.at(-1) ?? Number.NaN) - sentMs;
		return { putAnsweredMs: (await put) - sentMs, firstMs, lastMs, cpuMs: cpuMs(pid) - cpuBeforeMs };
	} finally {
		for (const socket of sockets) {
			socket.removeAllListeners();
			socket.on("error", () => undefined);
			socket.destroy();
		}
	}
}

function connected(host: string): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket = connect({ host, port: 8500, noDelay: true }, () => resolve(socket));
		socket.once("error", reject);
	});
}
