import { DiscoError } from "../../lib/errors.ts";
import type { ClusterAgent } from "./cluster.ts";

/** Against hanging. */
const patienceMs = 60_000;

type Listener = (agent: ClusterAgent, begunMs: number) => void;

/** Writers through several agents that remember what was acknowledged. A write that failed may or may not be there. */
export class Load {
	/** Keys whose write was acknowledged; all of them below `PREFIX/`. */
	readonly acknowledged = new Set<string>();
	failedCount = 0;
	#over = false;
	readonly #prefix: string;
	readonly #done: Promise<unknown>;
	readonly #listeners = new Set<Listener>();

	constructor(prefix: string, agents: readonly ClusterAgent[], writersPerAgent: number) {
		this.#prefix = prefix;
		const writers = agents.flatMap((agent) =>
			Array.from({ length: writersPerAgent }, (_, at) => this.#writeUntilOver(agent, `${agent.name}-${at}`)),
		);
		this.#done = Promise.all(writers);
		// Told by `stop`, and to those that wait.
		this.#done.catch(() => undefined);
	}

	/**
	 * Resolves when so many writes were acknowledged by these agents that had begun after this call; with the milliseconds
	 * to the first. Fails when they have not been after a minute.
	 */
	async acknowledgedBy(agents: readonly ClusterAgent[], count = 1): Promise<number> {
		const calledMs = performance.now();
		let listener: Listener | undefined;
		let timer: NodeJS.Timeout | undefined;
		try {
			return await new Promise<number>((resolve, reject) => {
				let firstMs: number | undefined;
				let seen = 0;
				listener = (agent, begunMs) => {
					if (begunMs < calledMs || !agents.includes(agent)) return;
					firstMs ??= performance.now() - calledMs;
					if (++seen >= count) resolve(firstMs);
				};
				this.#listeners.add(listener);
				const names = agents.map(({ name }) => name).join(" ");
				const tooFew = () => new Error(`${names} acknowledged ${seen} of ${count} writes in ${patienceMs} ms`);
				timer = setTimeout(() => reject(tooFew()), patienceMs);
				this.#done.catch(reject);
			});
		} finally {
			clearTimeout(timer);
			if (listener !== undefined) this.#listeners.delete(listener);
		}
	}

	/** Resolves when nothing is on its way any more. */
	async stop(): Promise<void> {
		this.#over = true;
		await this.#done;
	}

	/** Acknowledged keys that the agent does not show. */
	async missingAt({ client }: ClusterAgent, consistency: "consistent" | "stale"): Promise<readonly string[]> {
		const present = new Set((await client.kv.keys(`${this.#prefix}/`, { consistency })).value);
		return [...this.acknowledged].filter((key) => !present.has(key));
	}

	async #writeUntilOver(agent: ClusterAgent, id: string): Promise<void> {
		for (let count = 0; !this.#over; count++) {
			const key = `${this.#prefix}/${id}/${count}`;
			const begunMs = performance.now();
			try {
				await agent.client.kv.put(key, `${count}`);
				this.acknowledged.add(key);
				for (const listener of this.#listeners) listener(agent, begunMs);
			} catch (error) {
				if (!(error instanceof DiscoError)) throw error;
				this.failedCount++;
				// An agent that is down refuses at once.
				await new Promise((resolve) => setTimeout(resolve, 20));
			}
		}
	}
}
