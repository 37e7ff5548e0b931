import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { background, eventually, succeed } from "../support/programs.ts";
import type { Row, World } from "./row.ts";

const row = (what: string, run: (world: World) => Promise<void>): Row => ({
	ours: "disco agent",
	theirs: "consul-template",
	what,
	run,
});

const contents = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");

/** The real consul-template in front of our agent until `body` is done. */
async function rendering(world: World, args: readonly string[], body: () => Promise<void>): Promise<void> {
	const program = background("consul-template", ["-consul-addr", world.disco.address, "-wait=0s", ...args]);
	try {
		await body();
	} finally {
		await program.stop("SIGINT");
	}
}

export const consulTemplateRows: readonly Row[] = [
	row("the sources' HAProxy template, -once: the same bytes as disco-template", async (world) => {
		const { agent } = world.disco.client;
		for (const number of [1, 2]) {
			const Check = { TTL: "1h", Status: "passing" as const };
			await agent.registerService({ ID: `api-${number}`, Name: "api", Address: `10.0.0.${number}`, Port: 5000, Check });
		}
		const folder = world.folder();
		const template = join(folder, "in.ctmpl");
		writeFileSync(
			template,
			`{{ range services }}backend {{ .Name }}_backend{{ range service .Name }}
  server {{ .Node }}-{{ .Port }} {{ .Address }}:{{ .Port }}{{ end }}
{{ end }}{{ range services }}acl host_{{ .Name }} hdr_beg(host) -i {{ .Name }}."haproxy.service.consul"
use_backend {{ .Name }}_backend if host_{{ .Name }}
{{ end }}`,
		);
		const [theirs, ours] = [join(folder, "theirs"), join(folder, "ours")];
		const address = ["-consul-addr", world.disco.address, "-once"];
		await succeed("consul-template", [...address, "-template", `${template}:${theirs}`]);
		await succeed(process.execPath, ["dist/disco-template.js", ...address, "-template", `${template}:${ours}`]);
		expect(contents(theirs)).toMatch(/server .*-5000 10\.0\.0\.1:5000/);
		expect(contents(theirs)).toBe(contents(ours));
		for (const number of [1, 2]) await agent.deregisterService(`api-${number}`);
	}),
	row("follows keys, services, nodes and datacenters, and runs a command per change", async (world) => {
		const { kv, agent } = world.disco.client;
		const folder = world.folder();
		const template = join(folder, "in.ctmpl");
		const output = join(folder, "out");
		writeFileSync(
			template,
			'{{ keyOrDefault "t/a" "none" }} {{ range ls "t/" }}{{ .Key }},{{ end }} {{ range service "t" }}{{ .Port }}{{ end }} {{ len nodes }} {{ datacenters }}',
		);
		const args = ["-template", `${template}:${output}:cat ${output} >> ${output}.log; echo >> ${output}.log`];
		await rendering(world, args, async () => {
			await eventually("the first", () => contents(output) === "none   1 [dc1]");
			await kv.put("t/a", "1");
			await eventually("the key", () => contents(output) === "1 a,  1 [dc1]");
			await agent.registerService({ Name: "t", Port: 7 });
			await eventually("the service", () => contents(output) === "1 a, 7 1 [dc1]");
			await agent.deregisterService("t");
			await eventually("it is gone", () => contents(output) === "1 a,  1 [dc1]");
		});
		expect(contents(`${output}.log`)).toContain("none   1 [dc1]\n");
		await kv.delete("t/", { recurse: true });
	}),
	row("-exec: the child is restarted when a key changes; -dedup: one of two renders for both", async (world) => {
		const { kv } = world.disco.client;
		const folder = world.folder();
		const template = join(folder, "in.ctmpl");
		writeFileSync(template, '{{ key "e/a" }}');
		await kv.put("e/a", "1");
		const output = (name: string) => join(folder, name);
		const log = output("log");
		const exec = `sh -c 'cat ${output("x")} >> ${log}; echo >> ${log}; exec sleep 60 >/dev/null 2>&1'`;
		const dedup = (name: string) => ["-dedup", "-template", `${template}:${output(name)}`];
		await rendering(world, ["-template", `${template}:${output("x")}`, "-exec", exec], () =>
			rendering(world, dedup("y"), () =>
				rendering(world, dedup("z"), async () => {
					await eventually("the first", () => contents(log) === "1\n" && contents(output("z")) === "1");
					await kv.put("e/a", "2");
					await eventually("the child, again", () => contents(log) === "1\n2\n");
					await eventually("both files", () => [output("y"), output("z")].every((each) => contents(each) === "2"));
				}),
			),
		);
		await kv.delete("e/", { recurse: true });
		await kv.delete("consul-template/", { recurse: true });
	}),
];
