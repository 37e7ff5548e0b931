import type { Address } from "../../../lib/env/index.ts";
import { sameBytes } from "../wire/same-bytes.ts";

/** What a node says of itself. Never changed: what it says next is another object. */
export interface Announcement {
	readonly name: string;
	readonly address: Address;
	/** The address's host as it stands on the wire: 4 or 16 bytes. */
	readonly hostBytes: Uint8Array;
	readonly meta: Uint8Array;
	/** Protocol lowest, highest, current; the same of the layer above. memberlist.md, section 4. */
	readonly versions: Uint8Array;
}

interface Entry {
	readonly name: string;
	/** The newest; what was said before lives as long as somebody still holds it. */
	announcement: Announcement | undefined;
	users: number;
}

/**
 * What there is once, however many look at it: a small number for each node's name, so that what a member keeps of the others is
 * a place in an array, and the nodes' announcements. A pool's tables share one; so may many members in one process.
 */
export class NodeDirectory {
	readonly #numbers = new Map<string, number>();
	readonly #entries: (Entry | undefined)[] = [];
	readonly #free: number[] = [];
	/** Nearly always those of all nodes. */
	#versions = new Uint8Array();

	numberOf(name: string): number | undefined {
		return this.#numbers.get(name);
	}

	/** The name's number, which is its own until it was given back as often as it was taken. */
	take(name: string): number {
		const known = this.#numbers.get(name);
		const number = known ?? this.#free.pop() ?? this.#entries.length;
		const entry = this.#entries[number] ?? { name, announcement: undefined, users: 0 };
		entry.users++;
		this.#entries[number] = entry;
		if (known === undefined) this.#numbers.set(name, number);
		return number;
	}

	/** As `take` of a name that somebody has taken. */
	takeAgain(number: number): void {
		const entry = this.#entries[number];
		if (entry !== undefined) entry.users++;
	}

	giveBack(number: number): void {
		const entry = this.#entries[number];
		if (entry === undefined || --entry.users > 0) return;
		this.#entries[number] = undefined;
		this.#numbers.delete(entry.name);
		this.#free.push(number);
	}

	/** The announcement with this content: the same object for all who hear it. The bytes are copied when they are kept. */
	announcement(number: number, told: Announcement): Announcement {
		const entry = this.#entries[number];
		const known = entry?.announcement;
		if (known !== undefined && isSame(known, told)) return known;
		if (!sameBytes(this.#versions, told.versions)) this.#versions = told.versions.slice();
		const { name, address, hostBytes, meta } = told;
		const kept = { name, address, hostBytes: hostBytes.slice(), meta: meta.slice(), versions: this.#versions };
		if (entry !== undefined) entry.announcement = kept;
		return kept;
	}
}

function isSame(a: Announcement, b: Announcement): boolean {
	return (
		a.address.port === b.address.port &&
		sameBytes(a.hostBytes, b.hostBytes) &&
		sameBytes(a.meta, b.meta) &&
		sameBytes(a.versions, b.versions)
	);
}

type Column = Uint8Array | Uint32Array | Float64Array;

/** A column with a place for `number`: itself, or a longer copy. */
export function withRoom<T extends Column>(column: T, number: number): T {
	if (number < column.length) return column;
	const longer = new (column.constructor as new (length: number) => T)(lengthFor(number));
	longer.set(column);
	return longer;
}

/** As `withRoom`, of objects; in place. */
export function makeRoom<T>(column: (T | undefined)[], number: number): void {
	if (number < column.length) return;
	const length = lengthFor(number);
	while (column.length < length) column.push(undefined);
}

/** A quarter more than needed: to grow by one at a time takes linear time. */
function lengthFor(number: number): number {
	return Math.ceil((number + 1) * 1.25) + 7;
}
