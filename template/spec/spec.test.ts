import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testCommand } from "./index.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "template-spec-"));
	writeFileSync(
		join(folder, "t.ctmpl"),
		'{{ env "WHO" }} {{ key "a" }}{{ range service "web" }} {{ .Address }}:{{ .Port }}{{ end }}\n',
	);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(spec: string, ...args: readonly string[]) {
	const path = join(folder, "spec.yaml");
	writeFileSync(path, spec);
	let printed = "";
	const code = await testCommand([...args, path], (text) => {
		printed += text;
	});
	return { code, printed: printed.replaceAll(`${path}: `, "").replaceAll(folder, ".") };
}

const head = `
template: t.ctmpl
environment: { WHO: me }
data:
  kv.block(a): "1"
  health.service(web|passing): [{ Address: 10.0.0.1, Port: 80 }]
cases:
`;

describe("tests of templates", () => {
	it.each([
		["the whole text", '- { name: n, text: "me 1 10.0.0.1:80\\n" }', "ok    n\n"],
		["parts", "- { name: n, contains: [me, 10.0.0.1] }", "ok    n\n"],
		["a case's own data", '- { name: n, data: { kv.block(a): "2" }, contains: me 2 }', "ok    n\n"],
		["an error", '- { name: n, template: { contents: "{{ parseInt `x` }}" }, error: "invalid syntax" }', "ok    n\n"],
		["a syntax error", '- { name: n, template: { contents: "{{ if }}" }, error: missing value for if }', "ok    n\n"],
		["what it waits for", '- { name: n, template: { contents: "{{ key `b` }}" }, waits: kv.block(b) }', "ok    n\n"],
		[
			"the time",
			'- { name: n, template: { contents: "{{ timestamp }}" }, time: "2026-01-02T03:04:05Z", text: "2026-01-02T03:04:05Z" }',
			"ok    n\n",
		],
		["limits", '- { name: n, template: { contents: "abc", check: "grep -q b {{.Src}}" }, check: true }', "ok    n\n"],
		[
			"several files",
			'- { name: n, template: { contents: "{{ .Port }}", destination: "/x/{{ .Address }}", for_each: "service `web`" }, files: { /x/10.0.0.1: "80" } }',
			"ok    n\n",
		],
	])("compares %s", async (_what, cases, printed) => {
		expect(await run(head + cases)).toEqual({ code: 0, printed: `${printed}1 passed, 0 failed\n` });
	});

	it.each([
		["another text", '- { name: n, text: "other\\n" }', "-other\n      +me 1 10.0.0.1:80"],
		["an absent part", "- { name: n, contains: you }", 'does not contain "you"'],
		[
			"missing data",
			'- { name: n, template: { contents: "{{ key `b` }}" } }',
			"waits for kv.block(b): not in the data; known are health.service(web|passing), kv.block(a)",
		],
		["no error", "- { name: n, error: boom }", 'the error "boom" is wanted'],
		["another error", '- { name: n, template: { contents: "{{ if }}" }, error: boom }', 'not with "boom"'],
		[
			"a refused text",
			'- { name: n, template: { contents: "abc", check: "echo no; false {{.Src}}" }, check: true }',
			"status 1: no",
		],
		[
			"a surplus file",
			'- { name: n, template: { contents: "x", destination: "/x/{{ .Port }}", for_each: "service `web`" } }',
			"+++ /x/80",
		],
		["no expected file", "- { name: n, expect: none.txt }", "none.txt does not exist; -update writes it"],
	])("fails on %s", async (_what, cases, reason) => {
		const { code, printed } = await run(head + cases);
		expect(code).toBe(1);
		expect(printed).toContain("FAIL  n\n");
		expect(printed).toContain(reason);
	});

	it.each([
		["cases: 5", "list of cases"],
		["nope: 1\ncases: []", 'unknown key "nope"'],
		["cases: [{ nmae: x }]", 'unknown key "nmae"'],
		["cases: [{ name: x, template: { sorce: y } }]", 'unknown key "sorce"'],
		["cases: [{ name: x, template: t, data: none.json }]", "none.json"],
		["cases: [{ name: x, template: t, time: soon }]", 'time "soon" is not RFC 3339'],
		["a: [", "neither YAML nor JSON"],
	])("%j is refused", async (spec, reason) => {
		await expect(run(spec)).rejects.toThrow(reason);
	});

	it("-update writes expected files, -junit a report", async () => {
		const spec = `${head}- { name: "<n>", expect: out.txt }\n- { name: bad, text: x }`;
		const report = join(folder, "report.xml");
		expect((await run(spec, "-update", "-junit", report)).code).toBe(1);
		expect(readFileSync(join(folder, "out.txt"), "utf8")).toBe("me 1 10.0.0.1:80\n");
		const xml = readFileSync(report, "utf8");
		expect(xml).toContain('tests="2" failures="1"');
		expect(xml).toContain('name="&lt;n&gt;"/>');
		expect(existsSync(join(folder, "none"))).toBe(false);
	});
});
