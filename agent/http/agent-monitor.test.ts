import { afterEach, describe, expect, it } from "vitest";
import { createLogger } from "../../lib/log/index.ts";
import { createMetrics } from "../../lib/metrics/index.ts";
import { nodeClock } from "../../lib/node/index.ts";
import { withoutSecrets } from "./request-log.ts";
import { agent, closeAgents } from "./testing.ts";

afterEach(closeAgents);

describe("log and metrics", () => {
	it("streams the log from the level that is asked for", async () => {
		const logger = createLogger({ level: "error", clock: nodeClock, write: () => {} });
		const { base } = await agent({}, { logger });
		const controller = new AbortController();
		const answer = await fetch(`${base}/v1/agent/monitor?loglevel=info&logjson`, { signal: controller.signal });
		logger.debug("not this");
		logger.info("but this");
		const line = new TextDecoder().decode((await answer.body?.getReader().read())?.value);
		expect(JSON.parse(line)).toMatchObject({ "@level": "info", "@message": "but this" });
		controller.abort();
	});

	it("tells of every request at debug level, whatever way it came, without its token", async () => {
		let write: (line: string) => void = () => {};
		const logger = createLogger({ level: "debug", clock: nodeClock, write: (line) => write(line) });
		const { base } = await agent({}, { logger });
		const told = async (path: string) => {
			const line = new Promise<string>((resolve) => {
				write = resolve;
			});
			await (await fetch(base + path)).text();
			return line;
		};
		const line = (url: string) =>
			new RegExp(`\\[DEBUG\\] Request finished: method=GET url=${url} from=127\\.0\\.0\\.1:\\d+ latency=\\S+\n$`);
		expect(await told("/v1/kv/a")).toMatch(line("/v1/kv/a"));
		expect(await told("/v1/kv/a?x=1&token=secret")).toMatch(line('"/v1/kv/a\\?x=1&token=<hidden>"'));
		// This one is not among the quick routes, and comes through node:http.
		expect(await told("/v1/agent/self?token=secret")).toMatch(line('"/v1/agent/self\\?token=<hidden>"'));
		expect(await told("/v1/kv/a?to%6ben=secret")).not.toContain("secret");
	});

	it.each([
		["/v1/kv/a?token=s&x=1&token=t", "/v1/kv/a?token=<hidden>&x=1&token=<hidden>"],
		["/v1/kv/a?tok%65n=s&nottoken=1&token", "/v1/kv/a?tok%65n=<hidden>&nottoken=1&token"],
		["/v1/acl/info/s/t?x", "/v1/acl/info/<hidden>?x"],
		["/v1/acl/token/accessor", "/v1/acl/token/accessor"],
		["/v1/kv/a?%zz=1", "/v1/kv/a?%zz=1"],
	])("shows %s as %s", (url, shown) => {
		expect(withoutSecrets(url)).toBe(shown);
	});

	it("counts requests by route, and Prometheus must be on", async () => {
		const metrics = createMetrics(nodeClock);
		const options = { metrics, prefix: "disco", gaugeHost: "", prometheus: true };
		const { base } = await agent({}, { metrics: options });
		await fetch(`${base}/v1/kv/a/b/c`);
		const text = await (await fetch(`${base}/v1/agent/metrics?format=prometheus`)).text();
		expect(text).toContain('disco_api_http_count{method="GET",path="v1_kv_"} 1');
		const hidden = await agent({}, { metrics: { ...options, isShown: (name) => name !== "disco.api.http" } });
		expect(await (await fetch(`${hidden.base}/v1/agent/metrics?format=prometheus`)).text()).not.toContain("api_http");
		const off = await agent();
		expect((await fetch(`${off.base}/v1/agent/metrics?format=prometheus`)).status).toBe(415);
	});
});
