import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { background, eventually, succeed } from "../support/programs.ts";
import { exclude } from "./consul-command.ts";
import type { Row, World } from "./row.ts";

const row = (ours: string, what: string, run: (world: World) => Promise<void>): Row => ({
	ours,
	theirs: "Consul agent",
	what,
	run,
});

const contents = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");

export const onConsulRows: readonly Row[] = [
	row("`disco` command", "kv, catalog, members, services, maint, event, snapshot, operator", async (world) => {
		const { consul, folder } = world;
		const disco = (...args: readonly string[]) => world.discoCommand(consul, ...args);
		await disco("kv", "put", "-flags=7", "m/a", "1");
		expect(await disco("kv", "get", "-recurse", "m/")).toBe("m/a:1\n");
		const file = join(folder(), "kv.json");
		writeFileSync(file, await disco("kv", "export", "m/"));
		await disco("kv", "delete", "-recurse", "m/");
		await disco("kv", "import", `@${file}`);
		expect(await disco("kv", "get", "-detailed", "m/a")).toMatch(/Flags +7\n/);
		expect(await disco("catalog", "nodes")).toMatch(/dc1/);
		expect(await disco("members")).toMatch(/ alive /);
		await disco("services", "register", "-name=web", "-port=80");
		await disco("maint", "-enable", "-service=web", "-reason=r");
		expect(await disco("maint")).toMatch(/Reason: r/);
		await disco("services", "deregister", "-id=web");
		expect(await disco("event", "-name=deploy", "x")).toMatch(/^Event ID: /);
		const snapshot = join(folder(), "state.snap");
		await disco("snapshot", "save", snapshot);
		await disco("kv", "delete", "m/a");
		await disco("snapshot", "restore", snapshot);
		expect(await disco("kv", "get", "m/a")).toBe("1\n");
		expect(await disco("operator", "raft", "list-peers")).toMatch(/ leader +true/);
		expect(await disco("operator", "autopilot", "state")).toMatch(/^Healthy: +true$/m);
		await disco("kv", "delete", "-recurse", "m/");
	}),
	row("`disco` command", "lock, beside `consul lock`; watch", async (world) => {
		await exclude(world, "consul");
		const watched = JSON.parse(await world.discoCommand(world.consul, "watch", "-type=service", "-service=consul"));
		expect(watched).toMatchObject([{ Service: { Service: "consul" } }]);
	}),
	row("disco-template", "keys and services into a file, a command per change", async ({ consul, folder }) => {
		const template = join(folder(), "in.ctmpl");
		const output = `${template}.out`;
		writeFileSync(template, '{{ keyOrDefault "t/a" "none" }} {{ range service "t" }}{{ .Port }}{{ end }}');
		const args = ["dist/disco-template.js", "-consul-addr", consul.address, "-template", `${template}:${output}:date`];
		const program = background(process.execPath, args);
		try {
			await eventually("the first", () => contents(output) === "none ");
			await consul.client.agent.registerService({ Name: "t", Port: 7 });
			await consul.client.kv.put("t/a", "1");
			await eventually("the change", () => contents(output) === "1 7");
		} finally {
			await program.stop();
		}
		await consul.client.agent.deregisterService("t");
		await consul.client.kv.delete("t/", { recurse: true });
	}),
	row("disco-env", "keys and services as variables, a restart per change", async ({ consul, folder }) => {
		const report = join(folder(), "report");
		await consul.client.kv.put("app/A", "1");
		const line = `echo "$A" >> ${report}; exec sleep 1000`;
		const program = background(process.execPath, ["dist/disco-env.js", "-prefix", "app", "sh", "-c", line], {
			env: { CONSUL_HTTP_ADDR: consul.address },
		});
		try {
			await eventually("the first", () => contents(report) === "1\n");
			await consul.client.kv.put("app/A", "2");
			await eventually("the restart", () => contents(report) === "1\n2\n");
		} finally {
			await program.stop();
		}
		await consul.client.kv.delete("app/", { recurse: true });
	}),
	row(
		"disco-registrator",
		"containers' services (from a folder, without Docker) come and go",
		async ({ consul, folder }) => {
			const path = folder();
			writeFileSync(
				join(path, "web.json"),
				JSON.stringify({
					network_mode: "host",
					expose: [5000],
					environment: { SERVICE_5000_NAME: "web", SERVICE_TAGS: "a" },
				}),
			);
			const args = ["dist/disco-registrator.js", "-source", `dir=${path}`, "-ip", "10.0.0.7", "-cleanup"];
			const program = background(process.execPath, [...args, `consul://${consul.address}`]);
			const services = async () => Object.values(await consul.client.agent.services());
			try {
				await eventually("the service", async () => (await services()).some(({ Service }) => Service === "web"));
				expect(await services()).toMatchObject([{ Address: "10.0.0.7", Port: 5000, Tags: ["a"] }]);
				writeFileSync(join(path, "web.json"), JSON.stringify({ network_mode: "host" }));
				await eventually("it is gone", async () => (await services()).length === 0);
			} finally {
				await program.stop();
			}
		},
	),
	row("`disco connect`", "a local port in front of a service's instances", async ({ consul }) => {
		// The agent's own HTTP port is a service like any other.
		const [host = "", port = ""] = consul.address.split(":");
		await consul.client.agent.registerService({ Name: "http", Address: host, Port: Number(port) });
		const args = ["dist/disco.js", "connect", "-http-addr", consul.address, "-listen", `${host}:0`, "-service", "http"];
		const program = background(process.execPath, args, { cwd: process.cwd() });
		try {
			const through = await eventually("the port", () => /^(\S+) -> http$/m.exec(program.output())?.[1]);
			expect(await succeed("curl", ["-s", `http://${through}/v1/status/leader`])).toMatch(/^"/);
		} finally {
			await program.stop();
		}
		await consul.client.agent.deregisterService("http");
	}),
];
