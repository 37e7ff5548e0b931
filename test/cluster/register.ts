import { DiscoError } from "../../lib/errors.ts";
import type { ClusterAgent } from "./cluster.ts";

/** One key that counts up, and agents that are asked for it with `?consistent` all the time: none may ever go back. */
export class Register {
	/** Answers that were older than what somebody had seen, or had been told is written, before the question was asked. */
	readonly stale: string[] = [];
	readsCount = 0;
	/** The highest number that was acknowledged or read. */
	#known = 0;
	#next = 1;
	#over = false;
	readonly #key: string;
	readonly #done: Promise<unknown>;

	constructor(key: string, agents: readonly ClusterAgent[]) {
		this.#key = key;
		this.#done = Promise.all([this.#writeUntilOver(agents), ...agents.map((agent) => this.#readUntilOver(agent))]);
		this.#done.catch(() => undefined);
	}

	async stop(): Promise<void> {
		this.#over = true;
		await this.#done;
	}

	/** Each write on top of what was read: one whose outcome is not known can only come before it, never later. */
	async #writeUntilOver(agents: readonly ClusterAgent[]): Promise<void> {
		for (let at = 0; !this.#over; at++) {
			const { client } = agents[at % agents.length] as ClusterAgent;
			await tried(async () => {
				const { value } = await client.kv.get(this.#key, { consistency: "consistent" });
				const number = this.#next++;
				if (await client.kv.put(this.#key, `${number}`, { cas: value?.ModifyIndex ?? 0 })) this.#learn(number);
			});
		}
	}

	async #readUntilOver({ client, name }: ClusterAgent): Promise<void> {
		while (!this.#over) {
			await tried(async () => {
				const atLeast = this.#known;
				const { value } = await client.kv.raw(this.#key, { consistency: "consistent" });
				const number = Number(value?.toString() ?? 0);
				this.readsCount++;
				if (number < atLeast) this.stale.push(`${name} read ${number} when ${atLeast} was known`);
				this.#learn(number);
			});
		}
	}

	#learn(number: number): void {
		this.#known = Math.max(this.#known, number);
	}
}

/** Whatever comes of it, with a pause behind it: these are to see everything, not to fill the machine. */
async function tried(act: () => Promise<void>): Promise<void> {
	try {
		await act();
	} catch (error) {
		if (!(error instanceof DiscoError)) throw error;
	}
	await new Promise((resolve) => setTimeout(resolve, 20));
}
