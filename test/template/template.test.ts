import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DevAgent } from "../support/dev-agents.ts";
import { type Background, background, eventually, outcome } from "../support/programs.ts";
import { agentKinds } from "./agents.ts";

/** disco-template as users run it, and what it does better than the reference by default; against Consul and against disco. */
const program = "dist/disco-template.js";
if (!existsSync(program)) throw new Error(`${program} is missing: npm run build makes it`);
for (const [name, start] of agentKinds) {
	if (start === undefined && process.env["CI"])
		throw new Error(`${name} is missing: scripts/test-tools.sh installs it`);
}

let folder: string;
const running: Background[] = [];
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "disco-template-e2e-"));
});
afterEach(async () => {
	await Promise.all(running.splice(0).map((one) => one.stop("SIGKILL")));
	rmSync(folder, { recursive: true, force: true });
});

const path = (name: string) => join(folder, name);
const file = (name: string, text: string) => writeFileSync(path(name), text);
const content = (name: string) => (existsSync(path(name)) ? readFileSync(path(name), "utf8") : undefined);
const shows = (name: string, text: string) => eventually(`${name}: ${text}`, () => content(name) === text);

function once(...args: readonly string[]) {
	return outcome(process.execPath, [program, "-once", ...args]);
}

function daemon(...args: readonly string[]): Background {
	const started = background(process.execPath, [program, ...args]);
	running.push(started);
	return started;
}

/** From the issue, quotes included. */
const published =
	'{{ range services }} backend {{ .Name }}_backend {{ range service .Name }} server {{ .Node }}-{{ .Port }} {{ .Address }}:{{ .Port }}{{ end }} {{ end }} {{ range services }} acl host_{{ .Name }} hdr_beg(host) -i {{ .Name }}."haproxy.service.consul" use_backend {{ .Name }}_backend if host_{{ .Name }} {{ end }}';

