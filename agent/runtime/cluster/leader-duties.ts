import type { Clock, Timer } from "../../../lib/env/index.ts";
import { errorMessage } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";
import type { AgentMemberRecord } from "../../local/index.ts";
import type { Leadership } from "../../rpc/index.ts";
import type { CatalogMembers } from "./catalog-members.ts";

/** How often the servers are looked at, dead ones are taken out, and everything is compared with the catalog. */
const lookMs = 2_000;
const cleanUpMs = 10_000;
const compareMs = 60_000;

/** What only a server among others has to do as the leader. */
export interface RaftDuties {
	/** It leads now, or no more. */
	led(leads: boolean): void;
	/** Once at the beginning. Fails as writes do, and is tried again. */
	begin(): Promise<void>;
	/** Looks at the servers; takes in and out who came and left. */
	look(): Promise<void>;
	/** Takes out who failed. `knowsPool`: whom gossip does not show is not there. */
	cleanUp(knowsPool: boolean): Promise<void>;
}

/** The leader's work beside answering: what gossip knows of the members becomes what the datacenter knows. */
export interface LeaderDuties {
	/** The pool tells that a member has changed, or is forgotten. */
	changed(member: AgentMemberRecord): void;
	/** Resolves when this server first leads and the catalog says what the pool does. */
	readonly begun: Promise<void>;
	close(): void;
}

export function leaderDuties(parts: {
	readonly leadership: Leadership;
	readonly members: () => readonly AgentMemberRecord[];
	/** Whose health in the catalog is the leader's to keep. */
	readonly keeps: (member: AgentMemberRecord) => boolean;
	readonly catalog: CatalogMembers;
	readonly raft?: RaftDuties;
	readonly clock: Clock;
	readonly logger: Logger;
}): LeaderDuties {
	const { leadership, members, keeps, catalog, raft, clock, logger } = parts;
	const changed = new Map<string, AgentMemberRecord>();
	let timer: Timer | undefined;
	let running = false;
	let closed = false;
	let begun = false;
	let sinceMs = 0;
	let cleanedUpMs = 0;
	let comparedMs = 0;
	let markBegun: () => void = () => {};
	const firstBegun = new Promise<void>((resolve) => {
		markBegun = resolve;
	});

	function start(leads: boolean): void {
		begun = false;
		changed.clear();
		raft?.led(leads);
		if (!leads || closed) return;
		sinceMs = clock.monotonicMs();
		cleanedUpMs = sinceMs;
		comparedMs = sinceMs;
		soon(0);
	}

	function soon(delayMs: number): void {
		timer?.cancel();
		timer = clock.after(delayMs, () => void run());
	}

	async function run(): Promise<void> {
		if (running || closed || !leadership.leads()) return;
		running = true;
		let failed = false;
		try {
			await pass();
		} catch (error) {
			failed = true;
			// What was to be done is not known any more: everything is looked at again.
			begun = false;
			if (leadership.leads()) logger.warn("the leader could not do its duties", { error: errorMessage(error) });
		}
		running = false;
		if (!closed && leadership.leads()) soon(changed.size > 0 && !failed ? 0 : lookMs);
	}

	async function pass(): Promise<void> {
		const nowMs = clock.monotonicMs();
		if (!begun) {
			await raft?.begin();
			await reconcileAll();
			begun = true;
			markBegun();
		}
		for (const [name, member] of [...changed]) {
			changed.delete(name);
			await reconcile(member);
		}
		await raft?.look();
		if (nowMs - cleanedUpMs >= cleanUpMs) {
			cleanedUpMs = nowMs;
			await raft?.cleanUp(nowMs - sinceMs >= compareMs);
		}
		if (nowMs - comparedMs < compareMs) return;
		comparedMs = nowMs;
		await reconcileAll();
		// Not before the pool had time to become whole here.
		await catalog.removeStrangers(members());
	}

	async function reconcileAll(): Promise<void> {
		for (const member of members()) await reconcile(member);
	}

	async function reconcile(member: AgentMemberRecord): Promise<void> {
		if (keeps(member)) await catalog.reconcile(member);
	}

	leadership.observe(start);
	if (leadership.leads()) start(true);
	return {
		begun: firstBegun,
		changed(member) {
			if (closed || !leadership.leads()) return;
			changed.set(member.name, member);
			if (!running) soon(0);
		},
		close() {
			closed = true;
			timer?.cancel();
		},
	};
}
