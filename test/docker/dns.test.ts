import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Background, background, eventually, succeed } from "../support/programs.ts";

/** docs/dns.md, "Docker": containers ask the agent on the bridge's address, port 53. In the private engine's network namespace. */
describe("DNS for containers", () => {
	let agent: Background;
	let bridge: string;

	beforeAll(async () => {
		const interfaces = await succeed("ip", ["-4", "-o", "addr", "show", "docker0"]);
		bridge = /inet ([\d.]+)/.exec(interfaces)?.[1] ?? "";
		expect(bridge).not.toBe("");
		agent = background(process.execPath, [
			"dist/disco.js",
			"agent",
			"-dev",
			"-log-level=warn",
			`-client=${bridge}`,
			"-dns-port=53",
		]);
		await eventually(`the agent on ${bridge}: ${agent.output()}`, async () => {
			const answer = await fetch(`http://${bridge}:8500/v1/health/service/consul?passing`);
			return answer.ok && (await answer.text()).length > 10;
		});
	});
	afterAll(() => agent.stop("SIGKILL"));

	const put = async (path: string, body: object) => {
		const answer = await fetch(`http://${bridge}:8500/v1${path}`, { method: "PUT", body: JSON.stringify(body) });
		expect(answer.status).toBe(200);
	};
	/** What a container's own resolver library makes of a name. */
	const resolved = (name: string, ...options: string[]) =>
		succeed("docker", [
			"run",
			"--rm",
			"--dns",
			bridge,
			"--dns-search",
			"service.consul",
			...options,
			"node:22-bookworm-slim",
			"node",
			"-e",
			`require("node:dns").lookup(${JSON.stringify(name)}, (error, address) => console.log(error?.code ?? address))`,
		]);

	it("resolves services with --dns and --dns-search, whole names and short ones", async () => {
		await put("/catalog/register", { Node: "n1", Address: "10.5.0.1", Service: { Service: "web", Port: 80 } });
		expect(await resolved("web.service.consul")).toBe("10.5.0.1\n");
		expect(await resolved("web")).toBe("10.5.0.1\n");
		expect(await resolved("nobody.service.consul")).toBe("ENOTFOUND\n");
	});

	it("resolves them on a user-defined network, too, where Docker's resolver comes first", async () => {
		await succeed("docker", ["network", "create", "disco-dns-test"]);
		try {
			expect(await resolved("web", "--network", "disco-dns-test")).toBe("10.5.0.1\n");
		} finally {
			await succeed("docker", ["network", "rm", "disco-dns-test"]);
		}
	});

	it("plays the five steps of examples/nginx-dns", async () => {
		const output = await succeed("sh", ["examples/nginx-dns/steps.sh"], {
			env: {
				BRIDGE: bridge,
				WEB_IMAGE: "busybox:static",
				WEB_COMMAND: "httpd -f -p 80 -h /tmp",
				CLIENT_IMAGE: "busybox:static",
			},
			timeoutMs: 120_000,
		});
		const addresses = output
			.split(/\n\d\. .*\n/)
			.map((part) => part.split("\n").filter((line) => /^[\d.]{7,}$/.test(line)));
		expect(output.match(/^1 1 80 [0-9a-f]{8}\.addr\.dc1\.consul\.$/gm)).toHaveLength(2);
		expect(addresses.map((found) => found.length)).toEqual([0, 0, 2, 0, 1, 2]);
	});
});
