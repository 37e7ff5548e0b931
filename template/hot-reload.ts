import { dirname, resolve } from "node:path";
import { watch } from "chokidar";
import { errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import type { TemplateConfig } from "./config/index.ts";
import { isPartial } from "./partials.ts";
import type { Replaceable } from "./replaceable.ts";
import type { Template } from "./runner/index.ts";

/** A file that has not changed for that long is taken to be written completely. */
const calmMs = 150;

/**
 * Reads a template again when its source or one of its partials (for Handlebars: any beside it, too) was written. One that does not parse or is
 * empty is reported and the running one stays, so does one whose file has gone. A text that parses but renders something bad is
 * held back by the template's limits and check.
 */
export function watchSources(
	templates: readonly Replaceable[],
	load: (template: TemplateConfig) => Promise<Template>,
	reloaded: () => void,
	log: Logger,
): { close(): Promise<void> } {
	const paths = templates.flatMap(({ config }) => {
		const source = resolve(config.source ?? "");
		const folders = config.partials.map((glob) => dirname(resolve(glob)));
		return config.engine === "handlebars" ? [source, dirname(source), ...folders] : [source, ...folders];
	});
	const watcher = watch([...new Set(paths)], {
		ignoreInitial: true,
		depth: 0,
		awaitWriteFinish: { stabilityThreshold: calmMs, pollInterval: 30 },
	});

	async function reload(one: Replaceable): Promise<void> {
		const name = one.current().name;
		try {
			const template = await load(one.config);
			if (template.text === one.current().text && one.config.engine === "go") return;
			if (/^(?:\0|$)/.test(template.text)) {
				log.warn(`${name}: is empty; the running text stays`);
				return;
			}
			one.replace(template);
			log.info(`${name}: read again`);
			reloaded();
		} catch (error) {
			log.error(`${errorMessage(error)}; the running text stays`);
		}
	}

	watcher.on("all", (event, path) => {
		if (event !== "add" && event !== "change") return;
		const changed = resolve(path);
		for (const one of templates) {
			const source = resolve(one.config.source ?? "");
			const { engine, partials } = one.config;
			const beside = engine === "handlebars" && changed.endsWith(".hbs") && dirname(changed) === dirname(source);
			const shared = isPartial(
				partials.map((glob) => resolve(glob)),
				changed,
			);
			if (changed === source || beside || shared) void reload(one);
		}
	});
	watcher.on("error", (error) => log.warn(`template files are not watched: ${errorMessage(error)}`));
	return { close: () => watcher.close() };
}
