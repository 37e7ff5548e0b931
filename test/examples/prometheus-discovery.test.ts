import { expect, test } from "vitest";
import { createClient } from "../../client/index.ts";
import { background, eventually } from "../support/programs.ts";
import { installed, nextHost } from "./run-example.ts";

const program = installed("prometheus-discovery");

/** The last groups that Prometheus' own discovery (test/examples/prometheus-discovery) printed: service and its targets. */
function found(output: string): Record<string, readonly string[]> {
	const line =
		output
			.trim()
			.split("\n")
			.filter((each) => each.startsWith("["))
			.at(-1) ?? "[]";
	const groups = JSON.parse(line) as { readonly targets: readonly string[]; readonly labels: Record<string, string> }[];
	return Object.fromEntries(
		groups.map(({ targets, labels }) => [labels["__meta_consul_service"] ?? "", [...targets].sort()]),
	);
}

test.skipIf(program === undefined)("Prometheus' consul_sd_configs follows disco's catalog", async () => {
	const host = nextHost();
	const agent = background(process.execPath, [
		"dist/disco.js",
		"agent",
		"-dev",
		"-bind",
		host,
		"-client",
		host,
		"-log-level=warn",
	]);
	const client = createClient({ address: `${host}:8500` });
	const register = (id: string, port: number, tags: readonly string[]) =>
		client.agent.registerService({ ID: id, Name: id.replace(/-.*/, ""), Address: host, Port: port, Tags: [...tags] });
	try {
		await eventually("the agent", async () => (await client.status.leader()) !== "");
		await register("shop-1", 9001, ["metrics"]);
		await register("plain-1", 9009, []);
		const discovery = background(program ?? "", [`${host}:8500`, "metrics"]);
		try {
			const finds = (wanted: Record<string, readonly string[]>) =>
				eventually(`${JSON.stringify(wanted)}: ${discovery.output()}`, () => {
					expect(found(discovery.output())).toEqual(wanted);
					return true;
				});
			await finds({ shop: [`${host}:9001`] });
			await register("shop-2", 9002, ["metrics"]);
			await finds({ shop: [`${host}:9001`, `${host}:9002`] });
			await client.agent.deregisterService("shop-1");
			await finds({ shop: [`${host}:9002`] });
		} finally {
			await discovery.stop("SIGKILL");
		}
	} finally {
		client.close();
		await agent.stop("SIGKILL");
	}
});
