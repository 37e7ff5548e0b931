import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAgent, type TestAgent } from "../agent/support.ts";
import { outcome } from "../support/programs.ts";

/** `disco dns`: what it prints of an answer, and how it explains which instances are not in it. */
describe("disco dns", () => {
	let agent: TestAgent;
	beforeAll(async () => {
		agent = await startAgent("127.56.10.4");
		for (const [id, status, tags] of [
			["web-1", "passing", ["v1"]],
			["web-2", "critical", ["v1"]],
			["web-3", "warning", ["v2"]],
			["web-4", "passing", []],
			["web-5", "passing", []],
			["web-6", "passing", []],
		] as const) {
			const number = Number(id.slice(-1));
			await agent.client.catalog.register({
				Node: `node-${number}`,
				Address: `10.3.0.${number}`,
				Service: { ID: id, Service: "web", Port: 8000 + number, Tags: [...tags] },
				Check: {
					CheckID: `check-${id}`,
					Name: "alive",
					Status: status,
					ServiceID: id,
					Output: "connection refused\nmore",
				},
			});
		}
	});
	afterAll(() => agent.kill("SIGKILL"));

	const disco = (...words: string[]) =>
		outcome(process.execPath, ["dist/disco.js", "dns", "-http-addr", agent.httpAddress, ...words]);

	test("shows the answer and who is left out, with the reason", async () => {
		const { exitCode, stdout } = await disco("web");
		expect(exitCode, stdout).toBe(0);
		expect(stdout).toMatch(/^web\.service\.consul A @127\.56\.10\.4:\d+: NOERROR, \d+ bytes, [\d.]+ ms\n/);
		expect(stdout).toMatch(
			/web-2 +node-2 +10\.3\.0\.2:8002 +left out: check "check-web-2" of its own is critical \(connection refused\)\n/,
		);
		expect(stdout).toMatch(/web-3 +node-3 +10\.3\.0\.3:8003 +can be in the answer\n/);
		expect(stdout).toContain("3 of 5: without EDNS at most 3 stand in an answer (dns_config.udp_answer_limit)");
	});

	test("tells that a tag is missing, and asks for SRV with EDNS", async () => {
		const { stdout } = await disco("-edns", "4096", "v1.web.service.consul", "srv");
		expect(stdout).toMatch(/SRV +1 1 8001 node-1\.node\.dc1\.consul/);
		expect(stdout).toMatch(/web-3 .*left out: it has no tag "v1" \(v2\)/);
		expect(stdout).not.toContain("udp_answer_limit");
	});

	test.each([
		[["nothing"], 1, /NXDOMAIN(?:.|\n)*no service "nothing" is registered/],
		[["node-1.node.consul"], 0, /A +10\.3\.0\.1/],
	])("%s", async (words, code, text) => {
		const { exitCode, stdout } = await disco(...words);
		expect(exitCode).toBe(code);
		expect(stdout).toMatch(text);
	});

	test.each([
		[["web", "FOO"], /TYPE "FOO" is not one of A, AAAA/],
		[["-server", "nowhere", "web"], /"nowhere" is not an IP address with a port/],
	])("refuses %s", async (words, text) => {
		const { exitCode, stderr } = await disco(...words);
		expect(exitCode).toBe(1);
		expect(stderr).toMatch(text);
	});
});
