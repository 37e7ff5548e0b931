import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { consulAt, type DevAgent } from "../support/dev-agents.ts";
import { eventually } from "../support/programs.ts";
import { useFolder } from "./folder.ts";

/** Working on templates: hot reload, recording data, tests from what was recorded. */
const start = consulAt("127.43.0.4");
const { path, file, content, shows, run, daemon } = useFolder();

describe.skipIf(start === undefined)("working on templates", () => {
	let agent: DevAgent;
	let at: readonly string[];
	beforeAll(async () => {
		agent = await (start as () => Promise<DevAgent>)();
		at = ["-consul-addr", agent.address];
		await agent.client.kv.put("reload/a", "A");
		await agent.client.kv.put("reload/b", "B");
	});
	afterAll(() => agent.stop());

	test("-watch-templates takes a good text over; broken, empty and refused ones never reach the destination", async () => {
		file("t", '1 good {{ key "reload/a" }}');
		const started = daemon(
			...[...at, "-watch-templates", "-template", `${path("t")}:${path("out")}`],
			...["-check", "grep -q good {{.Src}}"],
		);
		await shows("out", "1 good A");
		const beganMs = performance.now();
		file("t", '2 good {{ key "reload/b" }}');
		await shows("out", "2 good B");
		expect(performance.now() - beganMs).toBeLessThan(2_000);
		for (const [text, reason] of [
			["{{ if", "the running text stays"],
			["", "is empty; the running text stays"],
			['bad {{ key "reload/a" }}', "the file is not replaced"],
		] as const) {
			const before = started.output().length;
			file("t", text);
			await eventually(reason, () => started.output().slice(before).includes(reason));
			expect(content("out")).toBe("2 good B");
		}
		// Editors write another file and rename it.
		writeFileSync(path("t.new"), '3 good {{ key "reload/a" }}');
		renameSync(path("t.new"), path("t"));
		await shows("out", "3 good A");
	});

	test("a template that was broken at the start comes alive, and a Handlebars partial is read again", async () => {
		file("broken", "{{ nope }}");
		file("part.hbs", "one");
		file("page.hbs", '{{> part}} {{key "reload/a"}}');
		daemon(
			...[...at, "-watch-templates", "-template", `${path("broken")}:${path("alive")}`],
			...["-template", `${path("page.hbs")}:${path("page")}`],
		);
		await shows("page", "one A");
		file("part.hbs", "two");
		await shows("page", "two A");
		file("broken", '{{ key "reload/b" }}');
		await shows("alive", "B");
	});

	test("parts that templates of both languages share are read again, too, and say where data are missing", async () => {
		mkdirSync(path("parts"));
		file(
			"parts/head.tpl",
			'{{ define "head" }}head {{ . }}{{ end }}\n{{ define "late" }}{{ key "reload/late" }}{{ end }}',
		);
		file("parts/foot.hbs", "foot {{x}}");
		file("t", '{{ template "head" (key "reload/a") }}');
		file("u", '{{ template "late" }}');
		file("v.hbs", '{{> foot x="B"}}');
		const templates = ["t", "u", "v.hbs"].map(
			(name) => `template { source = "${path(name)}" destination = "${path(`${name}.out`)}" }`,
		);
		file("c.hcl", `partials = ["${path("parts")}/*.*"]\n${templates.join("\n")}`);
		const started = daemon(...at, "-watch-templates", "-config", path("c.hcl"));
		await shows("t.out", "head A");
		await shows("v.hbs.out", "foot B");
		await eventually("the place", () =>
			started.output().includes(`${path("parts/head.tpl")}:2:23 waits for kv.block(reload/late): does not exist`),
		);
		file("parts/head.tpl", '{{ define "head" }}{{ end');
		await eventually("refused", () => started.output().includes("head.tpl:1: unclosed action; the running text stays"));
		file("parts/head.tpl", '{{ define "head" }}new {{ . }}{{ end }}{{ define "late" }}now{{ end }}');
		file("parts/foot.hbs", "new {{x}}");
		await shows("t.out", "new A");
		await shows("u.out", "now");
		await shows("v.hbs.out", "new B");
		file("c.hcl", `template { contents = "x" destination = "${path("w")}" partials = ["${path("parts/none.tpl")}"] }`);
		const { exitCode, stderr } = await run("-once", "-config", path("c.hcl"));
		expect({ exitCode, written: content("w") }).toEqual({ exitCode: 14, written: undefined });
		expect(stderr).toContain(`partials: ${path("parts/none.tpl")}: cannot read it`);
	});

	test("what record prints renders the same without a server", async () => {
		await agent.client.catalog.register({
			Node: "n1",
			Address: "10.0.0.1",
			Service: { ID: "s", Service: "rec", Port: 80, Tags: ["x"] },
		});
		file(
			"t",
			'{{ range service "rec" }}{{ .Node }} {{ .Port }} {{ .Tags }}{{ end }} {{ range ls "reload" }}{{ .Key }}={{ .Value }} {{ end }}',
		);
		const template = ["-template", `${path("t")}:${path("out")}`];
		const recorded = await run("record", ...at, ...template);
		expect(recorded.exitCode).toBe(0);
		expect(content("out")).toBeUndefined();
		file("data.json", recorded.stdout);
		expect(await run(...at, "-once", ...template)).toMatchObject({ exitCode: 0 });
		file("spec.yaml", "template: t\ndata: data.json\ncases: [{ name: recorded, expect: out }]");
		expect(content("out")).toContain("n1 80 [x] a=A b=B");
		expect(await run("test", path("spec.yaml"))).toMatchObject({
			exitCode: 0,
			stdout: `ok    ${path("spec.yaml")}: recorded\n1 passed, 0 failed\n`,
		});
		file("t", "other");
		expect(await run("test", path("spec.yaml"))).toMatchObject({ exitCode: 1 });
		expect(await run("test")).toMatchObject({ exitCode: 13 });
	});
});
