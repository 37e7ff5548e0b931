import type { Instance } from "./instances.ts";

/** A server name of a backend, and whose it is. */
export interface Place {
	readonly name: string;
	/** A slot: it stays when its instance goes. */
	readonly slot: boolean;
	/** `Instance.key`; undefined: free, or found in HAProxy or its file and not yet known whose it is. */
	readonly key?: string | undefined;
	/** Where it leads or led. */
	readonly address: string;
	readonly port: number;
}

export interface Assignment {
	/** Slots first that have been free longest. */
	readonly places: readonly Place[];
	/** Instances for which there is no place. */
	readonly homeless: readonly Instance[];
}

/**
 * Gives every instance a place: the one it has, else the one that leads to its address or bears its name already (after a start),
 * else the slot that has been free longest, else a new one if `canAdd`. An instance never changes its place while it lives.
 */
export function assign(before: readonly Place[], instances: readonly Instance[], canAdd: boolean): Assignment {
	const open = new Map(instances.map((instance) => [instance.key, instance]));
	const placeOf = new Map<string, Place>();
	const taken = new Set<string>();
	const settle = (instance: Instance | undefined, place: Place | undefined) => {
		if (instance === undefined || place === undefined) return;
		open.delete(instance.key);
		taken.add(place.name);
		placeOf.set(instance.key, place);
	};
	for (const place of before) if (place.key !== undefined) settle(open.get(place.key), place);
	const found = before.filter(({ key, name }) => key === undefined && !taken.has(name));
	for (const keyOf of [endpointOf, labelOf]) {
		const byKey = new Map(found.map((place) => [keyOf(place), place]));
		for (const instance of [...open.values()]) {
			const place = byKey.get(keyOf(instance));
			if (place !== undefined && !taken.has(place.name)) settle(instance, place);
		}
	}
	const free = before.filter(({ name, slot }) => slot && !taken.has(name)).values();
	const names = new Set(before.map(({ name }) => name));
	const homeless: Instance[] = [];
	for (const instance of open.values()) {
		const slot = free.next().value;
		if (slot !== undefined) settle(instance, slot);
		else if (canAdd) {
			const name = freshName(instance.label, names);
			names.add(name);
			settle(instance, { name, slot: false, address: instance.address, port: instance.port });
		} else homeless.push(instance);
	}
	const ownerOf = new Map([...placeOf].map(([key, { name }]) => [name, key]));
	const instanceOf = new Map(instances.map((instance) => [instance.key, instance]));
	const stays = (place: Place): Place[] => {
		const instance = instanceOf.get(ownerOf.get(place.name) ?? "");
		if (instance === undefined) return [];
		return [{ ...place, key: instance.key, address: instance.address, port: instance.port }];
	};
	const all = [...before, ...[...placeOf.values()].filter((place) => !before.includes(place))];
	const places = [
		...all.filter(({ name, slot, key }) => slot && key === undefined && !taken.has(name)),
		// Just became free: taken again last.
		...all
			.filter(({ name, slot, key }) => slot && key !== undefined && !taken.has(name))
			.map(({ key: _, ...place }) => place),
		...all.flatMap(stays),
	];
	return { places, homeless };
}

const endpointOf = ({ address, port }: Place | Instance) => `${address} ${port}`;
const labelOf = (one: Place | Instance) => ("label" in one ? one.label : one.name);

function freshName(label: string, names: ReadonlySet<string>): string {
	if (!names.has(label)) return label;
	for (let number = 2; ; number++) if (!names.has(`${label}_${number}`)) return `${label}_${number}`;
}
