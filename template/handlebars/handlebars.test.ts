import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { silentLogger } from "../../lib/log/index.ts";
import { nodeClock } from "../../lib/node/index.ts";
import type { TemplateConfig } from "../config/index.ts";
import { createPacer, type Pacer } from "../runner/index.ts";
import { loadHandlebarsTemplate } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "template-hbs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config: TemplateConfig = {
	destination: "",
	engine: "handlebars",
	commandTimeoutMs: 0,
	commandEnvironment: { pristine: false, custom: [], allowlist: [], denylist: [] },
	backup: false,
	createFolders: true,
	errorOnMissingKey: false,
	leftDelimiter: "{{",
	rightDelimiter: "}}",
	functionDenylist: [],
	onStale: "keep",
	partials: [],
	limits: { checkTimeoutMs: 0, minBytes: 0, minMatches: [] },
	verifyTimeoutMs: 0,
	onFail: "keep",
	prune: false,
};
const data: Readonly<Record<string, unknown>> = {
	"kv.block(json)": '{"b":{"10":"x","9":"y"},"html":"<a&b>","n":12345678,"list":[1,2]}',
	"kv.list(p)": [
		{ Key: "a/x", Path: "p/a/x", Value: "1" },
		{ Key: "b/y", Path: "p/b/y", Value: "2" },
	],
	"catalog.services": [
		{ Name: "api", Tags: ["v1", "v2"] },
		{ Name: "web", Tags: ["v2"] },
	],
};

async function render(text: string, more: Partial<TemplateConfig> = {}) {
	const template = await loadHandlebarsTemplate(
		join(folder, "t.hbs"),
		text,
		{ ...config, ...more },
		{ environment: { HOME: "/root" }, nowMs: () => 0, log: silentLogger, compat: false },
	);
	const renderWith = (pacer: Pacer) =>
		template.recorder.render(
			({ id }) => (Object.hasOwn(data, id) ? { value: data[id] } : undefined),
			() => template.render(null, pacer),
		);
	const { result, missing } = await renderWith(createPacer(nodeClock));
	if ("failed" in result) throw result.failed;
	// Left wherever it can be left, it gives the same.
	const inPieces = await renderWith({ due: () => true, rest: () => Promise.resolve() });
	expect({ result: inPieces.result, missing: inPieces.missing }).toEqual({ result, missing });
	return { text: result.text, missing: missing.map(({ id }) => id) };
}

describe("Handlebars templates", () => {
	it("do not run for ever", async () => {
		await expect(render("{{#each (loop 1000000000)}}x{{/each}}")).rejects.toThrow("more than 500000 rounds");
		await expect(
			render("{{#with (loop 60000) as |l|}}{{#each (loop 9)}}{{#each l}}{{/each}}{{/each}}{{/with}}"),
		).rejects.toThrow("more than 500000 rounds");
	});

	it.each([
		["{{#each (services)}}{{@index}}{{Name}}{{#unless @last}},{{/unless}}{{/each}}", "0api,1web"],
		["{{#services}}{{Name}} {{/services}}", "api web "],
		[
			"{{#each (byTag (services)) as |list tag|}}{{tag}}:{{#each list}}{{Name}}{{/each}} {{/each}}",
			"v1:api v2:apiweb ",
		],
		[
			'{{#each (byKey (tree "p")) as |m k|}}{{k}}{{#each m as |pair key|}}{{key}}={{pair.Value}}{{/each}};{{/each}}',
			"ax=1;by=2;",
		],
		['{{#with (parseJSON (key "json"))}}{{html}} {{n}} {{list}}{{/with}}', "<a&b> 12345678 1,2"],
		['{{#each (lookup (parseJSON (key "json")) "b")}}{{@key}}{{this}} {{/each}}', "10x 9y "],
		[
			'{{toJSON (parseJSON (key "json"))}}',
			'{"b":{"10":"x","9":"y"},"html":"\\u003ca\\u0026b\\u003e","list":[1,2],"n":12345678}',
		],
		[
			'{{#if (eq (env "HOME") "/root" "x")}}home{{/if}} {{printf "%03d" 7}} {{len (services)}} {{add 1 2}}',
			"home 007 2 3",
		],
		[
			'{{scratchSet "k" 1}}{{scratchMapSet "m" "a" 2}}{{scratchGet "k"}}{{#each (scratchMapValues "m")}}{{this}}{{/each}}',
			"12",
		],
		['{{#*inline "x"}}<{{this}}>{{/inline}}{{> x "a"}}', "<a>"],
		["{{#each (loop 3)}}{{this}}{{/each}}", "012"],
		['{{join "-" (split "," "a,b")}}', "a-b"],
		["[{{unknownField}}]", "[]"],
		['[{{log "said" level="error"}}]', "[]"],
	])("%s", async (text, wanted) => {
		expect(await render(text)).toEqual({ text: wanted, missing: [] });
	});

	it("notes what is missing and gives neutral values", async () => {
		expect(await render('{{#service "api"}}x{{else}}none{{/service}}{{key "nope"}}')).toEqual({
			text: "none",
			missing: ["health.service(api|passing)", "kv.block(nope)"],
		});
	});

	it("finds partials beside the template", async () => {
		writeFileSync(join(folder, "part.hbs"), "<{{Name}}>");
		expect((await render("{{#each (services)}}{{> part}}{{/each}}")).text).toBe("<api><web>");
	});

	it.each([
		["a\n{{#if x}}\n{{/each}}", {}, /t\.hbs: parse: template: :2: if doesn't match each/],
		["a\n{{nope 1}}", {}, /parse: template: :2: function "nope" not defined/],
		["{{> missing}}", {}, /partial "missing"/],
		['a\n\n  {{parseInt "x"}}', {}, /t\.hbs: execute: template: :3:2: .*parsing "x": invalid syntax/],
		["{{key}}", {}, /wrong number of args for key: want 1 got 0/],
		['{{env "X"}}', { functionDenylist: ["env"] }, /function is disabled/],
		["{{x}}", { leftDelimiter: "<<" }, /delimiters cannot be changed/],
		["a\n{{x}}", { errorOnMissingKey: true }, /:2: .*"x" not defined/],
	])("%j is an error with its line", async (text, more, message) => {
		await expect(render(text, more)).rejects.toThrow(message);
	});

	it("reach no methods and no prototype", async () => {
		expect((await render("{{#each (services)}}[{{constructor}}{{toString}}{{Tags.length}}]{{/each}}")).text).toBe(
			"[2][1]",
		);
	});
});
