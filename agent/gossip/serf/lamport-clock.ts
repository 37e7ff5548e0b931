/** Orders what happens at different members (Lamport 1978). Starts at 1, as serf's does. */
export class LamportClock {
	#time: number;

	constructor(time = 1) {
		this.#time = time;
	}

	get time(): number {
		return this.#time;
	}

	increment(): number {
		this.#time++;
		return this.#time;
	}

	/** Something that happened at `seen` was heard of: from now on it is later. */
	witness(seen: number): void {
		// What no real pool reaches would end all order here: it is not followed.
		if (seen >= this.#time && seen < Number.MAX_SAFE_INTEGER - 1) this.#time = seen + 1;
	}
}
