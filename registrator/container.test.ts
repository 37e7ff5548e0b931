import fc from "fast-check";
import { expect, test } from "vitest";
import { parseContainer, timestampMs } from "./container.ts";
import { inspectAnswer } from "./testing/containers.ts";

test("reads what an engine answers", () => {
	const draft = {
		published: { "80/tcp": ["0.0.0.0:8001"] },
		exposed: ["80/tcp", "443/tcp"],
		environment: { A: "b=c" },
	};
	expect(parseContainer(inspectAnswer(draft))).toMatchObject({
		name: "web",
		image: "acme/foobar:1.2",
		hostName: "inner",
		environment: ["A=b=c"],
		exposedPorts: ["80/tcp", "443/tcp"],
		bindings: { "80/tcp": [{ hostAddress: "0.0.0.0", hostPort: 8001 }], "443/tcp": [] },
		networkMode: "default",
		addresses: { bridge: "172.17.0.2" },
		running: true,
	});
});

test("a container that waits for its restart does not run", () => {
	expect(parseContainer({ State: { Running: true, Restarting: true } }).running).toBe(false);
});

test("any JSON is read without an error", () => {
	fc.assert(fc.property(fc.jsonValue(), (answer) => typeof parseContainer(answer).running === "boolean"));
});

test.each([
	["2026-11-21T14:00:00Z", Date.UTC(2026, 10, 21, 14)],
	["2026-11-21T14:00:00.25+01:00", Date.UTC(2026, 10, 21, 13) + 250],
	["0001-01-01T00:00:00Z", 0],
	["", 0],
])("time %s", (time, expected) => {
	expect(timestampMs(time)).toBe(expected);
});

test("microseconds are told apart", () => {
	expect(timestampMs("2026-11-21T14:00:00.000002Z")).toBeGreaterThan(timestampMs("2026-11-21T14:00:00.000001Z"));
});
