import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Background, background, eventually, outcome, succeed } from "../support/programs.ts";
import { installed, nextHost } from "./run-example.ts";

/** Lines of the published talks, to the letter, that no example runs as they stand. */
const host = nextHost();
const api = `http://${host}:8500/v1`;
const folder = mkdtempSync(join(tmpdir(), "disco-sources-"));

const curl = (...args: readonly string[]) => succeed("curl", ["-sS", "-w", "\n%{http_code}", ...args]);
const json = async (path: string) => JSON.parse(await succeed("curl", ["-sSf", `${api}${path}`])) as unknown;

describe("lines of the talks", () => {
	let agent: Background;
	beforeAll(async () => {
		const files = ["mem-util", "api-check"].map((name) => join(folder, `${name}.json`));
		const [memory = "", checked = ""] = files;
		writeFileSync(
			memory,
			'{"check":{"id":"mem-util","name":"Memory utilization","script":"/usr/local/bin/check_mem.py","interval":"10s"}}',
		);
		writeFileSync(
			checked,
			'{"check":{"id":"api","name":"HTTP API on port 5000","http":"http://localhost:5000/health","interval":"10s","timeout":"1s"}}',
		);
		agent = background(process.execPath, [
			...["dist/disco.js", "agent", "-dev", "-enable-local-script-checks", `-bind=${host}`, `-client=${host}`],
			...files.flatMap((file) => ["-config-file", file]),
		]);
		await eventually("the agent", async () => (await fetch(`${api}/catalog/nodes`)).ok);
	});
	afterAll(async () => {
		await agent.stop("SIGKILL");
		rmSync(folder, { recursive: true, force: true });
	});

	it("checks from files: `script` is taken, with a line that says what to write", async () => {
		const checks = (await json("/agent/checks")) as Record<string, { readonly Name: string }>;
		expect(checks["api"]?.Name).toBe("HTTP API on port 5000");
		expect(checks["mem-util"]?.Name).toBe("Memory utilization");
		expect(agent.output()).toContain('write args = ["/bin/sh", "-c", "/usr/local/bin/check_mem.py"]');
	});

	it.each([
		["PUT", ["-H", "PUT", `${api}/agent/service/register`, "-d", '{"Name":"redis1"}'], "POST"],
		["PUT", [`${api}/agent/check/pass/service:redis1`], "GET"],
		["PUT", ["-H", "PUT", `${api}/agent/service/deregister/redis1`], "GET"],
	])("`curl -H PUT` is no method: 405 says that it is %s", async (wanted, args, sent) => {
		expect(await curl(...args)).toBe(`method ${sent} not allowed; use ${wanted}\n405`);
	});

	it("two instances of http and one of consul, in the catalog; a status page", async () => {
		for (const number of [1, 2]) {
			const file = join(folder, `http${number}_checkhttp.json`);
			const text = readFileSync("examples/registration/http1_checkhttp.json", "utf8");
			writeFileSync(file, text.replaceAll("http1", `http${number}`).replaceAll("172.17.0.3", `172.17.0.${number + 2}`));
			const answer = await curl("-X", "PUT", "--data-binary", `@${file}`, `${api}/agent/service/register`);
			expect(answer).toBe("\n200");
		}
		expect(await json("/agent/services")).toMatchObject({
			http1: { Address: "172.17.0.3" },
			http2: { Address: "172.17.0.4" },
		});
		const checks = (await json("/health/checks/http")) as readonly Record<string, unknown>[];
		expect(checks.map(({ CheckID, Name, ServiceID }) => ({ CheckID, Name, ServiceID }))).toEqual([
			{ CheckID: "service:http1", Name: "Service 'http' check", ServiceID: "http1" },
			{ CheckID: "service:http2", Name: "Service 'http' check", ServiceID: "http2" },
		]);
		const instances = async (name: string) => ((await json(`/catalog/service/${name}`)) as readonly unknown[]).length;
		expect([await instances("http"), await instances("consul")]).toEqual([2, 1]);
		expect((await fetch(`http://${host}:8500/ui/`)).status).toBe(200);
	});

	it.skipIf(installed("haproxy") === undefined)("the printed template renders, and HAProxy takes it", async () => {
		const published =
			"{{ range services }}\nbackend {{ .Name }}_backend\n{{ range service .Name }}  server {{ .Node }}-{{ .Port }} {{ .Address }}:{{ .Port }}\n{{ end }}{{ end }}\n" +
			'frontend http\n  bind 127.0.0.1:1\n{{ range services }}  acl host_{{ .Name }} hdr_beg(host) -i {{ .Name }}."haproxy.service.consul"\n  use_backend {{ .Name }}_backend if host_{{ .Name }}\n{{ end }}';
		const template = join(folder, "haproxy.ctmpl");
		const configuration = join(folder, "haproxy.cfg");
		writeFileSync(
			template,
			`defaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\n${published}`,
		);
		// The agent's own node has critical checks here.
		const body = '{"Node":"web1","Address":"10.0.0.1","Service":{"Service":"api","Port":5000}}';
		expect(await curl("-X", "PUT", `${api}/catalog/register`, "-d", body)).toBe("true\n\n200");
		const rendered = await outcome(process.execPath, [
			...[resolve("dist/disco-template.js"), "-consul-addr", `${host}:8500`, "-once"],
			...["-template", `${template}:${configuration}`],
		]);
		expect(rendered.exitCode, rendered.stderr).toBe(0);
		const text = readFileSync(configuration, "utf8");
		expect(text).toMatch(/server web1-5000 10\.0\.0\.1:5000\n/);
		expect(text).toContain(
			'acl host_api hdr_beg(host) -i api."haproxy.service.consul"\n  use_backend api_backend if host_api\n',
		);
		const path = `${process.env["PATH"]}:/usr/sbin`;
		expect(await outcome("haproxy", ["-c", "-q", "-f", configuration], { env: { PATH: path } })).toMatchObject({
			exitCode: 0,
		});
	});
});
