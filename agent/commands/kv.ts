import { commandGroup } from "./command.ts";

export const kv = commandGroup("Reads and writes the key-value store.", {
	cp: { summary: "Copies a key, or everything below a prefix", load: async () => (await import("./kv-cp.ts")).kvCp },
	delete: {
		summary: "Removes a key, or everything below a prefix",
		load: async () => (await import("./kv-delete.ts")).kvDelete,
	},
	diff: { summary: "Compares two prefixes", load: async () => (await import("./kv-diff.ts")).kvDiff },
	export: { summary: "Prints keys and values as JSON", load: async () => (await import("./kv-export.ts")).kvExport },
	get: { summary: "Prints values", load: async () => (await import("./kv-get.ts")).kvGet },
	import: { summary: "Writes what export printed", load: async () => (await import("./kv-import.ts")).kvImport },
	log: { summary: "Prints what a key was before", load: async () => (await import("./kv-log.ts")).kvLog },
	mv: { summary: "Renames a key, or everything below a prefix", load: async () => (await import("./kv-cp.ts")).kvMv },
	put: { summary: "Writes a value", load: async () => (await import("./kv-put.ts")).kvPut },
	rollback: {
		summary: "Gives a key an earlier value back",
		load: async () => (await import("./kv-rollback.ts")).kvRollback,
	},
});
