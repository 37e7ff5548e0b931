import type { HaproxyBackendConfig } from "../config/index.ts";
import { assign, type Place } from "./assignment.ts";
import type { Instance } from "./instances.ts";
import { nowhere, type Section, sectionText } from "./section.ts";
import type { RunningServer, Server } from "./server.ts";

/** What one backend should be: the instances of its service in their places. Deterministic; no I/O. */
export interface Backend {
	/**
	 * Takes over what HAProxy has, else what its file has, so that nothing moves when this program starts. `addsServers`: what
	 * HAProxy can; undefined: not known yet.
	 */
	adopt(running: readonly RunningServer[] | undefined, section: Section | undefined, addsServers?: boolean): void;
	/** What HAProxy can is known now, or has changed; true when the backend has changed by that. */
	learn(addsServers: boolean): boolean;
	/** Servers cannot be added here, for this reason; true when the backend has changed by that. */
	refuseAdding(reason: string): boolean;
	/** The service has these instances. */
	update(instances: readonly Instance[]): void;
	/** Undefined until the service's instances are known. */
	servers(): readonly Server[] | undefined;
	/** The lines for the file; undefined until the service's instances are known. */
	text(): string | undefined;
	status(): BackendState;
}

export interface BackendState {
	readonly mode: "dynamic" | "slots";
	/** Why there are slots, though the mode is `auto`. */
	readonly reason: string | undefined;
	/** 0 without slots. */
	readonly slots: number;
	/** Instances for which there is no place. */
	readonly homeless: number;
	/** Servers can be added while HAProxy runs. */
	readonly mayAdd: boolean;
}

/** `owned`: its server lines in HAProxy's file come from here, so slots can be made. */
export function createBackend(config: HaproxyBackendConfig, owned: boolean): Backend {
	let places: readonly Place[] = [];
	let instances: readonly Instance[] | undefined;
	let homeless: readonly Instance[] = [];
	let mode: "dynamic" | "slots" = owned && config.mode !== "slots" ? "dynamic" : "slots";
	let reason: string | undefined = owned ? undefined : "its server lines are not written by disco-template";
	let slots = mode === "slots" && owned ? config.slots : 0;
	let adds: boolean | undefined;
	let refused = false;

	const mayAdd = () => config.mode !== "slots" && !refused && adds !== false;

	function useSlots(why: string | undefined): void {
		mode = "slots";
		reason = why;
		places = places.map((place) => ({ ...place, slot: true }));
		if (owned) slots = Math.max(slots, config.slots, places.length);
	}

	/** Slots that are not there yet. */
	function fill(): void {
		const names = new Set(places.map(({ name }) => name));
		let count = places.filter(({ slot }) => slot).length;
		const added: Place[] = [];
		for (let number = 1; count < slots; number++) {
			const name = `${config.name}${number}`;
			if (names.has(name)) continue;
			added.push({ name, slot: true, ...nowhere });
			count++;
		}
		places = [...places, ...added];
	}

	function settle(): void {
		fill();
		if (instances === undefined) return;
		({ places, homeless } = assign(places, instances, mode === "dynamic" || mayAdd()));
		if (homeless.length === 0 || !owned) return;
		// Twice as many slots at least, so that it does not happen with each new instance: each time HAProxy is reloaded.
		slots = Math.max(slots * 2, slots + homeless.length);
		fill();
		({ places, homeless } = assign(places, instances, false));
	}

	return {
		adopt(running, section, addsServers) {
			adds = addsServers;
			if (section !== undefined && section.slots > 0 && config.mode === "auto") {
				slots = section.slots;
				useSlots("its file has slots");
			} else if (config.mode === "auto" && owned && addsServers === false) useSlots(tooOld);
			if (section !== undefined && section.slots > slots && mode === "slots") slots = section.slots;
			const found = running ?? section?.servers ?? [];
			const slot = mode === "slots";
			const keys = new Map(places.map(({ name, key }) => [name, key]));
			places = found
				.filter(({ state }) => slot || state !== "maint")
				.map(({ name, address, port }) => ({ name, slot, key: keys.get(name), address, port }));
			if (slot && running !== undefined && section !== undefined) {
				const names = new Set(places.map(({ name }) => name));
				const more = section.servers.filter(({ name }) => !names.has(name));
				places = [...places, ...more.map(({ name, address, port }) => ({ name, slot, address, port }))];
			}
			settle();
		},
		learn(addsServers) {
			if (adds === addsServers) return false;
			adds = addsServers;
			if (addsServers || mode === "slots" || config.mode === "dynamic") return false;
			useSlots(tooOld);
			settle();
			return true;
		},
		refuseAdding(why) {
			if (refused || config.mode === "dynamic") return false;
			refused = true;
			useSlots(why);
			settle();
			return true;
		},
		update(now) {
			instances = now;
			settle();
		},
		servers: () => (instances === undefined ? undefined : serversOf(places, instances)),
		text() {
			if (instances === undefined) return undefined;
			const servers = serversOf(places, instances);
			return sectionText({ backend: config.name, slots, options: config.serverLine, servers });
		},
		status: () => ({ mode, reason, slots, homeless: homeless.length, mayAdd: mayAdd() }),
	};
}

const tooOld = "this version of HAProxy cannot add servers while it runs";

function serversOf(places: readonly Place[], instances: readonly Instance[]): readonly Server[] {
	const byKey = new Map(instances.map((instance) => [instance.key, instance]));
	const inOrder = [...places].sort((a, b) => order.compare(a.name, b.name) || (a.name < b.name ? -1 : 1));
	return inOrder.map(({ name, key, address, port }) => {
		const instance = key === undefined ? undefined : byKey.get(key);
		if (instance === undefined) return { name, address, port, weight: 1, state: "maint" };
		return { name, address, port, weight: instance.weight, state: instance.draining ? "drain" : "ready" };
	});
}

/** `api2` before `api10`. */
const order = new Intl.Collator("en", { numeric: true });
