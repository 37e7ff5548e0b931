import { afterEach, describe, expect, it } from "vitest";
import { agent, closeAgents, put } from "./testing.ts";

afterEach(closeAgents);

describe("transactions", () => {
	it.each([
		["{", "Failed to parse body: unexpected EOF"],
		["{}", "it must be a list"],
		['[{"Zap":{}}]', 'json: unknown field "Zap"'],
		['[{"KV":{"Verb":"set","Key":"a","Value":"!!!"}}]', "illegal base64 data at input byte 0"],
		['[{"KV":{"Verb":"set","Key":"a","Value":"YQ"}}]', "illegal base64 data at input byte 2"],
		['[{"KV":{"Verb":"cas","Key":"a","Index":-1}}]', "whole number from 0 to 2^64-1"],
	])("refuses %s with 400", async (body, text) => {
		const { base } = await agent();
		const answer = await put(`${base}/v1/txn`, body);
		expect(answer.status).toBe(400);
		expect(await answer.text()).toContain(text);
	});

	it("refuses single operations that the token may not do, and does none", async () => {
		const authorizerOf = () => ({
			allows: ({ access }: { readonly access: string }, name: string) => access === "read" || name === "a",
		});
		const { base } = await agent({}, { authorizerOf });
		const set = (key: string) => ({ KV: { Verb: "set", Key: key, Value: "" } });
		const answer = await put(`${base}/v1/txn`, [set("a"), set("b")]);
		expect(answer.status).toBe(409);
		expect(await answer.json()).toMatchObject({ Results: null, Errors: [{ OpIndex: 1 }] });
		expect((await fetch(`${base}/v1/kv/a`)).status).toBe(404);
	});
});
