import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { FakeClock } from "../../lib/env/fake.ts";
import { agent, closeAgents } from "./testing.ts";

afterEach(closeAgents);

interface StreamEvent {
	readonly id: string;
	readonly event: string;
	readonly data: unknown;
}

/** A client of `?stream`: events as they come, until `close`. */
function listen(
	url: string,
	options: { readonly lastEventId?: string; readonly onEvent: (event: StreamEvent) => void },
) {
	const controller = new AbortController();
	const headers = options.lastEventId === undefined ? {} : { "Last-Event-ID": options.lastEventId };
	const done = (async () => {
		const answer = await fetch(url, { headers, signal: controller.signal });
		expect(answer.headers.get("content-type")).toBe("text/event-stream");
		let text = "";
		for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
			text += chunk;
			for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
				const fields = new Map(
					text
						.slice(0, end)
						.split("\n")
						.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
				);
				text = text.slice(end + 2);
				const data = fields.get("data");
				if (data === undefined) continue;
				options.onEvent({ id: fields.get("id") ?? "", event: fields.get("event") ?? "", data: JSON.parse(data) });
			}
		}
	})().catch((error: unknown) => {
		if (!controller.signal.aborted) throw error;
	});
	return { close: () => controller.abort(), done };
}

type Elements = Readonly<Record<string, unknown>>;
type Delta = { readonly Added: Elements; readonly Changed: Elements; readonly Removed: readonly string[] };

/** What a client knows from a snapshot and what followed. */
class Replica {
	readonly elements = new Map<string, unknown>();

	take({ event, data }: StreamEvent): void {
		if (event === "snapshot") {
			this.elements.clear();
			for (const [key, value] of Object.entries((data ?? {}) as Elements)) this.elements.set(key, value);
			return;
		}
		const delta = data as Delta;
		for (const [key, value] of [...Object.entries(delta.Added), ...Object.entries(delta.Changed)]) {
			this.elements.set(key, value);
		}
		for (const key of delta.Removed) this.elements.delete(key);
	}

	/** In byte order of the keys, as the answer has them. */
	sorted(): readonly (readonly [string, unknown])[] {
		return [...this.elements].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
	}
}

type Write = { readonly path: string; readonly method: string; readonly body: unknown };

const small = fc.integer({ min: 0, max: 3 });
const nodeName = small.map((number) => ["n1", "n-2", "m", "é"][number]);
const write: fc.Arbitrary<Write> = fc.oneof(
	fc.record({
		path: small.map((key) => `/v1/kv/p/${["a", "a-b", "a/b", "é"][key]}`),
		method: fc.constantFrom("PUT", "DELETE"),
		body: small,
	}),
	fc.record({
		path: fc.constant("/v1/catalog/register"),
		method: fc.constant("PUT"),
		body: fc.record({
			Node: nodeName,
			Address: fc.constant("10.0.0.1"),
			Service: fc.record({ ID: small.map((id) => `web-${id}`), Service: fc.constant("web"), Port: small }),
			Check: fc.record({
				CheckID: fc.constant("c"),
				Name: fc.constant("c"),
				Status: fc.constantFrom("passing", "critical"),
			}),
		}),
	}),
	fc.record({
		path: fc.constant("/v1/catalog/deregister"),
		method: fc.constant("PUT"),
		body: fc.record({ Node: nodeName, ServiceID: small.map((id) => `web-${id}`) }),
	}),
	fc.record({
		path: fc.constant("/v1/session/create"),
		method: fc.constant("PUT"),
		body: fc.record({
			Node: nodeName,
			Checks: fc.constantFrom([], ["c"]),
			Behavior: fc.constantFrom("release", "delete"),
		}),
	}),
	fc.record({
		path: fc.constant("/v1/query"),
		method: fc.constant("POST"),
		body: fc.record({ Name: small.map((number) => `q-${number}`), Service: fc.constant({ Service: "web" }) }),
	}),
	fc.record({ path: fc.constant("/v1/event/fire/deploy"), method: fc.constant("PUT"), body: small }),
	fc.record({
		path: fc.constant("/v1/coordinate/update"),
		method: fc.constant("PUT"),
		body: fc.record({ Node: nodeName, Coord: small.map((number) => coordinate(number)) }),
	}),
);

function coordinate(height: number) {
	return { Vec: [0, 0, 0, 0, 0, 0, 0, 0], Error: 1.5, Adjustment: 0, Height: height };
}

/** Writes that change the answer to every question, so that the stream certainly tells of the last one. */
function lastWrites(unique: number): readonly Write[] {
	return [
		{ path: "/v1/kv/p/a", method: "PUT", body: `last ${unique}` },
		{ path: `/v1/kv/p/last-${unique}`, method: "PUT", body: "" },
		{
			path: "/v1/catalog/register",
			method: "PUT",
			body: {
				Node: "m",
				Address: `10.0.1.${unique}`,
				Service: { ID: "web-0", Service: "web", Port: 1, Tags: [`last-${unique}`] },
				Checks: [
					{ CheckID: "c", Name: "c", Status: "critical", Output: `last ${unique}` },
					{ CheckID: "c-web", Name: "c", Status: "critical", ServiceID: "web-0", Output: `last ${unique}` },
				],
			},
		},
		{ path: "/v1/session/create", method: "PUT", body: { Node: "m", Checks: [] } },
		{ path: "/v1/query", method: "POST", body: { Name: `last-${unique}`, Service: { Service: "web" } } },
		{ path: "/v1/event/fire/deploy", method: "PUT", body: `last ${unique}` },
		{ path: "/v1/coordinate/update", method: "PUT", body: { Node: "m", Coord: coordinate(100 + unique) } },
	];
}

