import { afterEach, describe, expect, it } from "vitest";
import { createLogger } from "../../lib/log/index.ts";
import { createMetrics } from "../../lib/metrics/index.ts";
import { nodeClock } from "../../lib/node/index.ts";
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

	it("counts requests by route, and Prometheus must be on", async () => {
		const metrics = createMetrics(nodeClock);
		const options = { metrics, prefix: "disco", gaugeHost: "", prometheus: true };
		const { base } = await agent({}, { metrics: options });
		await fetch(`${base}/v1/kv/a/b/c`);
		const text = await (await fetch(`${base}/v1/agent/metrics?format=prometheus`)).text();
		expect(text).toContain('disco_api_http_count{method="GET",path="v1_kv_"} 1');
		const off = await agent();
		expect((await fetch(`${off.base}/v1/agent/metrics?format=prometheus`)).status).toBe(415);
	});
});
