import { tryParseDurationMs } from "../../../lib/duration.ts";
import type { Clock } from "../../../lib/env/index.ts";
import { type Announcement, makeRoom, type NodeDirectory, withRoom } from "../swim/node-directory.ts";
import { decodeTags, type JoinIntent, type LeaveIntent } from "../wire/serf-messages.ts";
import type { LamportClock } from "./lamport-clock.ts";
import type { Member, MemberStatus, SerfEvent } from "./member.ts";
import type { SerfSettings } from "./settings.ts";

interface Intent {
	readonly kind: "join" | "leave";
	readonly time: number;
	readonly heardMs: number;
}

/** Intents about nodes that nobody knows, at most. */
const intentsMax = 16_384;

/** As they are numbered in a table, whose 0 is a node that it does not know. */
const statuses: readonly (MemberStatus | undefined)[] = [undefined, "alive", "leaving", "left", "failed"];

/**
 * Members with their status, from what memberlist says and what they themselves announced. serf.md, section 4. What is kept for each is
 * in columns by the nodes' numbers, about 17 bytes; `Member`s are made when somebody asks and do not change.
 */
export class MemberTable {
	readonly #directory: NodeDirectory;
	#announcements: (Announcement | undefined)[] = [];
	#statuses = new Uint8Array();
	#statusTimes = new Float64Array();
	readonly #goneSinceMs = new Map<number, number>();
	readonly #intents = new Map<string, Intent>();
	readonly #self: string;
	readonly #clock: Clock;
	readonly #lamport: LamportClock;
	readonly #settings: SerfSettings;
	readonly #emit: (event: SerfEvent) => void;
	/** Somebody says that we left, and we did not. */
	readonly #refuteLeave: () => void;

	constructor(parts: {
		readonly self: string;
		readonly directory: NodeDirectory;
		readonly clock: Clock;
		readonly lamport: LamportClock;
		readonly settings: SerfSettings;
		readonly emit: (event: SerfEvent) => void;
		readonly refuteLeave: () => void;
	}) {
		this.#self = parts.self;
		this.#directory = parts.directory;
		this.#clock = parts.clock;
		this.#lamport = parts.lamport;
		this.#settings = parts.settings;
		this.#emit = parts.emit;
		this.#refuteLeave = parts.refuteLeave;
	}

	get(name: string): Member | undefined {
		const number = this.#numberOf(name);
		return number === undefined ? undefined : this.#member(number);
	}

