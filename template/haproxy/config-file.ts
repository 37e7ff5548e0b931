import { readFile, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { writeFileAtomic } from "../../lib/node/index.ts";
import { textOfBytes } from "../gotmpl/index.ts";
import { hasSections, structureOf } from "./section.ts";

/**
 * Knows which structure of each file HAProxy has loaded, so that it is reloaded when that changes and not when servers come and go.
 *
 * Between the swap of a file with another structure and the end of the command that loads it there is a mark beside the file
 * (`.NAME.reload`): a program killed between the two leaves it, and the next one runs the command.
 */
export interface ConfigFiles {
	/**
	 * To be called before the file is written: how its structure is to what HAProxy has loaded; `foreign` is a file without server
	 * lines of ours. `marks`: a command follows.
	 */
	compare(destination: string, text: string, marks: boolean): Promise<"foreign" | "same" | "other">;
	/** The command for these files has succeeded; with `former` it was after they had been put back. */
	loaded(destinations: readonly string[], former?: boolean): Promise<void>;
}

export function createConfigFiles(): ConfigFiles {
	const known = new Map<string, { loaded: string | undefined; written: string | undefined }>();

	async function stateOf(destination: string) {
		const before = known.get(destination);
		if (before !== undefined) return before;
		const marked = await readFile(markOf(destination)).then(
			() => true,
			() => false,
		);
		const text = marked ? undefined : await readFile(destination).then(textOfBytes, () => undefined);
		const state = { loaded: text === undefined ? undefined : structureOf(text), written: undefined };
		known.set(destination, state);
		return state;
	}

	return {
		async compare(destination, text, marks) {
			if (!hasSections(text)) return "foreign";
			const state: { loaded: string | undefined; written: string | undefined } = await stateOf(destination);
			const structure = structureOf(text);
			if (structure === state.loaded) return "same";
			state.written = structure;
			if (marks) await writeFileAtomic(markOf(destination), "", { mode: 0o600 });
			return "other";
		},
		async loaded(destinations, former = false) {
			for (const destination of destinations) {
				const state = known.get(destination);
				if (state?.written === undefined) continue;
				if (!former) state.loaded = state.written;
				state.written = undefined;
				// After a crash it may be back: then HAProxy is reloaded once more than needed.
				await unlink(markOf(destination)).catch(() => undefined);
			}
		},
	};
}

function markOf(destination: string): string {
	return join(dirname(destination), `.${basename(destination)}.reload`);
}
