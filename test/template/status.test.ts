import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { consulAt, type DevAgent } from "../support/dev-agents.ts";
import { eventually } from "../support/programs.ts";
import { useFolder } from "./folder.ts";

/** What is it waiting for: status, -http, -once -timeout; and what would change: plan. */
const start = consulAt("127.43.0.2");
const { path, file, content, shows, run, daemon } = useFolder();
const http = "127.43.1.2:9480";

describe.skipIf(start === undefined)("what is it waiting for", () => {
	let agent: DevAgent;
	let at: readonly string[];
	beforeAll(async () => {
		agent = await (start as () => Promise<DevAgent>)();
		at = ["-consul-addr", agent.address];
	});
	afterAll(() => agent.stop());

	test.each([
		["a missing key", '{{ key "status/none" }}', [], "kv.block(status/none): does not exist"],
		["a wrong datacenter", '{{ service "web@mars" }}', [], "the agent knows no such datacenter"],
		[
			"a dead agent",
			'{{ key "a" }}',
			["-consul-addr", "127.43.1.2:1"],
			"cannot reach the agent at http://127.43.1.2:1",
		],
	])("%s is told with its place, and -timeout ends with 3", async (_what, text, more, reason) => {
		file("t.ctmpl", `first line\n${text}`);
		const args = [...at, ...more, "-once", "-timeout", "1s", "-template", `${path("t.ctmpl")}:${path("out")}`];
		const { exitCode, stderr } = await run(...args);
		expect(exitCode).toBe(3);
		expect(stderr).toContain(`${path("t.ctmpl")}:2:4 waits for `);
		expect(stderr).toContain(reason);
		expect(content("out")).toBeUndefined();
	});

	test("a denied key", async () => {
		file("t.hbs", 'x {{key "status/denied"}}');
		const { createServer } = await import("node:http");
		const denying = createServer((_request, response) => {
			response.writeHead(403).end("Permission denied: token lacks key:read");
		});
		await new Promise<void>((resolve) => denying.listen(9_481, "127.43.1.2", resolve));
		try {
			const args = ["-consul-addr", "127.43.1.2:9481", "-once", "-timeout", "1s"];
			const { exitCode, stderr } = await run(...args, "-template", `${path("t.hbs")}:${path("out")}`);
			expect(exitCode).toBe(3);
			expect(stderr).toContain(`${path("t.hbs")}:1:3 waits for kv.block(status/denied): the token has no permission`);
		} finally {
			denying.close();
		}
	});

	test("-http tells health, readiness, metrics and templates; status shows them", async () => {
		await agent.client.kv.put("status/value", "secret value");
		file("t", '{{ key "status/value" }}');
		file("u", '{{ key "status/later" }}');
		const templates = ["t", "u"].flatMap((name) => ["-template", `${path(name)}:${path(`${name}.out`)}`]);
		daemon(...at, ...templates, "-http", http, "-check", "grep -qv bad {{.Src}}");
		await shows("t.out", "secret value");
		const get = (what: string) => fetch(`http://${http}${what}`);
		const waiting = await eventually("the missing key", async () => {
			const { exitCode, stdout } = await run("status", "-http", http);
			return stdout.includes("does not exist") ? { exitCode, stdout } : undefined;
		});
		expect(waiting.exitCode).toBe(1);
		expect(waiting.stdout).toContain(`${path("u")}:1:4 waits for kv.block(status/later): does not exist`);
		expect((await get("/health")).status).toBe(200);
		const ready = await get("/ready");
		expect(ready.status).toBe(503);
		expect(await ready.json()).toMatchObject({
			Ready: false,
			Open: [{ State: "waiting", WaitsFor: [{ Dependency: "kv.block(status/later)", Reason: "absent" }] }],
		});
		await agent.client.kv.put("status/later", "bad");
		await eventually("the refusal", async () =>
			(await (await get("/metrics")).text()).includes('refused_total{template="'),
		);
		await eventually("counted", async () =>
			/refused_total\{template="[^"]*\/u".*\} 1\n/.test(await (await get("/metrics")).text()),
		);
		await agent.client.kv.put("status/later", "good");
		await eventually("readiness", async () => (await get("/ready")).status === 200);
		expect((await run("status", "-http", http)).exitCode).toBe(0);
		const all = await (await get("/v1/templates")).text();
		expect(JSON.parse(all)).toMatchObject({
			Ready: true,
			Watches: 2,
			Templates: [{ Rendered: 1 }, { Rendered: 1, Refused: 1 }],
		});
		expect(all).not.toContain("secret value");
		expect((await get("/nothing")).status).toBe(404);
		expect((await fetch(`http://${http}/health`, { method: "POST" })).status).toBe(405);
	});

	test("an agent that is gone: what fails is told, and after max_age on_stale is done", async () => {
		const own = await (consulAt("127.43.0.6") as () => Promise<DevAgent>)();
		await own.client.kv.put("status/age", "value");
		const template = (name: string, more: string) =>
			`template { contents = "{{ key \\"status/age\\" }}" destination = "${path(name)}" max_age = "1s" ${more} }`;
		const options = ["-consul-addr", own.address, "-consul-retry-max-backoff", "500ms", "-config"];
		file(
			"c.hcl",
			`${template("kept", "")} ${template("emptied", `on_stale = "empty" command = "echo x >> ${path("ran")}"`)}`,
		);
		file("d.hcl", template("failed", 'on_stale = "fail"'));
		const started = daemon(...options, path("c.hcl"), "-http", "127.43.1.2:9483");
		const failing = daemon(...options, path("d.hcl"));
		try {
			for (const name of ["kept", "emptied", "failed"]) await shows(name, "value");
		} finally {
			await own.stop();
		}
		await shows("emptied", "");
		await shows("ran", "x\nx\n");
		expect(await failing.exited).toMatchObject({ code: 14 });
		expect(failing.output()).toContain("its data are older than max_age");
		const status = (await (await fetch("http://127.43.1.2:9483/v1/templates")).json()) as object;
		expect(status).toMatchObject({
			Ready: false,
			Failing: [{ Dependency: "kv.block(status/age)", Reason: "unreachable" }],
			Templates: [{ State: "stale" }, { State: "stale" }],
		});
		expect([content("kept"), content("failed")]).toEqual(["value", "value"]);
		const shown = await run("status", "-http", "127.43.1.2:9483");
		expect(shown).toMatchObject({ exitCode: 1 });
		expect(shown.stdout).toContain("failing   kv.block(status/age) since ");
		const metrics = await (await fetch("http://127.43.1.2:9483/metrics")).text();
		expect(metrics).toContain("disco_template_watches_failing 1\n");
		expect(metrics).toMatch(/disco_template_stale\{[^}]*kept"\} 1\n/);
		const back = await (consulAt("127.43.0.6") as () => Promise<DevAgent>)();
		try {
			await back.client.kv.put("status/age", "again");
			await shows("emptied", "again");
			await shows("kept", "again");
			await eventually("ready", async () => (await fetch("http://127.43.1.2:9483/ready")).status === 200);
		} finally {
			await started.stop("SIGTERM");
			await back.stop();
		}
	});

	test("an address in use and a status without a program are one line", async () => {
		file("t", "static");
		const { stderr, exitCode } = await run("-template", `${path("t")}:${path("out")}`, "-http", agent.address);
		expect({ exitCode, lines: stderr.trim().split("\n").length }).toEqual({ exitCode: 14, lines: 1 });
		expect(stderr).toContain("cannot listen at 127.43.0.2:8500");
		expect(await run("status", "-http", "127.43.1.2:9")).toMatchObject({ exitCode: 14 });
	});

	test("plan shows what would change and changes nothing; the real rendering gives just that", async () => {
		await agent.client.kv.put("status/plan", "b");
		file("t", 'a\n{{ key "status/plan" }}\nc\n');
		file("out", "a\nold\nc\n");
		const args = [...at, "-template", `${path("t")}:${path("out")}:touch ${path("ran")}`];
		const planned = await run("plan", ...args);
		expect(planned).toMatchObject({
			exitCode: 2,
			stdout: `--- ${path("out")}\n+++ ${path("out")}\n@@ -1,3 +1,3 @@\n a\n-old\n+b\n c\n`,
		});
		expect(await run("-dry", "-diff", ...args)).toEqual(planned);
		expect([content("out"), content("ran")]).toEqual(["a\nold\nc\n", undefined]);
		expect(await run("-once", ...args)).toMatchObject({ exitCode: 0 });
		expect(content("out")).toBe("a\nb\nc\n");
		expect(await run("plan", ...args)).toMatchObject({ exitCode: 0, stdout: "" });
		file("t", "{{ nope }}");
		expect(await run("plan", ...args)).toMatchObject({ exitCode: 14 });
	});
});
