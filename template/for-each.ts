import { dirname, normalize, resolve, sep } from "node:path";
import { DiscoError, errorMessage } from "../lib/errors.ts";
import { type BundledFile, bundleText } from "./bundle.ts";
import type { TemplateConfig } from "./config/index.ts";
import { preloadFunctions } from "./functions/index.ts";
import { type Template as GoTemplate, type GoValue, goFunc, parse } from "./gotmpl/index.ts";
import type { Renderer } from "./renderer.ts";
import type { Template } from "./runner/index.ts";

/** The function through which the elements come out of the pipeline; its name cannot clash with a user's. */
const collector = "disco_element";

/** The folder that all files of a destination with actions are in: what stands before the first action, up to its last slash. */
export function fixedFolder(destination: string): string {
	const fixed = destination.split("{{", 1)[0] ?? "";
	return dirname(`${fixed}x`);
}

/**
 * One template, many files: executed for each element of `pipeline`, with the element as dot; so is the destination. Gives a
 * bundle (`bundleText`).
 *
 * Errors: `TEMPLATE_PARSE`; executions fail with `TEMPLATE_EXECUTE` and with `DESTINATION_INVALID` (two elements with one
 * destination, or one outside the folder before the first action).
 */
export async function forEachTemplate(renderer: Renderer, config: TemplateConfig, pipeline: string): Promise<Template> {
	const { name, recorder } = renderer;
	await preloadFunctions(`${pipeline} ${config.destination}`);
	let elements: GoValue[] = [];
	const functions = new Map(renderer.functions).set(
		collector,
		goFunc("func(any) string", (element: GoValue) => {
			elements.push(element);
			return "";
		}),
	);
	const parsed = (what: string, text: string): GoTemplate => {
		try {
			return parse({ name: "", text, functions });
		} catch (error) {
			throw new DiscoError("TEMPLATE_PARSE", `${name}: ${what}: ${errorMessage(error)}`, { cause: error });
		}
	};
	const executed = (what: string, template: GoTemplate, data: GoValue): string => {
		try {
			return template.execute({ functions, data, missingKey: "error" });
		} catch (error) {
			throw new DiscoError("TEMPLATE_EXECUTE", `${name}: ${what}: ${errorMessage(error)}`, { cause: error });
		}
	};
	const range = parsed("for_each", `{{ range ${pipeline} }}{{ ${collector} . }}{{ end }}`);
	const destination = parsed("destination", config.destination);
	return {
		name,
		text: renderer.text,
		execute: (lookup, pacer) =>
			recorder.render(lookup, async () => {
				elements = [];
				executed("for_each", range, null);
				const files: BundledFile[] = [];
				for (const element of elements) {
					const path = executed("destination", destination, element);
					files.push({ member: 0, destination: path, text: await renderer.render(element, pacer) });
					if (pacer.due()) await pacer.rest();
				}
				checkDestinations(name, config.destination, files);
				return bundleText(files);
			}),
	};
}

/** Names come from the catalog, which others write: none may lead out of the folder, nor two to one file. */
function checkDestinations(name: string, pattern: string, files: readonly BundledFile[]): void {
	const folder = resolve(fixedFolder(pattern));
	const seen = new Set<string>();
	for (const { destination } of files) {
		const path = resolve(normalize(destination));
		const inside = path.startsWith(folder.endsWith(sep) ? folder : folder + sep) && !destination.includes("\0");
		if (!inside || destination.endsWith(sep)) {
			throw new DiscoError(
				"DESTINATION_INVALID",
				`${name}: destination "${destination}" is not a file below ${folder}`,
			);
		}
		if (seen.has(path)) {
			throw new DiscoError("DESTINATION_INVALID", `${name}: two elements have the destination "${destination}"`);
		}
		seen.add(path);
	}
}