	statusOf(name: string): MemberStatus | undefined {
		return statuses[this.#statuses[this.#directory.numberOf(name) ?? -1] ?? 0];
	}

	all(): readonly Member[] {
		return this.#numbers().map((number) => this.#member(number));
	}

	count(status: MemberStatus): number {
		const wanted = statuses.indexOf(status);
		let count = 0;
		for (const one of this.#statuses) if (one === wanted) count++;
		return count;
	}

	/** Name and Lamport time of each. */
	statusTimes(): ReadonlyMap<string, number> {
		return new Map(this.#numbers().map((number) => [this.#nameOf(number), this.#statusTimes[number] as number]));
	}

	/** Names of those with that status. */
	withStatus(status: MemberStatus): readonly string[] {
		return this.#numbers()
			.filter((number) => this.#statusAt(number) === status)
			.map((number) => this.#nameOf(number));
	}

	/** As `NodeList.adopt`. */
	adopt(other: MemberTable): void {
		for (const number of other.#numbers()) this.#directory.takeAgain(number);
		for (const number of this.#numbers()) this.#directory.giveBack(number);
		this.#announcements = other.#announcements.slice();
		this.#statuses = other.#statuses.slice();
		this.#statusTimes = other.#statusTimes.slice();
		this.#goneSinceMs.clear();
		for (const [number, sinceMs] of other.#goneSinceMs) this.#goneSinceMs.set(number, sinceMs);
	}

	/** Whether it is news, to be passed on. */
	joinIntent({ LTime, Node }: JoinIntent): boolean {
		this.#lamport.witness(LTime);
		const number = this.#numberOf(Node);
		if (number === undefined) return this.#remember(Node, "join", LTime);
		if (LTime <= (this.#statusTimes[number] as number)) return false;
		this.#statusTimes[number] = LTime;
		if (this.#statusAt(number) === "leaving") this.#setStatus(number, "alive");
		return true;
	}

	/** As `joinIntent`. `isLeaving`: we ourselves leave, so that is true of us. */
	leaveIntent({ LTime, Node, Prune }: LeaveIntent, isLeaving: boolean): boolean {
		this.#lamport.witness(LTime);
		const number = this.#numberOf(Node);
		if (number === undefined) return this.#remember(Node, "leave", LTime);
		if (LTime <= (this.#statusTimes[number] as number)) return false;
		if (Node === this.#self && !isLeaving) {
			this.#refuteLeave();
			return false;
		}
		this.#statusTimes[number] = LTime;
		const status = this.#statusAt(number);
		if (status === "alive") this.#setStatus(number, "leaving");
		else if (status === "failed") {
			this.#setStatus(number, "left");
			this.#emit({ kind: "leave", member: this.#member(number) });
		}
		if (Prune) this.#prune(number);
		return true;
	}

	onJoin(announcement: Announcement): void {
		const { name } = announcement;
		const known = this.#numberOf(name);
		const number = known ?? this.#directory.take(name);
		if (known === undefined) {
			const intent = this.#intents.get(name);
			this.#intents.delete(name);
			makeRoom(this.#announcements, number);
			this.#statuses = withRoom(this.#statuses, number);
			this.#statusTimes = withRoom(this.#statusTimes, number);
			this.#statusTimes[number] = intent?.time ?? 0;
			this.#setStatus(number, intent?.kind === "leave" ? "leaving" : "alive");
		} else this.#setStatus(number, "alive");
		this.#announcements[number] = announcement;
		this.#goneSinceMs.delete(number);
		this.#emit({ kind: "join", member: this.#member(number) });
	}

	onLeave(name: string): void {
		const number = this.#numberOf(name);
		if (number === undefined) return;
		const status = this.#statusAt(number);
		if (status !== "alive" && status !== "leaving") return;
		const isLeave = status === "leaving";
		this.#setStatus(number, isLeave ? "left" : "failed");
		this.#goneSinceMs.set(number, this.#clock.monotonicMs());
		this.#emit({ kind: isLeave ? "leave" : "failed", member: this.#member(number) });
	}

	onUpdate(announcement: Announcement): void {
		const number = this.#numberOf(announcement.name);
		if (number === undefined) return;
		this.#announcements[number] = announcement;
		this.#emit({ kind: "update", member: this.#member(number) });
	}

	/** Forgets whom nobody waits for any more. */
	reap(): void {
		const nowMs = this.#clock.monotonicMs();
		for (const [number, goneSinceMs] of [...this.#goneSinceMs]) {
			const { status, tags } = this.#member(number);
			const keptMs =
				status === "left"
					? this.#settings.tombstoneTimeoutMs
					: // Consul's members say themselves how long they are waited for.
						(tryParseDurationMs(tags.get("rc_tm") ?? "") ?? this.#settings.reconnectTimeoutMs);
			if (nowMs - goneSinceMs > keptMs) this.#erase(number);
		}
		for (const [name, intent] of this.#intents)
			if (nowMs - intent.heardMs > this.#settings.recentIntentTimeoutMs) this.#intents.delete(name);
	}

	#prune(number: number): void {
		const { broadcastTimeoutMs, leavePropagateDelayMs } = this.#settings;
		if (this.#statusAt(number) !== "leaving") {
			this.#erase(number);
			return;
		}
		const name = this.#nameOf(number);
		this.#clock.after(broadcastTimeoutMs + leavePropagateDelayMs, () => {
			const later = this.#numberOf(name);
			if (later !== undefined && this.#statusAt(later) !== "alive") this.#erase(later);
		});
	}

	#erase(number: number): void {
		const member = this.#member(number);
		this.#statuses[number] = 0;
		this.#announcements[number] = undefined;
		this.#goneSinceMs.delete(number);
		this.#directory.giveBack(number);
		this.#emit({ kind: "reap", member });
	}

	#member(number: number): Member {
		const { name, address, meta, versions } = this.#announcements[number] as Announcement;
		return {
			name,
			address,
			tags: tagsOf(meta),
			status: this.#statusAt(number),
			statusTime: this.#statusTimes[number] as number,
			versions,
			goneSinceMs: this.#goneSinceMs.get(number),
		};
	}

	/** Undefined for a node that is no member here. */
	#numberOf(name: string): number | undefined {
		const number = this.#directory.numberOf(name);
		return number === undefined || (this.#statuses[number] ?? 0) === 0 ? undefined : number;
	}

	#numbers(): readonly number[] {
		const numbers: number[] = [];
		for (let number = 0; number < this.#statuses.length; number++)
			if (this.#statuses[number] !== 0) numbers.push(number);
		return numbers;
	}

	#nameOf(number: number): string {
		return (this.#announcements[number] as Announcement).name;
	}

	#statusAt(number: number): MemberStatus {
		return statuses[this.#statuses[number] as number] as MemberStatus;
	}

	#setStatus(number: number, status: MemberStatus): void {
		this.#statuses[number] = statuses.indexOf(status);
	}

	#remember(name: string, kind: Intent["kind"], time: number): boolean {
		const known = this.#intents.get(name);
		if (known !== undefined && time <= known.time) return false;
		if (known === undefined && this.#intents.size >= intentsMax) return false;
		this.#intents.set(name, { kind, time, heardMs: this.#clock.monotonicMs() });
		return true;
	}
}

/** Decoded once for all who know the same announcement. */
const tagsOfMeta = new WeakMap<Uint8Array, ReadonlyMap<string, string>>();

function tagsOf(meta: Uint8Array): ReadonlyMap<string, string> {
	const known = tagsOfMeta.get(meta);
	if (known !== undefined) return known;
	const tags = decodeTags(meta);
	tagsOfMeta.set(meta, tags);
	return tags;
}
