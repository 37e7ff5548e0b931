import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { background, eventually, succeed } from "../support/programs.ts";
import { nextHost } from "./run-example.ts";

/** Fetches Java clients from Maven Central and compiles: not for every commit. Needs a JDK, Maven, and root for port 53. */
test.skipIf(!process.env["DISCO_LONG"])(
	"published Java clients of Consul run unchanged",
	async () => {
		const host = nextHost();
		const libraries = mkdtempSync(join(tmpdir(), "disco-java-"));
		const agent = background(process.execPath, [
			...["dist/disco.js", "agent", "-dev", `-bind=${host}`, `-client=${host}`, "-dns-port=53", "-log-level=warn"],
		]);
		try {
			const fetching = ["-q", "-B", "-f", "test/examples/java/pom.xml", "dependency:copy-dependencies"];
			await succeed("mvn", [...fetching, `-DoutputDirectory=${libraries}`], { timeoutMs: 300_000 });
			await eventually("the agent", async () => (await fetch(`http://${host}:8500/v1/catalog/nodes`)).ok);
			const body = JSON.stringify({ Name: "web", Port: 9001 });
			await fetch(`http://${host}:8500/v1/agent/service/register`, { method: "PUT", body });
			const program = ["-cp", `${libraries}/*`, "test/examples/java/Clients.java", host, "dns"];
			const output = await succeed("java", program, { timeoutMs: 300_000 });
			expect(output.trim().split("\n")).toEqual([
				"consul-api key 50000",
				"consul-api keys [global/config/hazelcast/client/connection_timeout]",
				"consul-api absent null",
				"consul-api healthy ecwid-1 8080",
				"consul-api lock true",
				"consul-api blocking seen",
				`consul-api datacenters [dc1] leader ${host}:8300`,
				"consul-client healthy orbitz-1",
				"consul-client key one",
				"consul-client cache of keys true",
				"consul-client cache of instances true",
				"dns-java 9001 1",
			]);
		} finally {
			await agent.stop("SIGKILL");
			rmSync(libraries, { recursive: true, force: true });
		}
	},
	700_000,
);
