import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * How often files are looked at. Looking is a few system calls, and misses nothing: notices of the kernel are lost when a file changes
 * while the watch is being set up, and never come from network file systems.
 */
const pollMs = 500;

/** Files of the configuration, as they were when this was made: before they are read, or a change in between would be missed. */
export interface ConfigWatch {
	/**
	 * Calls `changed` after files (or files in the folders) were written, added or removed and then stayed as they are for one look
	 * (`auto_reload_config`), until `stop`.
	 */
	start(changed: () => void): void;
	stop(): void;
}

export function watchConfig(paths: readonly string[]): ConfigWatch {
	let known = fingerprint(paths);
	let seen = known;
	let timer: NodeJS.Timeout | undefined;
	return {
		start(changed) {
			timer = setInterval(() => {
				const now = fingerprint(paths);
				// Files are often written in several steps: they are read when nothing moves any more.
				if (now !== known && now === seen) {
					known = now;
					changed();
				}
				seen = now;
			}, pollMs);
			timer.unref();
		},
		stop: () => clearInterval(timer),
	};
}

/** Names, sizes, times and identities of the files; what cannot be read counts as gone. */
function fingerprint(paths: readonly string[]): string {
	return paths.flatMap((path) => filesOf(path).map((file) => `${file} ${stateOf(file)}`)).join("\n");
}

function filesOf(path: string): readonly string[] {
	try {
		return readdirSync(path)
			.sort()
			.map((name) => join(path, name));
	} catch {
		return [path];
	}
}

function stateOf(file: string): string {
	try {
		const { mtimeNs, size, ino } = statSync(file, { bigint: true });
		return `${mtimeNs} ${size} ${ino}`;
	} catch {
		return "gone";
	}
}
