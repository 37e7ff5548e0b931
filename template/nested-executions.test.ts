import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { silentLogger } from "../lib/log/index.ts";
import type { TemplateConfig } from "./config/index.ts";
import { loadGoTemplate } from "./go-template.ts";

const config = {
	destination: "",
	errorOnMissingKey: false,
	leftDelimiter: "{{",
	rightDelimiter: "}}",
	functionDenylist: [],
	onStale: "keep",
	partials: [],
} as unknown as TemplateConfig;

const big = "{{ range loop 2000 }}{{ . }} {{ end }}";

async function rendered(text: string, due: () => boolean) {
	let pieces = 1;
	const template = await loadGoTemplate("t", text, config, {
		environment: {},
		nowMs: () => 0,
		log: silentLogger,
		compat: false,
	});
	const pacer = {
		due,
		rest: () => {
			pieces++;
			return Promise.resolve();
		},
	};
	const { result } = await template.recorder.render(
		() => undefined,
		() => template.render(null, pacer),
	);
	if ("failed" in result) throw result.failed;
	return { text: result.text, pieces };
}

it.each([
	`{{ define "x" }}${big}{{ end }}a{{ executeTemplate "x" | toUpper }}b{{ executeTemplate "x" }}c`,
	`{{ define "x" }}${big}{{ end }}{{ $a := executeTemplate "x" }}{{ printf "%s|%s" (executeTemplate "x") $a }}`,
	`{{ define "y" }}${big}{{ end }}{{ define "x" }}<{{ . }}{{ executeTemplate "y" }}{{ executeTemplate "y" }}>{{ end }}` +
		`{{ range loop 3 }}{{ executeTemplate "x" . }}{{ end }}{{ if executeTemplate "x" 1 }}yes{{ end }}`,
])("a nested template is left and taken up again: %s", async (text) => {
	const whole = await rendered(text, () => false);
	const inPieces = await rendered(text, () => true);
	expect(inPieces.text).toBe(whole.text);
	expect(whole.pieces).toBe(1);
	expect(inPieces.pieces).toBeGreaterThan(10);
});

it("functions that are not pure are called once", async () => {
	const folder = mkdtempSync(join(tmpdir(), "nested-"));
	const plugin = join(folder, "plugin");
	writeFileSync(plugin, `#!/bin/sh\necho called >> "$0.log"; echo out\n`, { mode: 0o755 });
	const text = `{{ define "x" }}${big}{{ end }}{{ printf "%s%.3s" (plugin "${plugin}") (executeTemplate "x") }}`;
	const { text: written, pieces } = await rendered(text, () => true);
	expect(written).toBe("out0 1");
	expect(pieces).toBeGreaterThan(5);
	expect(readFileSync(`${plugin}.log`, "utf8")).toBe("called\n");
	rmSync(folder, { recursive: true });
});
