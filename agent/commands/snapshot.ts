import { commandGroup } from "./command.ts";

export const snapshot = commandGroup("Saves the whole replicated state, and puts it back.", {
	inspect: {
		summary: "Prints what a snapshot file holds",
		load: async () => (await import("./snapshot/inspect.ts")).snapshotInspect,
	},
	restore: {
		summary: "Replaces the state by a snapshot's",
		load: async () => (await import("./snapshot/restore.ts")).snapshotRestore,
	},
	save: { summary: "Writes a snapshot file", load: async () => (await import("./snapshot/save.ts")).snapshotSave },
});
