import { tryParseDurationMs } from "../../../lib/duration.ts";
import type { Clock } from "../../../lib/env/index.ts";
import type { PoolNode } from "../swim/pool-node.ts";
import { decodeTags, type JoinIntent, type LeaveIntent } from "../wire/serf-messages.ts";
import type { LamportClock } from "./lamport-clock.ts";
import type { Member, MemberStatus, SerfEvent } from "./member.ts";
import type { SerfSettings } from "./settings.ts";

type MutableMember = { -readonly [Field in keyof Member]: Member[Field] };

interface Intent {
	readonly kind: "join" | "leave";
	readonly time: number;
	readonly heardMs: number;
}

/** Intents about nodes that nobody knows, at most. */
const intentsMax = 16_384;

/** Members with their status, from what memberlist says and what they themselves announced. serf.md, section 4. */
export class MemberTable {
	readonly #members = new Map<string, MutableMember>();
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
		readonly clock: Clock;
		readonly lamport: LamportClock;
		readonly settings: SerfSettings;
		readonly emit: (event: SerfEvent) => void;
		readonly refuteLeave: () => void;
	}) {
		this.#self = parts.self;
		this.#clock = parts.clock;
		this.#lamport = parts.lamport;
		this.#settings = parts.settings;
		this.#emit = parts.emit;
		this.#refuteLeave = parts.refuteLeave;
	}

	get(name: string): Member | undefined {
		return this.#members.get(name);
	}

	all(): readonly Member[] {
		return [...this.#members.values()];
	}

	count(status: MemberStatus): number {
		let count = 0;
		for (const member of this.#members.values()) if (member.status === status) count++;
		return count;
	}

	/** Whether it is news, to be passed on. */
	joinIntent({ LTime, Node }: JoinIntent): boolean {
		this.#lamport.witness(LTime);
		const member = this.#members.get(Node);
		if (member === undefined) return this.#remember(Node, "join", LTime);
		if (LTime <= member.statusTime) return false;
		member.statusTime = LTime;
		if (member.status === "leaving") member.status = "alive";
		return true;
	}

	/** As `joinIntent`. `isLeaving`: we ourselves leave, so that is true of us. */
	leaveIntent({ LTime, Node, Prune }: LeaveIntent, isLeaving: boolean): boolean {
		this.#lamport.witness(LTime);
		const member = this.#members.get(Node);
		if (member === undefined) return this.#remember(Node, "leave", LTime);
		if (LTime <= member.statusTime) return false;
		if (Node === this.#self && !isLeaving) {
			this.#refuteLeave();
			return false;
		}
		member.statusTime = LTime;
		if (member.status === "alive") member.status = "leaving";
		else if (member.status === "failed") {
			member.status = "left";
			this.#emit({ kind: "leave", member });
		}
		if (Prune) this.#prune(member);
		return true;
	}

	onJoin(node: PoolNode): void {
		const known = this.#members.get(node.name);
		const fields = {
			address: node.address,
			tags: decodeTags(node.meta),
			versions: node.versions,
			goneSinceMs: undefined,
		};
		if (known !== undefined) {
			const member = Object.assign(known, fields, { status: "alive" as const });
			this.#emit({ kind: "join", member });
			return;
		}
		const intent = this.#intents.get(node.name);
		this.#intents.delete(node.name);
		const status = intent?.kind === "leave" ? "leaving" : "alive";
		const member: MutableMember = { name: node.name, ...fields, status, statusTime: intent?.time ?? 0 };
		this.#members.set(node.name, member);
		this.#emit({ kind: "join", member });
	}

	onLeave(node: PoolNode): void {
		const member = this.#members.get(node.name);
		if (member === undefined || (member.status !== "alive" && member.status !== "leaving")) return;
		member.status = member.status === "leaving" ? "left" : "failed";
		member.goneSinceMs = this.#clock.monotonicMs();
		this.#emit({ kind: member.status === "left" ? "leave" : "failed", member });
	}

	onUpdate(node: PoolNode): void {
		const member = this.#members.get(node.name);
		if (member === undefined) return;
		member.address = node.address;
		member.tags = decodeTags(node.meta);
		member.versions = node.versions;
		this.#emit({ kind: "update", member });
	}

	/** Forgets whom nobody waits for any more. */
	reap(): void {
		const nowMs = this.#clock.monotonicMs();
		for (const member of [...this.#members.values()]) {
			if (member.goneSinceMs === undefined) continue;
			const keptMs =
				member.status === "left"
					? this.#settings.tombstoneTimeoutMs
					: // Consul's members say themselves how long they are waited for.
						(tryParseDurationMs(member.tags.get("rc_tm") ?? "") ?? this.#settings.reconnectTimeoutMs);
			if (nowMs - member.goneSinceMs > keptMs) this.#erase(member);
		}
		for (const [name, intent] of this.#intents)
			if (nowMs - intent.heardMs > this.#settings.recentIntentTimeoutMs) this.#intents.delete(name);
	}

	#prune(member: Member): void {
		const { broadcastTimeoutMs, leavePropagateDelayMs } = this.#settings;
		if (member.status !== "leaving") this.#erase(member);
		else
			this.#clock.after(broadcastTimeoutMs + leavePropagateDelayMs, () => {
				if (this.#members.get(member.name) === member && member.status !== "alive") this.#erase(member);
			});
	}

	#erase(member: Member): void {
		this.#members.delete(member.name);
		this.#emit({ kind: "reap", member });
	}

	#remember(name: string, kind: Intent["kind"], time: number): boolean {
		const known = this.#intents.get(name);
		if (known !== undefined && time <= known.time) return false;
		if (known === undefined && this.#intents.size >= intentsMax) return false;
		this.#intents.set(name, { kind, time, heardMs: this.#clock.monotonicMs() });
		return true;
	}
}