const questions = [
	"/v1/kv/p/?recurse",
	"/v1/kv/p/?keys",
	"/v1/kv/p/a?x",
	"/v1/catalog/nodes?x",
	"/v1/catalog/services?x",
	"/v1/catalog/service/web?x",
	"/v1/health/service/web?passing",
	"/v1/health/node/m?x",
	"/v1/health/state/critical?x",
	"/v1/catalog/service/web?filter=ServicePort==1",
	"/v1/health/checks/web?x",
	"/v1/session/list?x",
	"/v1/session/node/m?x",
	"/v1/query?x",
	"/v1/coordinate/nodes?x",
	"/v1/coordinate/node/m?x",
	// One part: each event is the whole answer.
	"/v1/catalog/node/m?x",
	"/v1/catalog/node-services/m?x",
	"/v1/event/list?name=deploy",
];
const wholeAnswers = /catalog\/node(?:-services)?\/|event\/list/;

describe("event stream", () => {
	it("snapshot and deltas give the long poll's answer at every index, through reconnects", async () => {
		const clock = new FakeClock();
		const { base } = await agent({}, {}, clock);
		const send = async ({ path, method, body }: Write) => {
			await fetch(base + path, { method, body: JSON.stringify(body) });
			// Updates of coordinates are gathered for a second.
			if (path.startsWith("/v1/coordinate/")) await clock.advanceAsync(1_000);
		};
		let unique = 0;
		await fc.assert(
			fc.asyncProperty(
				fc.constantFrom(...questions),
				fc.array(fc.record({ write, reconnects: fc.boolean() }), { minLength: 1, maxLength: 20 }),
				async (question, steps) => {
					const answers = new Map<string, unknown>();
					const ask = async () => {
						const answer = await fetch(base + question);
						const text = await answer.text();
						const index = answer.headers.get("x-consul-index") ?? "";
						answers.set(index, text === "" ? [] : JSON.parse(text));
						return index;
					};
					const replica = new Replica();
					const states: (readonly [string, readonly (readonly [string, unknown])[]])[] = [];
					let seen: string | undefined;
					let progress: () => void = () => {};
					const connect = () =>
						listen(`${base}${question}&stream&delta`, {
							...(seen === undefined ? {} : { lastEventId: seen }),
							onEvent: (event) => {
								replica.take(event);
								seen = event.id;
								states.push([event.id, replica.sorted()]);
								progress();
							},
						});
					await ask();
					let last = "";
					let client = connect();
					for (const step of steps) {
						await send(step.write);
						await ask();
						if (!step.reconnects) continue;
						client.close();
						await client.done;
						client = connect();
					}
					for (const each of lastWrites(unique++)) {
						await send(each);
						last = await ask();
					}
					while (seen !== last) {
						await new Promise<void>((resolve) => {
							progress = resolve;
							if (seen === last) resolve();
						});
					}
					client.close();
					await client.done;
					expect(states.length).toBeGreaterThan(0);
					for (const [index, elements] of states) {
						const answer = answers.get(index);
						const isList = Array.isArray(answer) && !wholeAnswers.test(question);
						const shown = isList ? elements.map(([, value]) => value) : Object.fromEntries(elements);
						expect(shown).toEqual(Array.isArray(answer) && !isList ? { ...answer } : (answer ?? {}));
					}
				},
			),
			{ numRuns: process.env["DISCO_LONG"] === undefined ? 40 : 1_000 },
		);
	}, 60_000);

	it("sends the whole answer without delta, and nothing again to who has it", async () => {
		const { base } = await agent();
		await fetch(`${base}/v1/kv/k`, { method: "PUT", body: "1" });
		const events: StreamEvent[] = [];
		let came: () => void = () => {};
		const next = (count: number) =>
			new Promise<void>((resolve) => {
				came = () => events.length >= count && resolve();
				came();
			});
		const onEvent = (event: StreamEvent) => {
			events.push(event);
			came();
		};
		const client = listen(`${base}/v1/kv/k?stream`, { onEvent });
		await next(1);
		expect(events[0]).toMatchObject({ event: "snapshot", data: [{ Key: "k", Value: "MQ==" }] });
		client.close();
		await client.done;
		const again = listen(`${base}/v1/kv/k?stream`, { onEvent, lastEventId: events[0]?.id ?? "" });
		await fetch(`${base}/v1/kv/k`, { method: "PUT", body: "2" });
		await next(2);
		expect(events[1]).toMatchObject({ event: "snapshot", data: [{ Key: "k", Value: "Mg==" }] });
		again.close();
		await again.done;
	});

	it("ends with the server", async () => {
		const { base, server } = await agent();
		let client: ReturnType<typeof listen> | undefined;
		await new Promise<void>((resolve) => {
			client = listen(`${base}/v1/catalog/nodes?stream`, { onEvent: () => resolve() });
		});
		await server.close();
		await client?.done;
	});

	it.each([
		["/v1/agent/self?stream", "This endpoint cannot be streamed"],
		["/v1/kv/k?stream&raw", "Cannot stream a raw value"],
	])("refuses %s", async (path, text) => {
		const { base } = await agent();
		const answer = await fetch(base + path);
		expect(answer.status).toBe(400);
		expect(await answer.text()).toContain(text);
	});
});
