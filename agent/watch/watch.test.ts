import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createClient } from "../../client/index.ts";
import { silentLogger } from "../../lib/log/index.ts";
import { nodeClock, nodeRandom } from "../../lib/node/index.ts";
import { createWatches, followWatch, parseConfiguredWatch, parseWatch, runHandlerCommand } from "./index.ts";

const closers: (() => void)[] = [];
afterEach(() => {
	for (const close of closers.splice(0)) close();
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
	const server = createServer(answer);
	server.listen(0, "127.45.0.1");
	await once(server, "listening");
	closers.push(() => {
		server.close();
		server.closeAllConnections();
	});
	return `127.45.0.1:${(server.address() as AddressInfo).port}`;
}

/** An agent that answers each question with the next value at once, and the last one never again. */
function scripted(values: readonly string[]) {
	let asked = 0;
	return (_: IncomingMessage, response: ServerResponse) => {
		const value = values[asked++];
		if (value === undefined) return;
		response.setHeader("x-consul-index", String(asked * 10));
		response.end(value);
	};
}

describe("parseWatch", () => {
	it.each([
		[{}, /needs a type/],
		[{ type: "frob" }, /"frob" is not key/],
		[{ type: "key" }, /needs a key/],
		[{ type: "keyprefix" }, /needs a prefix/],
		[{ type: "service" }, /needs a service/],
		[{ type: "checks", service: "a", state: "passing" }, /not both/],
		[{ type: "checks", state: "ill" }, /state "ill"/],
	])("refuses %j", (given, text) => {
		expect(() => parseWatch(given)).toThrow(text);
	});

	it("takes the API's defaults", () => {
		expect(parseWatch({ type: "checks" })).toEqual({ type: "checks", state: "any" });
		expect(parseWatch({ type: "service", service: "a" })).toEqual({
			type: "service",
			service: "a",
			tags: [],
			passingOnly: false,
		});
	});
});

describe("parseConfiguredWatch", () => {
	it.each([
		[{ type: "nodes" }, /watches\[0\]: it has no handler/],
		[{ type: "nodes", handler: "a", args: ["b"] }, /exclude each other/],
		[{ type: "nodes", handler_type: "mail" }, /"mail" is not script or http/],
		[{ type: "nodes", http_handler_config: { path: "ftp://x" } }, /is not a URL/],
		[{ type: "nodes", http_handler_config: { path: "http://x", timeout: "soon" } }, /"soon" is not a duration/],
		[{ type: "nodes", http_handler_config: { path: "http://x", header: 3 } }, /header is no map/],
	])("refuses %j", (config, text) => {
		expect(() => parseConfiguredWatch(config, "watches[0]")).toThrow(text);
	});
});

it("gives the first result and each that differs, whatever the index does", async () => {
	const address = await serve(scripted(["[]", "[]", '["a"]']));
	const client = createClient({ address });
	closers.push(() => client.close());
	const controller = new AbortController();
	const seen: string[] = [];
	await followWatch({
		client,
		definition: { type: "nodes" },
		clock: nodeClock,
		random: nodeRandom,
		signal: controller.signal,
		onError: () => "stop",
		handle: async ({ json, index }) => {
			seen.push(`${index} ${json}`);
			if (seen.length === 2) controller.abort();
		},
	});
	expect(seen).toEqual(["10 []", '30 ["a"]']);
});

it("a handler command that fails is an error; one that must end is ended with what it started", async () => {
	const common = { env: process.env, json: "[]", index: 1 };
	const never = new AbortController().signal;
	await expect(
		runHandlerCommand({ ...common, command: { words: ["exit 3"], shell: true }, signal: never }),
	).rejects.toThrow(/ended with exit code 3/);
	await expect(
		runHandlerCommand({ ...common, command: { words: ["/nonexistent"], shell: false }, signal: never }),
	).rejects.toThrow(/cannot be started/);
	const controller = new AbortController();
	let output = "";
	await runHandlerCommand({
		...common,
		command: { words: ["read -r line; echo $line $CONSUL_INDEX; sleep 60"], shell: true },
		signal: controller.signal,
		onOutput: (chunk) => {
			output += chunk;
			controller.abort();
		},
	});
	expect(output).toBe("[] 1\n");
});

it("the configuration's HTTP handler gets each result as JSON with its index", async () => {
	const agent = await serve(scripted(["[]", '["a"]']));
	const got: string[] = [];
	let both: () => void = () => {};
	const done = new Promise<void>((resolve) => {
		both = resolve;
	});
	const hook = await serve((request, response) => {
		let body = "";
		request.on("data", (chunk) => {
			body += chunk;
		});
		request.on("end", () => {
			const { "x-consul-index": index, "content-type": type, "x-key": key } = request.headers;
			got.push(`${request.method} ${index} ${type} ${key} ${body}`);
			// What the receiver says of the first result does not end the watch.
			response.writeHead(got.length === 1 ? 500 : 200).end();
			if (got.length === 2) both();
		});
	});
	const watches = createWatches({
		address: agent,
		token: "",
		env: process.env,
		clock: nodeClock,
		random: nodeRandom,
		logger: silentLogger,
	});
	const config = { type: "nodes", http_handler_config: { path: `http://${hook}/x`, header: { "x-key": ["v"] } } };
	watches.replace([parseConfiguredWatch(config, "watches[0]")]);
	await done;
	await watches.close();
	expect(got).toEqual(["POST 10 application/json v []\n", 'POST 20 application/json v ["a"]\n']);
});
