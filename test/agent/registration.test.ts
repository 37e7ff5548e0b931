import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, outcome } from "../support/programs.ts";
import { program, start, startAgent, type TestAgent, temporaryFolder } from "./support.ts";

const host = "127.13.0.11";

describe("an agent in memory", () => {
	let agent: TestAgent;
	let resolver: Resolver;
	beforeAll(async () => {
		agent = await startAgent(host);
		resolver = new Resolver({ timeout: 2_000, tries: 1 });
		resolver.setServers([`${host}:${agent.dnsPort}`]);
	});
	afterAll(() => agent.kill("SIGKILL"));

	it("has an acknowledged registration at once in DNS, in health and in a waiting blocking query", async () => {
		const before = await agent.client.health.service("now");
		const waiting = agent.client.health.service("now", { index: before.index, waitMs: 10_000 });
		await agent.client.agent.registerService({ ID: "now-1", Name: "now", Address: "10.7.7.7", Port: 4321 });
		// Nothing is waited for or tried again from here: it was acknowledged.
		expect(await resolver.resolve4("now.service.consul")).toEqual(["10.7.7.7"]);
		expect(await resolver.resolveSrv("now.service.consul")).toMatchObject([{ port: 4321 }]);
		expect((await agent.client.health.service("now", {})).value.map(({ Service }) => Service.ID)).toEqual(["now-1"]);
		expect((await waiting).value.map(({ Service }) => Service.ID)).toEqual(["now-1"]);
		await agent.client.agent.deregisterService("now-1");
		expect((await agent.client.catalog.service("now")).value).toEqual([]);
		await expect(resolver.resolve4("now.service.consul")).rejects.toThrow("ENOTFOUND");
	});

	it("takes the published example and serves it once its check passes", async () => {
		const service = createServer((_, response) => response.end("fine")).listen(0, host);
		await once(service, "listening");
		const { port } = service.address() as AddressInfo;
		const body = `{"service":{"id":"api-1","name":"api","tags":["demo"],"address":"${host}","port":${port},"checks":{"name":"Health api","http":"http://${host}:${port}/api/health","interval":"10s"}}}`;
		const answer = await fetch(`http://${agent.httpAddress}/v1/agent/service/register`, { method: "PUT", body });
		expect([answer.status, await answer.text()]).toEqual([200, ""]);
		// The first probe does not wait for the interval.
		await eventually(
			"the check passes",
			async () => (await agent.client.health.service("api", { passing: true })).value.length === 1,
			3_000,
		);
		expect(await resolver.resolve4("demo.api.service.consul")).toEqual([host]);
		service.close();
	});

	it("ends with exit code 1 on SIGINT, as the reference's servers do, and frees its ports", async () => {
		const other = await startAgent("127.13.0.12");
		other.client.close();
		other.child.kill("SIGINT");
		expect(await other.ended).toBe(1);
		await expect(fetch(`http://${other.httpAddress}/v1/status/leader`)).rejects.toThrow();
	});

	it.each([
		["a busy HTTP port", () => [`-http-port=${agent.httpAddress.split(":")[1]}`], "-http-port"],
		["a busy DNS port", () => ["-http-port=-1", `-dns-port=${agent.dnsPort}`], "-dns-port"],
	])("says in one line what is wrong: %s", async (_, args, said) => {
		const { exitCode, stderr } = await outcome(process.execPath, [
			program,
			"agent",
			"-dev",
			`-bind=${host}`,
			`-client=${host}`,
			...args(),
		]);
		expect(exitCode).toBe(1);
		expect(stderr).toContain(said);
		expect(stderr.trim().split("\n")).toHaveLength(1);
	});

	it("refuses a data folder that another agent has, and one that cannot be written", async () => {
		const folder = temporaryFolder();
		const holder = await startAgent("127.13.0.13", { folder });
		const second = start([
			"agent",
			"-server",
			"-bootstrap",
			"-data-dir",
			folder,
			"-bind=127.13.0.14",
			"-client=127.13.0.14",
		]);
		expect(await second.ended).toBe(1);
		expect(second.output()).toContain(`in use by the agent with process id ${holder.child.pid}`);
		await holder.kill("SIGTERM");
		const nowhere = start(["agent", "-server", "-bootstrap", "-data-dir", "/proc/nothing", "-bind=127.13.0.14"]);
		expect(await nowhere.ended).toBe(1);
		expect(nowhere.output()).toContain("/proc/nothing cannot be used");
	});
});
