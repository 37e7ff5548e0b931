import { connect } from "node:net";

interface Put {
	readonly path: string;
	readonly body: string;
}

/** Connections that write side by side; each waits for its answer before it sends the next. */
const clients = 64;

/** PUTs `count` things, 64 at a time. Without an HTTP library: it takes most of the time otherwise. Fails when one is not 200. */
export async function putAll(host: string, count: number, put: (number: number) => Put): Promise<void> {
	let next = 0;
	const client = () =>
		new Promise<void>((resolve, reject) => {
			const socket = connect({ host, port: 8500, noDelay: true });
			const go = () => {
				if (next >= count) {
					socket.destroy();
					resolve();
					return;
				}
				const { path, body } = put(next++);
				socket.write(
					`PUT ${path} HTTP/1.1\r\nHost: ${host}:8500\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
				);
			};
			let answer = "";
			socket.on("connect", go);
			socket.on("data", (chunk: Buffer) => {
				answer += chunk.toString("latin1");
				const headEnd = answer.indexOf("\r\n\r\n");
				const length = Number(/^content-length: (\d+)/im.exec(answer)?.[1] ?? 0);
				if (headEnd < 0 || answer.length < headEnd + 4 + length) return;
				if (!answer.startsWith("HTTP/1.1 200")) reject(new Error(`${host}: ${answer}`));
				answer = "";
				go();
			});
			socket.on("error", reject);
			// After `resolve` this says nothing.
			socket.on("close", () => reject(new Error(`${host} closed the connection`)));
		});
	await Promise.all(Array.from({ length: clients }, client));
}

/** A key of about 25 characters with 100 bytes. */
export function keyPut(number: number): Put {
	return { path: `/v1/kv/${keyName(number)}`, body: "x".repeat(100) };
}

/** 64 keys as `keyPut` in one transaction. */
export function keysPut(number: number): Put {
	const Value = Buffer.alloc(100, 120).toString("base64");
	const operations = Array.from({ length: 64 }, (_, at) => ({
		KV: { Verb: "set", Key: keyName(number * 64 + at), Value },
	}));
	return { path: "/v1/txn", body: JSON.stringify(operations) };
}

/** 1,000 folders. */
function keyName(number: number): string {
	return `app/${String(number % 1_000).padStart(4, "0")}/key-${String(number).padStart(7, "0")}`;
}

/** An instance with a passing check. */
export function instancePut(instance: {
	readonly node: number;
	readonly service: string;
	readonly id: string;
	readonly port: number;
}): Put {
	const { node, service, id, port } = instance;
	return {
		path: "/v1/catalog/register",
		body: JSON.stringify({
			Node: `bench-node-${node}`,
			Address: `10.${node >> 16}.${(node >> 8) & 255}.${node & 255}`,
			Service: { ID: id, Service: service, Port: port, Tags: ["a", "b"] },
			Check: { CheckID: `service:${id}`, Name: "bench", Status: "passing", ServiceID: id },
		}),
	};
}
