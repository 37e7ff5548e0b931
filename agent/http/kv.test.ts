import { afterEach, describe, expect, it } from "vitest";
import { agent, closeAgents, put } from "./testing.ts";

afterEach(closeAgents);

describe("kv", () => {
	it("keeps bytes, flags up to 2^64-1 and two slashes that are escaped", async () => {
		const { base } = await agent();
		const bytes = new Uint8Array([0, 1, 2, 255]);
		await fetch(`${base}/v1/kv/a%2F%2Fb?flags=18446744073709551615`, { method: "PUT", body: bytes });
		const answer = await (await fetch(`${base}/v1/kv/a%2F%2Fb`)).text();
		expect(answer).toContain('"Key":"a//b","Flags":18446744073709551615,"Value":"AAEC/w=="');
		expect(new Uint8Array(await (await fetch(`${base}/v1/kv/a%2F%2Fb?raw`)).arrayBuffer())).toEqual(bytes);
	});

	it("refuses a value above the limit and keeps the connection", async () => {
		const { base } = await agent({ kvValueBytesMax: 1000 });
		expect((await put(`${base}/v1/kv/a`, "x".repeat(1000))).status).toBe(200);
		const refused = await put(`${base}/v1/kv/a`, "x".repeat(1001));
		expect(refused.status).toBe(413);
		expect(await refused.text()).toContain("Request body(1001 bytes) too large, max size: 1000 bytes");
		expect((await put(`${base}/v1/kv/a`, "x".repeat(5000))).status).toBe(413);
	});

	it("encodes a list once for all readers, indented and compressed for who asks", async () => {
		const { base } = await agent();
		for (let i = 0; i < 200; i++) await put(`${base}/v1/kv/p/${String(i).padStart(3, "0")}`, "value<&>");
		const plain = await (
			await fetch(`${base}/v1/kv/p/?recurse`, { headers: { "Accept-Encoding": "identity" } })
		).text();
		const pretty = await (await fetch(`${base}/v1/kv/p/?recurse&pretty`)).text();
		const packed = await fetch(`${base}/v1/kv/p/?recurse`, { headers: { "Accept-Encoding": "gzip" } });
		expect(packed.headers.get("content-encoding")).toBe("gzip");
		expect(await packed.text()).toBe(plain);
		expect(JSON.parse(plain)).toHaveLength(200);
		expect(pretty).toBe(`${JSON.stringify(JSON.parse(plain), null, 4)}\n`);
	});
});
