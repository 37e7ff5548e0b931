import type { RegistryEntry } from "../reconcile.ts";
import type { Backend } from "./backend.ts";

/**
 * Reads from `backend` and writes nothing: what would be written is remembered and listed as if it were, so that the same change
 * is not told again and again.
 */
export function dryBackend(backend: Backend): Backend {
	const written = new Map<string, RegistryEntry | undefined>();
	return {
		name: backend.name,
		ping: () => backend.ping(),
		async register(service) {
			const entry = backend.entryOf(service);
			written.set(entry.key, entry);
		},
		async deregister({ key }) {
			written.set(key, undefined);
		},
		async list() {
			const entries = (await backend.list()).filter(({ key }) => !written.has(key));
			return [...entries, ...[...written.values()].filter((entry) => entry !== undefined)];
		},
		entryOf: (service) => backend.entryOf(service),
		close: () => backend.close(),
	};
}
