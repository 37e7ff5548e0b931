import { mkdirSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { consulAt, type DevAgent } from "../support/dev-agents.ts";
import { eventually } from "../support/programs.ts";
import { useFolder } from "./folder.ts";

/** Several files as one: groups, and one template for many files. */
const start = consulAt("127.43.0.3");
const { path, file, content, shows, run, daemon } = useFolder();
const rounds = process.env["DISCO_LONG"] === undefined ? 150 : 10_000;

describe.skipIf(start === undefined)("several files as one", () => {
	let agent: DevAgent;
	let at: readonly string[];
	beforeAll(async () => {
		agent = await (start as () => Promise<DevAgent>)();
		at = ["-consul-addr", agent.address];
	});
	afterAll(() => agent.stop());
	const change = (value: string) =>
		agent.client.txn.kv([
			{ verb: "set", key: "group/cert", value },
			{ verb: "set", key: "group/key", value },
		]);
	const member = (name: string, more = "") =>
		`template { contents = "{{ key \\"group/${name}\\" }}" destination = "${path(name)}" ${more} }`;

	test.each([
		["", rounds],
		['wait = "5ms:20ms"', Math.ceil(rounds / 3)],
	])(
		"two keys changed by one transaction are never seen apart, and the command runs once per change %s",
		async (wait, rounds) => {
			await change("0");
			const command = `echo $(cat ${path("cert")}) $(cat ${path("key")}) >> ${path("log")}`;
			file("c.hcl", `group "tls" { ${member("cert")} ${member("key")} command = "${command}" ${wait} }`);
			daemon(...at, "-config", path("c.hcl"));
			await shows("log", "0 0\n");
			for (let round = 1; round <= rounds; round++) await change(String(round));
			await eventually("the last change", () => content("log")?.endsWith(`${rounds} ${rounds}\n`), 60_000);
			const lines = (content("log") ?? "").trim().split("\n");
			expect(lines.filter((line) => !/^(\d+) \1$/.test(line))).toEqual([]);
			expect(new Set(lines).size).toBe(lines.length);
		},
		120_000 + rounds * 60,
	);

	test("all or none: while one member waits, fails or is refused, no file of the group changes", async () => {
		await change("1");
		const late =
			'template { contents = "{{ key \\"group/late\\" }}" destination = "LATE" check = "grep -q good {{.Src}}" }';
		file(
			"c.hcl",
			`group "g" { ${member("cert")} ${late.replace("LATE", path("late"))} command = "echo x >> ${path("log")}" }`,
		);
		const started = daemon(...at, "-config", path("c.hcl"), "-http", "127.43.1.3:9482");
		const state = async () => JSON.stringify(await (await fetch("http://127.43.1.3:9482/v1/templates")).json());
		await eventually("waiting", async () => (await state()).includes("does not exist"));
		expect(content("cert")).toBeUndefined();
		await agent.client.kv.put("group/late", "bad");
		await eventually("refused", () => started.output().includes("the file is not replaced"));
		expect([content("cert"), content("late")]).toEqual([undefined, undefined]);
		await agent.client.kv.put("group/late", "good");
		await shows("log", "x\n");
		expect([content("cert"), content("late")]).toEqual(["1", "good"]);
		await agent.client.kv.delete("group/late");
	});

	test("a failing command takes all files of the group back", async () => {
		await change("good");
		const command = `grep -q good ${path("key")}`;
		file("c.hcl", `group "g" { ${member("cert")} ${member("key")} command = "${command}" on_fail = "rollback" }`);
		const started = daemon(...at, "-config", path("c.hcl"));
		await shows("key", "good");
		await change("bad");
		await eventually("roll-back", () => started.output().includes("the former files are back"));
		expect([content("cert"), content("key")]).toEqual(["good", "good"]);
	});

	const register = (name: string, port: number) =>
		agent.client.catalog.register({ Node: "n", Address: "10.0.0.1", Service: { ID: name, Service: name, Port: port } });

	test("for_each writes a file per service, prunes what has gone and leaves foreign files alone", async () => {
		const names = Array.from({ length: 150 }, (_, index) => `site-${index}`);
		for (const [index, name] of names.entries()) await register(name, 8_000 + index);
		mkdirSync(path("sites"));
		file("sites/foreign.conf", "mine");
		file("t", "{{ range service .Name }}server {{ .Address }}:{{ .Port }}\n{{ end }}");
		file(
			"c.hcl",
			`template { source = "${path("t")}" destination = "${path("sites")}/{{ .Name }}.conf" for_each = "services" prune = true command = "echo x >> ${path("log")}" }`,
		);
		const visible = () => readdirSync(path("sites")).filter((name) => !name.startsWith("."));
		const wanted = (services: readonly string[]) =>
			["consul.conf", "foreign.conf", ...services.map((name) => `${name}.conf`)].sort();
		const args = [...at, "-config", path("c.hcl")];
		const first = daemon(...args);
		await shows("log", "x\n");
		expect(visible().sort()).toEqual(wanted(names));
		expect(content("sites/site-7.conf")).toBe("server 10.0.0.1:8007\n");
		await agent.client.catalog.deregister({ Node: "n", ServiceID: "site-7" });
		await register("site-150", 8_150);
		await eventually(
			"the new set",
			() => visible().sort().join() === wanted([...names.filter((name) => name !== "site-7"), "site-150"]).join(),
		);
		// What goes while nobody looks is found after a restart, by the record beside the files.
		await first.stop("SIGTERM");
		await agent.client.catalog.deregister({ Node: "n" });
		expect(await run("plan", ...args)).toMatchObject({ exitCode: 2 });
		expect(await run(...args, "-once")).toMatchObject({ exitCode: 0 });
		expect(visible().sort()).toEqual(wanted([]));
		expect(content("sites/foreign.conf")).toBe("mine");
	});

	test.each([
		["outside the folder", '[\\"../../evil\\"]', "is not a file below"],
		["twice", '[\\"a\\", \\"a\\"]', "two elements have the destination"],
	])("for_each refuses a destination %s", async (_what, list, message) => {
		file(
			"c.hcl",
			`template { contents = "x" destination = "${path("d")}/{{ . }}" for_each = "parseJSON \`${list}\`" }`,
		);
		const { exitCode, stderr } = await run("-once", "-config", path("c.hcl"));
		expect({ exitCode, files: readdirSync(path(".")) }).toEqual({ exitCode: 14, files: ["c.hcl"] });
		expect(stderr).toContain(message);
	});

	test("for_each in Handlebars: the element is the context", async () => {
		await agent.client.kv.put("each/a", "1");
		await agent.client.kv.put("each/b", "2");
		file("t.hbs", "{{Key}}={{Value}}");
		file(
			"c.hcl",
			`template { source = "${path("t.hbs")}" destination = "${path("d")}/{{ .Key }}" for_each = "ls \\"each\\"" }`,
		);
		expect(await run(...at, "-once", "-config", path("c.hcl"))).toMatchObject({ exitCode: 0 });
		expect([content("d/a"), content("d/b")]).toEqual(["a=1", "b=2"]);
	});
});
