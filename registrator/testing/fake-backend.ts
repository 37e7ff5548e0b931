import { DiscoError } from "../../lib/errors.ts";
import type { Backend } from "../backends/backend.ts";
import type { RegistryEntry } from "../reconcile.ts";
import { entryOf } from "./registrations.ts";

/** A registry in memory that can be away, refuse, or hang. */
interface FakeBackend extends Backend {
	readonly entries: Map<string, RegistryEntry>;
	/** `hanging`: writes never end. */
	mode: "up" | "away" | "refusing" | "hanging";
	/** `+id@port`, `-id`, and for conditions `id drains`, `id drains no more`, `id passing`. */
	readonly writes: readonly string[];
	/** Ids in maintenance by draining. */
	readonly drained: Set<string>;
}

export function fakeBackend(): FakeBackend {
	const entries = new Map<string, RegistryEntry>();
	const writes: string[] = [];
	const drained = new Set<string>();
	const reachable = () => {
		if (backend.mode === "away")
			throw new DiscoError("AGENT_UNREACHABLE", "cannot reach the agent", { retryable: true });
	};
	const write = async (text: string, change: () => void) => {
		writes.push(text);
		reachable();
		if (backend.mode === "hanging") await new Promise(() => {});
		if (backend.mode === "refusing") throw new DiscoError("HTTP_STATUS", "400");
		change();
	};
	const backend: FakeBackend = {
		name: "the fake registry",
		entries,
		mode: "up",
		writes,
		drained,
		ping: async () => reachable(),
		register: (service) => write(`+${service.id}@${service.port}`, () => entries.set(service.id, entryOf(service))),
		deregister: (entry) =>
			write(`-${entry.id}`, () => {
				entries.delete(entry.key);
				drained.delete(entry.key);
			}),
		async list() {
			reachable();
			return [...entries.values()];
		},
		conditions: {
			async write({ id, key }, { drain, health }) {
				if (drain === "ended") await write(`${id} drains no more`, () => drained.delete(key));
				else if (drain !== undefined) await write(`${id} drains`, () => drained.add(key));
				if (health !== undefined) await write(`${id} ${health.status}`, () => {});
			},
			async draining() {
				reachable();
				return drained;
			},
		},
		entryOf,
		close() {},
	};
	return backend;
}
