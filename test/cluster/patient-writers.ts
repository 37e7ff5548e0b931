import type { Client } from "../../client/index.ts";

/** A write that failed is made again so many times, as anybody would when the outcome is not known. */
const againMax = 3;

/** Writers of which no write may fail for good. */
export class PatientWriters {
	count = 0;
	againCount = 0;
	longestMs = 0;
	#over = false;
	readonly #prefix: string;
	readonly #client: Client;
	readonly #done: Promise<unknown>;

	constructor(prefix: string, client: Client, writers: number) {
		this.#prefix = prefix;
		this.#client = client;
		this.#done = Promise.all(Array.from({ length: writers }, (_, id) => this.#writeUntilOver(id)));
		this.#done.catch(() => undefined);
	}

	/** Fails with the first write that failed for good. */
	async stop(): Promise<void> {
		this.#over = true;
		await this.#done;
	}

	toString(): string {
		return `${this.count} writes, none failed, ${this.againCount} made again; the longest took ${Math.round(this.longestMs)} ms`;
	}

	async #writeUntilOver(id: number): Promise<void> {
		for (let each = 0; !this.#over; each++) {
			const begunMs = performance.now();
			await this.#put(`${this.#prefix}${id}/${each}`, againMax);
			this.longestMs = Math.max(this.longestMs, performance.now() - begunMs);
			this.count++;
		}
	}

	async #put(key: string, againLeft: number): Promise<void> {
		try {
			await this.#client.kv.put(key, "v");
		} catch (error) {
			if (againLeft === 0) throw error;
			this.againCount++;
			await this.#put(key, againLeft - 1);
		}
	}
}
