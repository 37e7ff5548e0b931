import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { httpDocument } from "./http-document.ts";

const server = createServer((request, response) => {
	if (request.url === "/small") response.end('{"a":1}');
	else if (request.url === "/big") response.end(Buffer.alloc(1024 * 1024 + 1));
	else response.writeHead(404).end();
});
let base = "";

beforeAll(async () => {
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

test("gives the body", async () => {
	expect(Buffer.from(await httpDocument(`${base}/small`)).toString()).toBe('{"a":1}');
});

test.each([
	["/none", "status 404"],
	["/big", "more than 1048576 bytes"],
])("%s: %s", async (path, reason) => {
	await expect(httpDocument(base + path)).rejects.toMatchObject({
		code: "TAGS_DOCUMENT_FAILED",
		message: `-tags: httpGet ${base}${path}: ${reason}`,
	});
});
