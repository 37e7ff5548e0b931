import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { agent, closeAgents, put } from "./testing.ts";

afterEach(closeAgents);

const statusAndText = async (answer: Promise<Response>) => {
	const got = await answer;
	return [got.status, await got.text()];
};

describe("http_config and limits", () => {
	it("blocks endpoints by prefix, before the method is looked at, on both ways through the server", async () => {
		const { base } = await agent({ blockEndpoints: ["/v1/catalog", "/v1/kv/sec"] });
		const blocked = [403, "Endpoint is blocked by agent configuration"];
		expect(await statusAndText(fetch(`${base}/v1/catalog/nodes`))).toEqual(blocked);
		expect(await statusAndText(put(`${base}/v1/catalog/nodes`))).toEqual(blocked);
		expect(await statusAndText(fetch(`${base}/v1/kv/secret`))).toEqual(blocked);
		expect(await statusAndText(put(`${base}/v1/kv/secret`))).toEqual(blocked);
		expect(await statusAndText(put(`${base}/v1/kv/other`))).toEqual([200, "true"]);
		expect((await fetch(`${base}/v1/catalog`)).status).toBe(404);
	});

	it("lets only the networks of allow_write_http_from write", async () => {
		const { base } = await agent({ allowWriteFrom: ["10.0.0.0/8", "fd00::/8"] });
		const restricted = [403, "Access is restricted"];
		expect(await statusAndText(put(`${base}/v1/kv/a`))).toEqual(restricted);
		expect(await statusAndText(put(`${base}/v1/agent/reload`))).toEqual(restricted);
		expect((await put(`${base}/v1/status/leader`)).status).toBe(405);
		expect((await fetch(`${base}/v1/kv/a`, { method: "OPTIONS" })).status).toBe(200);
		expect((await fetch(`${base}/v1/status/leader`)).status).toBe(200);
		const { base: open } = await agent({ allowWriteFrom: ["10.0.0.0/8", "127.0.0.0/8"] });
		expect(await statusAndText(put(`${open}/v1/kv/a`))).toEqual([200, "true"]);
	});

	it("refuses heads above max_header_bytes", async () => {
		const { base } = await agent({ headerBytesMax: 5000 });
		expect((await fetch(`${base}/v1/status/leader`, { headers: { a: "x".repeat(4000) } })).status).toBe(200);
		expect((await fetch(`${base}/v1/status/leader`, { headers: { a: "x".repeat(6000) } })).status).toBe(431);
	});

	it("takes so many connections of one client, and again when they are closed", async () => {
		const { port, base } = await agent({ connectionsPerClientMax: 2 });
		const held: Socket[] = [];
		for (let count = 0; count < 2; count++) {
			const socket = connect(port, "127.0.0.1");
			await once(socket, "connect");
			held.push(socket);
		}
		const refused = connect(port, "127.0.0.1");
		let text = "";
		refused.on("data", (chunk: Buffer) => (text += chunk.toString()));
		await once(refused, "close");
		expect(text).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n/);
		expect(text).toMatch(/Your IP is issuing too many concurrent connections, please rate limit your calls\n$/);
		expect(text.split("\r\n\r\n")[1]).toHaveLength(81);
		for (const socket of held) socket.destroy();
		await expect.poll(() => fetch(`${base}/v1/status/leader`).then((got) => got.status)).toBe(200);
	});

	it("waits for default_query_time, max_query_time at most, and forgets ?cached without use_cache", async () => {
		const { base } = await agent({ waitDefaultMs: 30, waitMaxMs: 40, useCache: false });
		for (const wait of ["", "&wait=10m"]) {
			expect((await fetch(`${base}/v1/catalog/nodes?index=1000000${wait}`)).status).toBe(200);
		}
		expect((await fetch(`${base}/v1/catalog/services?cached`)).headers.get("x-cache")).toBeNull();
	});
});
