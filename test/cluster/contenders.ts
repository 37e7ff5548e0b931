import { DiscoError } from "../../lib/errors.ts";
import type { ClusterAgent } from "./cluster.ts";

interface Hold {
	readonly name: string;
	/** `performance.now()` when the lock was granted, and when it was about to be given back. */
	readonly fromMs: number;
	readonly untilMs: number;
}

/** One contender at each agent, for one lock, with sessions that depend on the agent being a living member. */
export class Contenders {
	/** Times in which a contender had the lock and its session lived on. */
	readonly holds: Hold[] = [];
	#over = false;
	readonly #key: string;
	readonly #done: Promise<unknown>;

	constructor(key: string, agents: readonly ClusterAgent[]) {
		this.#key = key;
		this.#done = Promise.all(agents.map((agent) => this.#contendUntilOver(agent)));
		this.#done.catch(() => undefined);
	}

	async stop(): Promise<void> {
		this.#over = true;
		await this.#done;
	}

	/** Pairs that had the lock at the same time. */
	overlaps(): readonly string[] {
		const ordered = [...this.holds].sort((a, b) => a.fromMs - b.fromMs);
		return ordered.flatMap((hold, at) => {
			const next = ordered[at + 1];
			return next !== undefined && next.fromMs < hold.untilMs ? [`${hold.name} and ${next.name}`] : [];
		});
	}

	async #contendUntilOver(agent: ClusterAgent): Promise<void> {
		const { session: sessions } = agent.client;
		let session: string | undefined;
		let inDoubt: string | undefined;
		while (!this.#over) {
			try {
				if (inDoubt !== undefined) await sessions.destroy(inDoubt);
				inDoubt = undefined;
				session ??= await sessions.create({ Name: agent.name, LockDelay: "0s" });
				// Refused: somebody has it, or the session is gone.
				if (!(await this.#holdOnce(agent, session)) && !(await isAlive(agent, session))) session = undefined;
			} catch (error) {
				if (!(error instanceof DiscoError)) throw error;
				// What it asked for may still come true, as long as that session lives.
				inDoubt ??= session;
				session = undefined;
			}
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
	}

	async #holdOnce({ client, name }: ClusterAgent, session: string): Promise<boolean> {
		const wanted = await client.kv.put(this.#key, name, { acquire: session });
		if (!wanted) return false;
		const fromMs = performance.now();
		// Some work under the lock.
		await client.kv.put(`${this.#key}-work/${name}`, `${this.holds.length}`);
		const untilMs = performance.now();
		// A session that ended took the lock with it; whether it did is known only when this is answered.
		const { value } = await client.kv.get(this.#key, { consistency: "consistent" });
		if (value?.Session === session) this.holds.push({ name, fromMs, untilMs });
		await client.kv.put(this.#key, name, { release: session });
		return true;
	}
}

async function isAlive({ client }: ClusterAgent, session: string): Promise<boolean> {
	return (await client.session.info(session, { consistency: "consistent" })).value !== undefined;
}