describe.each(agentKinds)("with %s", (_name, start) => {
	if (start === undefined) {
		test.skip("the program is not installed", () => {});
		return;
	}
	let agent: DevAgent;
	let at: readonly string[];
	beforeAll(async () => {
		agent = await start();
		at = ["-consul-addr", agent.address];
	});
	afterAll(() => agent.stop());

	const register = (node: string, id: string, port: number) =>
		agent.client.catalog.register({
			Node: node,
			Address: `10.1.0.${port % 250}`,
			Service: { ID: id, Service: "shop", Port: port },
		});

	test("the published template follows the catalog, and the command runs once per change", async () => {
		await register("n1", "s1", 5001);
		file("t.ctmpl", published);
		daemon(...at, "-template", `${path("t.ctmpl")}:${path("out")}:echo x >> ${path("runs")}`);
		await eventually("first rendering", () => content("out")?.includes("server n1-5001 10.1.0.1:5001"));
		expect(content("out")).toContain(
			'acl host_shop hdr_beg(host) -i shop."haproxy.service.consul" use_backend shop_backend',
		);
		await eventually("first run", () => content("runs") === "x\n");
		await register("n2", "s2", 5002);
		await eventually("second server", () => content("out")?.includes("server n2-5002 10.1.0.2:5002"));
		await eventually("second run", () => content("runs") === "x\nx\n");
		await agent.client.catalog.deregister({ Node: "n1" });
		await agent.client.catalog.deregister({ Node: "n2" });
		await eventually("empty again", () => content("out")?.includes("server n") === false);
	});

	test("a Handlebars template and a Go template of the same data say the same, from one watch", async () => {
		await agent.client.kv.put("e2e/greeting", "hello");
		file("a.hbs", '{{key "e2e/greeting"}}!');
		file("b.ctmpl", '{{ key "e2e/greeting" }}!');
		daemon(...at, "-template", `${path("a.hbs")}:${path("a")}`, "-template", `${path("b.ctmpl")}:${path("b")}`);
		await shows("a", "hello!");
		await shows("b", "hello!");
		await agent.client.kv.put("e2e/greeting", "good day");
		await shows("a", "good day!");
		await shows("b", "good day!");
	});

	test("a program is restarted on a change and its exit status passed on", async () => {
		await agent.client.kv.put("e2e/code", "wait");
		file("t", '{{ key "e2e/code" }}');
		const command = `test "$(cat ${path("out")})" = wait && echo up >> ${path("log")} && exec sleep 60; exit 9`;
		const supervisor = daemon(
			...at,
			"-template",
			`${path("t")}:${path("out")}`,
			"-exec",
			command,
			"-exec-kill-signal",
			"SIGTERM",
		);
		await shows("log", "up\n");
		await agent.client.kv.put("e2e/code", "end");
		expect(await supervisor.exited).toEqual({ code: 9, signal: null });
	});

	test("SIGTERM goes to the program; a deaf one is killed after its time", async () => {
		file("t", "static");
		file("deaf.sh", `trap 'echo TERM >> ${path("log")}' TERM; echo up >> ${path("log")}; while :; do sleep 0.1; done`);
		const supervisor = daemon(
			...[...at, "-template", `${path("t")}:${path("out")}`],
			...["-exec", `sh ${path("deaf.sh")}`, "-exec-kill-timeout", "2s"],
		);
		await shows("log", "up\n");
		supervisor.child.kill("SIGTERM");
		expect(await supervisor.exited).toEqual({ code: 255, signal: null });
		expect(content("log")).toBe("up\nTERM\n");
	});

	test("one bad template does not stop the others, and heals with its data", async () => {
		await agent.client.kv.put("e2e/number", "many");
		file("bad.ctmpl", '{{ key "e2e/number" | parseInt }}');
		file("broken.ctmpl", "{{ if }}");
		file("good.ctmpl", '{{ key "e2e/number" }}');
		file("bad", "last good");
		const started = daemon(
			...at,
			...["bad", "broken", "good"].flatMap((name) => ["-template", `${path(`${name}.ctmpl`)}:${path(name)}`]),
		);
		await shows("good", "many");
		expect(content("bad")).toBe("last good");
		expect(started.output()).toContain("broken.ctmpl: parse: template: :1: missing value for if");
		await agent.client.kv.put("e2e/number", "7");
		await shows("bad", "7");
		expect(content("broken")).toBeUndefined();
	});

	test("a failing command is reported and the daemon goes on", async () => {
		await agent.client.kv.put("e2e/value", "1");
		file("t", '{{ key "e2e/value" }}');
		const started = daemon(...at, "-template", `${path("t")}:${path("out")}:exit 3`);
		await eventually("report", () => started.output().includes('command "exit 3" ended with the non-zero status 3'));
		await agent.client.kv.put("e2e/value", "2");
		await shows("out", "2");
	});

	test("says what it waits for, and SIGTERM ends it", async () => {
		file("t", '{{ key "e2e/never" }}');
		const started = daemon(...at, "-template", `${path("t")}:${path("out")}`);
		await eventually("notice", () => started.output().includes("waits for kv.block(e2e/never)"));
		await started.stop("SIGTERM");
		expect((await started.exited).code).toBe(12);
		expect(existsSync(path("out"))).toBe(false);
	});

	test("systemd is told once, when everything is rendered", async () => {
		const socket = path("notify");
		const listen =
			"import socket,sys\ns=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\ns.bind(sys.argv[1])\nprint('bound',flush=True)\nwhile True: print(s.recv(4096).decode().replace('\\n',' '),flush=True)";
		const systemd = background("python3", ["-c", listen, socket]);
		running.push(systemd);
		await eventually("the socket", () => systemd.output().includes("bound"));
		file("t", '{{ key "e2e/systemd" }}');
		const args = [program, ...at, "-template", `${path("t")}:${path("out")}`];
		running.push(background(process.execPath, args, { env: { ...process.env, NOTIFY_SOCKET: socket } }));
		await agent.client.kv.put("e2e/systemd", "1");
		await eventually("READY=1", () => systemd.output().includes("READY=1"));
		await agent.client.kv.put("e2e/systemd", "2");
		await shows("out", "2");
		expect(systemd.output().match(/READY=1/g)).toHaveLength(1);
	});

	test("a broken configuration on reload leaves the running one at work", async () => {
		await agent.client.kv.put("e2e/reload", "1");
		const config = (text: string) => file("c.hcl", `template { contents = "${text}" destination = "${path("out")}" }`);
		config('{{ key \\"e2e/reload\\" }}');
		const started = daemon(...at, "-config", path("c.hcl"));
		await shows("out", "1");
		file("c.hcl", "template {");
		started.child.kill("SIGHUP");
		await eventually("report", () => started.output().includes("the running configuration stays"));
		await agent.client.kv.put("e2e/reload", "2");
		await shows("out", "2");
		config('new {{ key \\"e2e/reload\\" }}');
		started.child.kill("SIGHUP");
		await shows("out", "new 2");
	});

	test("with -dedup the other program takes over when the leader ends", async () => {
		await agent.client.kv.put("e2e/shared", "1");
		file("t", '{{ key "e2e/shared" }}');
		const programs = ["one", "two"].map((name) => {
			mkdirSync(path(name));
			const args = [resolve(program), ...at, "-dedup", "-log-level", "info", "-template", `${path("t")}:out`];
			const started = background(process.execPath, args, { cwd: path(name) });
			running.push(started);
			return { name, started };
		});
		for (const { name } of programs) await shows(`${name}/out`, "1");
		const leader = programs.find(({ started }) => started.output().includes("(dedup) leader"));
		const other = programs.find((each) => each !== leader);
		await leader?.started.stop("SIGTERM");
		await agent.client.kv.put("e2e/shared", "2");
		await shows(`${other?.name}/out`, "2");
		expect(other?.started.output()).toContain("(dedup) leader");
	});

	test("binary values pass unchanged", async () => {
		const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
		await agent.client.kv.put("e2e/binary", bytes);
		file("t", '{{ key "e2e/binary" }}');
		expect(await once(...at, "-template", `${path("t")}:${path("out")}`)).toMatchObject({ exitCode: 0 });
		expect(Uint8Array.from(readFileSync(path("out")))).toEqual(bytes);
	});
});

