import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type ClientOptions, createClient, isClientError, isHttpStatus } from "./index.ts";

const open: { close(): void }[] = [];
afterEach(() => {
	for (const one of open.splice(0)) one.close();
});

/** A client of a server that answers with these statuses, one after the other, and then with the last one. */
async function serve(statuses: readonly number[], retry?: ClientOptions["retry"]) {
	const asked: string[] = [];
	const server = createServer((request, response) => {
		const status = statuses[Math.min(asked.length, statuses.length - 1)] ?? 200;
		asked.push(request.method ?? "");
		// 0: the connection breaks.
		if (status === 0) request.socket.destroy();
		else response.writeHead(status).end(status === 200 ? "[]" : "no leader");
	});
	await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
	const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
	const client = createClient({ address, ...(retry && { retry }) });
	open.push(client, server);
	return { client, asked };
}

/** No pauses to speak of. */
const soon = { backoff: { firstMs: 1, maxMs: 1 } };

test("reads are repeated after 5xx, 429 and lost connections, until one succeeds", async () => {
	const { client, asked } = await serve([500, 0, 429, 200], soon);
	expect((await client.catalog.nodes()).value).toEqual([]);
	expect(asked).toHaveLength(4);
});

test("a read for which 404 is an answer, too", async () => {
	const { client, asked } = await serve([503, 404], soon);
	expect((await client.kv.get("a")).value).toBeUndefined();
	expect(asked).toHaveLength(2);
});

test("the last error is the call's; the untyped request gives the last answer", async () => {
	const { client, asked } = await serve([500], { ...soon, attemptsMax: 3 });
	const error = await client.catalog.nodes().catch((thrown: unknown) => thrown);
	expect(isHttpStatus(error, 500)).toBe(true);
	expect(asked).toHaveLength(3);
	expect(await client.request({ path: "/v1/x" })).toMatchObject({ status: 500 });
	expect(asked).toHaveLength(6);
});

test("what a retry cannot help is asked once", async () => {
	const { client, asked } = await serve([403], soon);
	await expect(client.catalog.nodes()).rejects.toMatchObject({ status: 403 });
	expect(asked).toHaveLength(1);
});

test("writes are never repeated", async () => {
	const { client, asked } = await serve([500], soon);
	await expect(client.kv.put("a", "v")).rejects.toMatchObject({ status: 500 });
	await expect(client.kv.delete("a")).rejects.toMatchObject({ status: 500 });
	expect(asked).toEqual(["PUT", "DELETE"]);
});

test("nothing is repeated unless asked for", async () => {
	const { client, asked } = await serve([500, 200]);
	await expect(client.catalog.nodes()).rejects.toMatchObject({ status: 500 });
	expect(asked).toHaveLength(1);
});

test("a signal ends the pause before the next try", async () => {
	const ending = new AbortController();
	const { client, asked } = await serve([500], { backoff: { firstMs: 1_000_000, maxMs: 1_000_000 }, attemptsMax: 2 });
	const answer = client.catalog.nodes({ signal: ending.signal }).catch((thrown: unknown) => thrown);
	await expect.poll(() => asked.length).toBe(1);
	ending.abort();
	expect(isClientError(await answer, "HTTP_STATUS", "REQUEST_ABORTED")).toBe(true);
});

test("errors are told apart by their codes", async () => {
	const { client } = await serve([200]);
	const empty = await client.kv.get("").catch((thrown: unknown) => thrown);
	expect(isClientError(empty)).toBe(true);
	expect(isClientError(empty, "KV_KEY_EMPTY")).toBe(true);
	expect(isClientError(empty, "AGENT_UNREACHABLE", "REQUEST_TIMEOUT")).toBe(false);
	expect(isClientError(new Error("other"))).toBe(false);
});
