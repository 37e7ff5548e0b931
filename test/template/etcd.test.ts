import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { installed } from "../support/dev-agents.ts";
import { type Background, background, eventually } from "../support/programs.ts";
import { useFolder } from "./folder.ts";

/** Keys from a real etcd in the place of an agent's (`-source etcd=...`). */
const { path, file, content, shows, run, daemon } = useFolder();
// An address of this process: two runs at once must not meet.
const host = `127.84.${process.pid % 256}.100`;
const source = `etcd=${host}:2379`;

const base64 = (text: string) => Buffer.from(text).toString("base64");
async function etcd(method: string, body: object): Promise<void> {
	const answer = await fetch(`http://${host}:2379/v3/${method}`, { method: "POST", body: JSON.stringify(body) });
	expect(answer.status, await answer.text()).toBe(200);
}
const put = (key: string, value: string) => etcd("kv/put", { key: base64(key), value: base64(value) });
const remove = (key: string) => etcd("kv/deleterange", { key: base64(key) });
const removeAll = () => etcd("kv/deleterange", { key: base64("\0"), range_end: base64("\0") });

if (process.env["CI"] && !installed("etcd")) throw new Error("etcd is missing: scripts/test-tools.sh installs it");

describe.skipIf(!installed("etcd"))("keys of etcd", () => {
	let server: Background;
	const start = async (folder: string) => {
		const url = `http://${host}:2379`;
		const peer = `http://${host}:2380`;
		server = background("etcd", [
			...["--data-dir", folder, "--listen-client-urls", url, "--advertise-client-urls", url],
			...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", `default=${peer}`],
			"--logger=zap",
		]);
		await eventually(`etcd: ${server.output()}`, async () => (await fetch(`${url}/health`)).ok);
	};
	const data = mkdtempSync(join(tmpdir(), "disco-template-etcd-"));
	beforeAll(() => start(data));
	afterAll(async () => {
		await server.stop("SIGKILL");
		rmSync(data, { recursive: true, force: true });
	});
	afterEach(removeAll);

	const once = (text: string, ...more: readonly string[]) => {
		file("t.ctmpl", text);
		return run("-source", source, "-once", "-dry", ...more, "-template", `${path("t.ctmpl")}:${path("out")}`);
	};

	test("key, ls and tree read keys with and without a leading slash, sorted", async () => {
		await put("/app/name", "shop");
		await put("/app/b/deep", "2");
		await put("app/a", "é");
		await put("application", "another");
		const { stdout, stderr } = await once(
			`{{ key "app/name" }} {{ key "/app/a" }} {{ keyOrDefault "app/none" "none" }} {{ keyExists "app/a" }}
{{ range ls "app" }}{{ .Key }}={{ .Value }};{{ end }}
{{ range tree "app" }}{{ .Key }}={{ .Value }};{{ end }}
{{ range ls "app/" }}{{ .Key }}@{{ .Path }};{{ end }}`,
		);
		expect(stderr).toBe("");
		expect(stdout.split("\n").slice(1)).toEqual([
			"shop é none true",
			// As with an agent, the prefix is plain text and no folder.
			"a=é;name=shop;lication=another;",
			"a=é;b/deep=2;name=shop;lication=another;",
			"a@app/a;name@app/name;",
		]);
	});

	test("a change, a new key, a removal and an expired lease reach the file", async () => {
		await put("/hosts/a", "1");
		file("t", '{{ range ls "hosts" }}{{ .Key }}={{ .Value }};{{ end }}{{ key "go" }}');
		const waiting = await once('{{ key "go" }}', "-timeout", "1s");
		expect(waiting).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("kv.block(go): does not exist") });
		daemon("-source", source, "-template", `${path("t")}:${path("out")}`);
		await put("/go", "!");
		await shows("out", "a=1;!");
		await put("/hosts/a", "2");
		await shows("out", "a=2;!");
		await put("hosts/b", "3");
		await shows("out", "a=2;b=3;!");
		await remove("/hosts/a");
		await shows("out", "b=3;!");
		const lease = "7587";
		await etcd("lease/grant", { ID: lease, TTL: "1" });
		await etcd("kv/put", { key: base64("/hosts/c"), value: base64("4"), lease });
		await shows("out", "b=3;c=4;!");
		await shows("out", "b=3;!");
	});

	test("a revision that was compacted away, and an etcd that was away, are no end", async () => {
		await put("/x", "1");
		file("t", '{{ key "x" }}');
		daemon("-source", source, "-template", `${path("t")}:${path("out")}`);
		await shows("out", "1");
		await server.stop("SIGKILL");
		await start(data);
		const answer = await fetch(`http://${host}:2379/v3/kv/put`, {
			method: "POST",
			body: JSON.stringify({ key: base64("/x"), value: base64("2") }),
		});
		const { header } = (await answer.json()) as { readonly header: { readonly revision: string } };
		await etcd("kv/compaction", { revision: header.revision });
		await shows("out", "2");
		await put("/x", "3");
		await shows("out", "3");
	});

	test("a group is made of keys of one moment", async () => {
		await put("/pair/a", "1");
		await put("/pair/b", "1");
		file(
			"c.hcl",
			`source = "${source}"
			group "pair" {
				template { contents = "{{ key \\"pair/a\\" }}" destination = "${path("a")}" }
				template { contents = "{{ key \\"pair/b\\" }}" destination = "${path("b")}" }
				command = "echo $(cat ${path("a")}) $(cat ${path("b")}) >> ${path("pairs")}"
			}`,
		);
		daemon("-config", path("c.hcl"));
		await shows("pairs", "1 1\n");
		for (let round = 2; round <= 20; round++) {
			const value = base64(String(round));
			const puts = ["/pair/a", "/pair/b"].map((key) => ({ request_put: { key: base64(key), value } }));
			await etcd("kv/txn", { success: puts });
		}
		await eventually("the last pair", () => content("pairs")?.endsWith("20 20\n") === true);
		for (const line of content("pairs")?.trim().split("\n") ?? []) expect(line).toMatch(/^(\d+) \1$/);
	});

	test.each([
		['{{ range service "web" }}x{{ end }}', "etcd knows keys, not services; use key, ls, tree"],
		["{{ range services }}x{{ end }}", "etcd knows keys, not services and nodes"],
		['{{ key "a@dc2" }}', 'etcd knows keys, not datacenter "dc2"'],
	])("%s ends with 14 and says why", async (text, reason) => {
		const { exitCode, stderr } = await once(text);
		expect(exitCode).toBe(14);
		expect(stderr).toContain(reason);
	});

	test("what is no source, and what goes with no etcd, is refused", async () => {
		const unknown = await run("-source", "zookeeper=x", "-once", "-dry");
		expect(unknown).toMatchObject({ exitCode: 15, stderr: expect.stringContaining("write etcd=HOST:PORT") });
		const dedup = await run("-source", source, "-dedup", "-template", `${path("t")}:${path("out")}`);
		expect(dedup).toMatchObject({ exitCode: 15, stderr: expect.stringContaining("deduplicate") });
	});
});
