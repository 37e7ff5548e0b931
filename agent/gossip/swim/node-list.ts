import type { Random } from "../../../lib/env/index.ts";
import { type Announcement, makeRoom, type NodeDirectory, withRoom } from "./node-directory.ts";
import { isGone, type NodeStatus, type PoolNode, stateOf, statusOf } from "./pool-node.ts";

/**
 * What one member thinks of the others, by their numbers: about 18 bytes for each, and what only those need who are gone. A state is
 * stored one higher than on the wire, so that 0 is a node that this member does not know.
 */
class Columns {
	announcements: (Announcement | undefined)[] = [];
	incarnations = new Uint32Array();
	states = new Uint8Array();
	goneSinceMs = new Map<number, number>();
}

/** A node in the list, as it is at the moment of asking; not to be kept when the node may be forgotten meanwhile. */
class ListedNode implements PoolNode {
	readonly #columns: Columns;
	readonly #number: number;

	constructor(columns: Columns, number: number) {
		this.#columns = columns;
		this.#number = number;
	}

	get announcement(): Announcement {
		return this.#columns.announcements[this.#number] as Announcement;
	}

	get name(): string {
		return this.announcement.name;
	}

	get incarnation(): number {
		return this.#columns.incarnations[this.#number] as number;
	}

	get status(): NodeStatus {
		return statusOf((this.#columns.states[this.#number] as number) - 1) as NodeStatus;
	}

	get goneSinceMs(): number | undefined {
		return this.#columns.goneSinceMs.get(this.#number);
	}

	setAnnouncement(announcement: Announcement): void {
		this.#columns.announcements[this.#number] = announcement;
	}

	setIncarnation(incarnation: number): void {
		this.#columns.incarnations[this.#number] = incarnation;
	}

	/** `nowMs`: monotonic. */
	setStatus(status: NodeStatus, nowMs: number): void {
		if (status === this.status) return;
		this.#columns.states[this.#number] = 1 + stateOf(status);
		if (isGone({ status })) this.#columns.goneSinceMs.set(this.#number, nowMs);
		else this.#columns.goneSinceMs.delete(this.#number);
	}
}

/** A node whose fields may change: only `Members` does that. */
export type MutableNode = Pick<ListedNode, keyof ListedNode>;

/** All nodes that are known, and the order in which they are probed. */
export class NodeList {
	readonly directory: NodeDirectory;
	readonly #random: Random;
	readonly #columns = new Columns();
	/** Numbers; the first `#size` places are in use. */
	#order = new Uint32Array();
	#size = 0;
	#probeAt = 0;

	constructor(random: Random, directory: NodeDirectory) {
		this.#random = random;
		this.directory = directory;
	}

	/** Dead ones included until they are dropped. */
	get size(): number {
		return this.#size;
	}

	get(name: string): MutableNode | undefined {
		const number = this.directory.numberOf(name);
		return number === undefined || (this.#columns.states[number] ?? 0) === 0 ? undefined : this.#at(number);
	}

	/** In the order in which they are probed. */
	*all(): Generator<PoolNode> {
		for (let at = 0; at < this.#size; at++) yield this.#at(this.#order[at] as number);
	}

	/** Puts a node that is not in the list, dead as yet, at a random place of the probe order (SWIM §4.3: a bounded time until it is probed). */
	add(told: Announcement, nowMs: number): MutableNode {
		const number = this.directory.take(told.name);
		const columns = this.#columns;
		makeRoom(columns.announcements, number);
		columns.incarnations = withRoom(columns.incarnations, number);
		columns.states = withRoom(columns.states, number);
		columns.announcements[number] = this.directory.announcement(number, told);
		columns.incarnations[number] = 0;
		columns.states[number] = 1 + stateOf("dead");
		columns.goneSinceMs.set(number, nowMs);
		this.#order = withRoom(this.#order, this.#size);
		const at = Math.floor(this.#random.next() * (this.#size + 1));
		this.#order[this.#size] = this.#order[at] as number;
		this.#order[at] = number;
		this.#size++;
		return this.#at(number);
	}

	/** What is told of a node in the list, as it is to be kept. */
	announcement(told: Announcement): Announcement {
		return this.directory.announcement(this.directory.numberOf(told.name) ?? -1, told);
	}

	/** The next node to probe; after each round those that `isForgotten` says are dropped and the order is shuffled. */
	nextToProbe(isProbed: (node: PoolNode) => boolean, isForgotten: (node: PoolNode) => boolean): PoolNode | undefined {
		for (let checked = 0; checked <= this.#size; checked++) {
			if (this.#probeAt >= this.#size) {
				this.#forget(isForgotten);
				this.#shuffle();
				this.#probeAt = 0;
			}
			if (this.#size === 0) return undefined;
			const node = this.#at(this.#order[this.#probeAt++] as number);
			if (isProbed(node)) return node;
		}
		return undefined;
	}

	/** Up to `count` different nodes by chance that fit. Gives up after a bounded number of tries, as the peers do. */
	sample(count: number, fits: (node: PoolNode) => boolean): readonly PoolNode[] {
		const chosen: PoolNode[] = [];
		for (let tries = 0; tries < 3 * this.#size && chosen.length < count; tries++) {
			const node = this.#at(this.#order[Math.floor(this.#random.next() * this.#size)] as number);
			if (fits(node) && !chosen.some(({ name }) => name === node.name)) chosen.push(node);
		}
		return chosen;
	}

	/**
	 * Takes over all that another list with the same directory knows, in a probe order of its own; nothing of before is kept. For
	 * simulations that begin with pools that have been there for long.
	 */
	adopt(other: NodeList): void {
		const columns = other.#columns;
		for (let at = 0; at < other.#size; at++) this.directory.takeAgain(other.#order[at] as number);
		for (let at = 0; at < this.#size; at++) this.directory.giveBack(this.#order[at] as number);
		this.#columns.announcements = columns.announcements.slice();
		this.#columns.incarnations = columns.incarnations.slice();
		this.#columns.states = columns.states.slice();
		this.#columns.goneSinceMs = new Map(columns.goneSinceMs);
		this.#order = other.#order.slice();
		this.#size = other.#size;
		this.#shuffle();
	}

	#at(number: number): ListedNode {
		return new ListedNode(this.#columns, number);
	}

	#forget(isForgotten: (node: PoolNode) => boolean): void {
		let kept = 0;
		for (let at = 0; at < this.#size; at++) {
			const number = this.#order[at] as number;
			if (isForgotten(this.#at(number))) {
				this.#columns.announcements[number] = undefined;
				this.#columns.states[number] = 0;
				this.#columns.goneSinceMs.delete(number);
				this.directory.giveBack(number);
			} else this.#order[kept++] = number;
		}
		this.#size = kept;
	}

	/** Fisher-Yates. */
	#shuffle(): void {
		const order = this.#order;
		for (let last = this.#size - 1; last > 0; last--) {
			const chosen = Math.floor(this.#random.next() * (last + 1));
			const kept = order[last] as number;
			order[last] = order[chosen] as number;
			order[chosen] = kept;
		}
	}
}