describe("errors are one line with what and where", () => {
	const template = (text: string, more = "") => {
		file("t.ctmpl", text);
		file("out", "last good");
		return ["-template", `${path("t.ctmpl")}:${path("out")}${more}`];
	};

	test.each([
		["a broken template", () => template("a\n{{ if }}"), 14, "t.ctmpl: parse: template: :2: missing value for if"],
		[
			"a failing function",
			() => template('{{ parseInt "x" }}'),
			14,
			't.ctmpl: execute: template: :1:3: executing "" at',
		],
		[
			"no source",
			() => ["-template", `${path("none")}:${path("out")}`],
			14,
			"none: cannot read the template: no such file",
		],
		[
			"an unreachable agent",
			() => [...template('{{ key "a" }}'), "-consul-addr", "127.16.1.9:1", "-consul-retry=false"],
			14,
			"kv.block(a): cannot reach the agent at http://127.16.1.9:1: connection refused",
		],
		["an unknown option", () => ["-nope"], 13, "unknown option -nope"],
		["no configuration", () => ["-config", path("none.hcl")], 15, "none.hcl: no such file"],
		[
			"a wrong key",
			() => {
				file("c.hcl", "template {\n sorce = 1\n}");
				return ["-config", path("c.hcl")];
			},
			15,
			'c.hcl:2:2: unknown key "sorce"',
		],
	] as const)("%s", async (_what, args, exitCode, message) => {
		const given = args();
		const result = await once(...given);
		expect(result.exitCode).toBe(exitCode);
		expect(result.stderr).toContain(message);
		expect(result.stderr.trim().split("\n")).toHaveLength(1);
		if (existsSync(path("out"))) expect(content("out")).toBe("last good");
	});

	test("an unwritable destination", async () => {
		file("t.ctmpl", "new");
		file("plain", "old");
		const result = await once("-template", `${path("t.ctmpl")}:${path("plain/out")}`);
		expect(result).toMatchObject({ exitCode: 14 });
		expect(result.stderr).toContain(`cannot write ${path("plain/out")}: a part of the path is a file`);
		expect(readdirSync(folder).sort()).toEqual(["plain", "t.ctmpl"]);
		expect(content("plain")).toBe("old");
	});

	test("a failing command: the others run, the files stay", async () => {
		file("t.ctmpl", "new");
		const result = await once(
			...["-template", `${path("t.ctmpl")}:${path("a")}:exit 3`],
			...["-template", `${path("t.ctmpl")}:${path("b")}:echo ran > ${path("log")}`],
		);
		expect(result).toMatchObject({ exitCode: 14 });
		expect(result.stderr).toContain('command "exit 3" ended with the non-zero status 3');
		expect([content("a"), content("b"), content("log")]).toEqual(["new", "new", "ran\n"]);
	});
});
