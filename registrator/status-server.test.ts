import { afterEach, describe, expect, test } from "vitest";
import { createStatus } from "./status.ts";
import { parseStatusAddress } from "./status-address.ts";
import { type StatusServer, startStatusServer } from "./status-server.ts";
import { reconcilerOfHost, registration } from "./testing/registrations.ts";

const servers: StatusServer[] = [];
afterEach(async () => {
	for (const server of servers.splice(0)) await server.close();
});

async function setUp() {
	const status = createStatus();
	const reconciler = reconcilerOfHost(true);
	const inspection = reconciler.started("c1", "a", 1);
	reconciler.inspected(inspection, { name: "a", startedAtMs: 1, services: [registration("a", 8001)] });
	const server = await startStatusServer("127.0.0.1:0", {
		version: "0",
		registry: "the fake registry",
		sources: [{ owner: "host", address: "unix:///run/docker.sock", status, overview: reconciler.overview }],
	});
	servers.push(server);
	const get = async (path: string, method = "GET") => {
		const answer = await fetch(`${server.url}${path}`, { method });
		return { status: answer.status, text: await answer.text() };
	};
	return { status, reconciler, get, server };
}

test("/health answers while nothing else is there yet", async () => {
	const { get } = await setUp();
	expect(await get("/health")).toEqual({ status: 200, text: "ok\n" });
});

test("/ready names what is missing", async () => {
	const { get, status } = await setUp();
	expect((await get("/ready")).status).toBe(503);
	Object.assign(status, { dockerConnected: true, dockerListed: true });
	expect(await get("/ready")).toEqual({ status: 503, text: "the registry cannot be reached\n" });
	status.registryReachable = true;
	expect(await get("/ready")).toEqual({ status: 200, text: "ready\n" });
});

test("/state shows containers and services, and where each stands", async () => {
	const { get, reconciler } = await setUp();
	const services = async () => (JSON.parse((await get("/state")).text) as { services: unknown }).services;
	const service = { id: "host:a:80", name: "api", address: "10.9.8.7", port: 8001 };
	expect(await services()).toEqual([{ ...service, state: "pending" }]);
	for (const [outcome, state] of [
		["refused", "refused"],
		["done", "registered"],
	] as const) {
		reconciler.forgetRefusals();
		for (const operation of reconciler.plan(1)) reconciler.finished(operation, outcome);
		expect(await services()).toEqual([{ ...service, state }]);
	}
});

test("/metrics is in Prometheus' text form", async () => {
	const { get, status } = await setUp();
	status.counts.dockerEvents = 3;
	const { text } = await get("/metrics");
	expect(text).toContain(
		"# TYPE disco_registrator_docker_events_total counter\ndisco_registrator_docker_events_total 3\n",
	);
	expect(text).toContain("\ndisco_registrator_services_pending 1\n");
	expect(text).toMatch(/^(# (HELP|TYPE) .*\n|[a-z_]+ \d+\n)+$/);
});

test("other paths and methods are refused", async () => {
	const { get } = await setUp();
	expect((await get("/")).status).toBe(404);
	expect((await get("/health", "POST")).status).toBe(405);
	expect(await get("/health", "HEAD")).toEqual({ status: 200, text: "" });
});

test("a busy port is named", async () => {
	const { server } = await setUp();
	const address = new URL(server.url).host;
	await expect(startStatusServer(address, {} as never)).rejects.toThrow(`-http: cannot listen on ${address}: `);
});

describe("-http", () => {
	test.each([
		["9099", "127.0.0.1", 9099],
		[":9099", "0.0.0.0", 9099],
		["10.0.0.1:1", "10.0.0.1", 1],
		["[::1]:80", "::1", 80],
		["localhost:80", "localhost", 80],
	])("%s", (text, host, port) => {
		expect(parseStatusAddress(text)).toEqual({ host, port });
	});
	test.each(["", "x", "::1", "1.2.3.4:", "1.2.3.4:99999", "http://x:1"])('"%s" is refused', (text) => {
		expect(() => parseStatusAddress(text)).toThrow(/^-http: /);
	});
});
