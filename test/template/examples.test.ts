import { readdirSync, readFileSync } from "node:fs";
import { createServer, get, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { consulAt, type DevAgent, installed } from "../support/dev-agents.ts";
import { eventually } from "../support/programs.ts";
import { useFolder } from "./folder.ts";

/** The ready templates: their own tests without a server, and two of them in front of real servers. */
const { path, file, content, run, daemon } = useFolder();

for (const program of ["nginx", "haproxy", "jq"]) {
	if (process.env["CI"] && !installed(program))
		throw new Error(`${program} is missing: scripts/test-tools.sh installs it`);
}
/** What the checks in an example's tests start. */
const needs = (spec: string) => /check: "(\w+) /.exec(readFileSync(spec, "utf8"))?.[1];

describe("the examples' own tests pass without a server", () => {
	const specs = readdirSync("examples", { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".test.yaml"))
		.map((name) => join("examples", name))
		.sort();
	test("there are ten", () => expect(specs).toHaveLength(10));
	for (const spec of specs) {
		const program = needs(spec);
		test.skipIf(program !== undefined && !installed(program))(spec, async () => {
			const { exitCode, stdout } = await run("test", spec);
			expect(exitCode, stdout).toBe(0);
		});
	}
});

const start = consulAt("127.43.0.5");
const site = "127.43.2.5:8080";

describe.skipIf(start === undefined)("in front of real servers", () => {
	let agent: DevAgent;
	const servers: Server[] = [];
	beforeAll(async () => {
		agent = await (start as () => Promise<DevAgent>)();
		for (const name of ["one", "two"]) {
			const server = createServer((_request, response) => response.end(name));
			await new Promise<void>((resolve) => server.listen(name === "one" ? 9_001 : 9_002, "127.43.2.5", resolve));
			servers.push(server);
		}
	});
	afterAll(async () => {
		for (const server of servers) server.close();
		await agent.stop();
	});
	afterEach(async () => {
		const pid = Number(content("pid"));
		if (pid > 0) process.kill(pid, "SIGTERM");
		await agent.client.catalog.deregister({ Node: "shops" });
	});

	const register = (address: string, port: number) =>
		agent.client.catalog.register({
			Node: "shops",
			Address: "127.43.2.5",
			Service: { ID: "shop", Service: "shop", Address: address, Port: port },
		});
	const ask = () =>
		new Promise<string>((resolve, reject) => {
			const request = get(
				{ host: "127.43.2.5", port: 8_080, agent: false, headers: { host: "shop.localhost" } },
				(response) => {
					let text = "";
					response.on("data", (chunk: Buffer) => {
						text += chunk.toString();
					});
					response.on("end", () => resolve(text));
				},
			);
			request.on("error", reject);
		});

	const commands = {
		nginx: {
			template: "examples/nginx/nginx.ctmpl",
			check: "nginx -t -q -c {{.Src}}",
			command: "if [ -s PID ]; then kill -HUP $(cat PID); else nginx -c OUT; fi >/dev/null 2>&1",
		},
		haproxy: {
			template: "examples/haproxy/haproxy.ctmpl",
			check: "haproxy -c -q -f {{.Src}}",
			command:
				"if [ -s PID ]; then haproxy -D -f OUT -p PID -sf $(cat PID); else haproxy -D -f OUT -p PID; fi >/dev/null 2>&1",
		},
	} as const;

	for (const name of Object.keys(commands) as readonly (keyof typeof commands)[]) {
		test.skipIf(!installed(name))(`${name} is checked, reloaded and never given a bad file`, () => inFront(name));
	}

	async function inFront(name: keyof typeof commands): Promise<void> {
		const { template, check, command } = commands[name];
		await register("127.43.2.5", 9_001);
		file(
			"c.hcl",
			`template {
				source = "${template}" destination = "${path("out")}" check = "${check}"
				command = "${command.replaceAll("PID", path("pid")).replaceAll("OUT", path("out"))}"
				verify = "curl -s -o /dev/null --retry 5 --retry-connrefused --retry-delay 1 http://${site}/"
			}`,
		);
		process.env["NGINX_PID"] = path("pid");
		process.env["NGINX_LISTEN"] = site;
		process.env["HAPROXY_BIND"] = site;
		const started = daemon("-consul-addr", agent.address, "-config", path("c.hcl"));
		await eventually("the first backend", async () => (await ask()) === "one");
		await register("127.43.2.5", 9_002);
		await eventually("the second backend", async () => (await ask()) === "two");
		const good = content("out");
		await register("no such; address", 9_003);
		await eventually("the refusal", () => started.output().includes("the file is not replaced"));
		expect(content("out")).toBe(good);
		expect(await ask()).toBe("two");
		await register("127.43.2.5", 9_001);
		await eventually("the first backend again", async () => (await ask()) === "one");
	}
});
