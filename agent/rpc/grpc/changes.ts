import { isDeepStrictEqual } from "node:util";
import type { InstanceRecord } from "../../state/index.ts";
import { deregistered, registered } from "./health-updates.ts";
import { encodeBatch, encodeEvent } from "./messages.ts";

/** A part of a snapshot is ended when it is so long: a few hundred instances, encoded within milliseconds. Clients take 4 MiB. */
const partBytesMax = 64 * 1024;
/** A change longer than this is told as a new snapshot, which can be sent in parts. */
const changeBytesMax = 128 * 1024;

type Instances = readonly InstanceRecord[];

/** A list as events, encoded as far as it was asked for. */
class EncodedSnapshot {
	readonly index: number;
	readonly #list: Instances;
	readonly #parts: Uint8Array[] = [];
	#at = 0;

	constructor(list: Instances, index: number) {
		this.#list = list;
		this.index = index;
	}

	/** Undefined behind the last one. */
	part(number: number): Uint8Array | undefined {
		while (this.#parts.length <= number && this.#at < this.#list.length) {
			const batch = new Batch(this.index);
			while (this.#at < this.#list.length && batch.bytes < partBytesMax) {
				const instance = this.#list[this.#at++];
				if (instance !== undefined) batch.add(registered(instance));
			}
			this.#parts.push(batch.finish());
		}
		return this.#parts[number];
	}
}

class Batch {
	readonly #index: number;
	readonly #events: Uint8Array[] = [];
	bytes = 0;

	constructor(index: number) {
		this.#index = index;
	}

	add(ServiceHealth: Readonly<Record<string, unknown>>): void {
		const event = encodeEvent({ Index: this.#index, ServiceHealth });
		this.#events.push(event);
		this.bytes += event.length;
	}

	finish(): Uint8Array {
		return encodeBatch(this.#index, this.#events);
	}
}

/** From one list to the one after it; `event` undefined: nothing that subscribers see. */
interface Change {
	/** Not held: who follows slowly would hold every list since. */
	readonly to: WeakRef<object>;
	readonly index: number;
	readonly event: Uint8Array | "large" | undefined;
}

/** Events by the lists that they are made of, which all subscribers of a service share. */
export class HealthEvents {
	readonly #snapshots = new WeakMap<object, EncodedSnapshot>();
	readonly #changes = new WeakMap<object, Change>();

	/** Part by part; undefined behind the last one. */
	snapshotPart(list: Instances, index: number, number: number): Uint8Array | undefined {
		const known = this.#snapshots.get(list);
		const snapshot = known?.index === index ? known : new EncodedSnapshot(list, index);
		if (snapshot !== known) this.#snapshots.set(list, snapshot);
		return snapshot.part(number);
	}

	/**
	 * One event that leads from the first list to the second, undefined when they hold the same, `large` when a new snapshot is
	 * better: an event is taken as a whole.
	 */
	change(from: Instances, to: Instances, index: number): Uint8Array | "large" | undefined {
		if (from === to) return undefined;
		const known = this.#changes.get(from);
		if (known?.to.deref() === to && known.index === index) return known.event;
		const event = changeOf(from, to, index);
		this.#changes.set(from, { to: new WeakRef(to), index, event });
		return event;
	}
}

function changeOf(from: Instances, to: Instances, index: number): Uint8Array | "large" | undefined {
	const before = new Map(from.map((instance) => [keyOf(instance), instance]));
	const batch = new Batch(index);
	for (const instance of to) {
		const key = keyOf(instance);
		const old = before.get(key);
		before.delete(key);
		if (old !== undefined && isSame(old, instance)) continue;
		if (batch.bytes >= changeBytesMax) return "large";
		batch.add(registered(instance));
	}
	for (const gone of before.values()) {
		if (batch.bytes >= changeBytesMax) return "large";
		batch.add(deregistered(gone));
	}
	return batch.bytes === 0 ? undefined : batch.finish();
}

function keyOf({ node, service }: InstanceRecord): string {
	return `${node.node.length} ${node.node}${service.id}`;
}

/** Records of the state that did not change are the same objects; those from another datacenter are not. */
function isSame(one: InstanceRecord, other: InstanceRecord): boolean {
	return (
		isSameRecord(one.node, other.node) &&
		isSameRecord(one.service, other.service) &&
		one.checks.length === other.checks.length &&
		one.checks.every((check, i) => isSameRecord(check, other.checks[i]))
	);
}

function isSameRecord(one: object, other: object | undefined): boolean {
	return one === other || isDeepStrictEqual(one, other);
}
