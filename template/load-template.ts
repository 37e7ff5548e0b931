import { readFileSync } from "node:fs";
import { DiscoError, errorCode, errorMessage } from "../lib/errors.ts";
import type { TemplateConfig } from "./config/index.ts";
import { forEachTemplate } from "./for-each.ts";
import { loadGoTemplate } from "./go-template.ts";
import { textOfBytes } from "./gotmpl/index.ts";
import type { RenderingWorld } from "./recorder.ts";
import type { Renderer } from "./renderer.ts";
import type { Template } from "./runner/index.ts";

/**
 * Reads and parses a template in its language. Errors: `TEMPLATE_SOURCE` (none, two, or unreadable) and the language's
 * `TEMPLATE_PARSE`; each text begins with the source.
 */
export async function loadTemplate(config: TemplateConfig, world: RenderingWorld): Promise<Template> {
	const renderer = await loadRenderer(config, world);
	if (config.forEach !== undefined) return forEachTemplate(renderer, config, config.forEach);
	const { name, text, recorder, render } = renderer;
	return { name, text, execute: (lookup, pacer) => recorder.render(lookup, () => render(null, pacer)) };
}

async function loadRenderer(config: TemplateConfig, world: RenderingWorld): Promise<Renderer> {
	const { name, text } = readSource(config);
	if (config.engine === "go") return loadGoTemplate(name, text, config, world);
	const { loadHandlebarsTemplate } = await import("./handlebars/index.ts");
	return loadHandlebarsTemplate(name, text, config, world);
}

function readSource(config: TemplateConfig): { readonly name: string; readonly text: string } {
	const { source, contents } = config;
	if ((source ?? "") === "" && contents === undefined) {
		throw new DiscoError("TEMPLATE_SOURCE", `template for "${config.destination}": give a source or contents`);
	}
	if (source !== undefined && source !== "" && contents !== undefined) {
		throw new DiscoError("TEMPLATE_SOURCE", `${source}: give a source or contents, not both`);
	}
	if (contents !== undefined) return { name: "(dynamic)", text: contents };
	const path = source ?? "";
	try {
		return { name: path, text: textOfBytes(readFileSync(path)) };
	} catch (error) {
		const reason = errorCode(error) === "ENOENT" ? "no such file" : errorMessage(error);
		throw new DiscoError("TEMPLATE_SOURCE", `${path}: cannot read the template: ${reason}`, { cause: error });
	}
}
