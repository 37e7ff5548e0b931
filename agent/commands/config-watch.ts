import { watch } from "chokidar";

/** Files are often written in several steps: this long nothing may move before they are read. */
const calmMs = 250;

/**
 * Calls `changed` after files of the configuration (or files in its folders) were written, added or removed
 * (`auto_reload_config`). The answer ends it.
 */
export function watchConfig(paths: readonly string[], changed: () => void): () => Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const watcher = watch([...paths], { ignoreInitial: true, depth: 0 });
	watcher.on("all", () => {
		clearTimeout(timer);
		timer = setTimeout(changed, calmMs);
	});
	return async () => {
		clearTimeout(timer);
		await watcher.close();
	};
}
