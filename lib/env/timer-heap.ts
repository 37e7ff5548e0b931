/** A timer of the fake clock. */
export interface Pending {
	readonly dueMs: number;
	/** Of two that are due at the same time the one that was made first runs first. */
	readonly order: number;
	/** Let go of when it is cancelled: it may hold much. */
	callback: () => void;
	cancelled: boolean;
	/** It ran or is running; too late to cancel. */
	taken: boolean;
}

/** Binary heap of timers, the next one first; cancelled ones are passed over when their turn comes. */
export class TimerHeap {
	readonly #heap: Pending[] = [];
	#cancelled = 0;

	/** Without the cancelled ones. */
	get size(): number {
		return this.#heap.length - this.#cancelled;
	}

	push(timer: Pending): void {
		const heap = this.#heap;
		let at = heap.push(timer) - 1;
		while (at > 0) {
			const parent = (at - 1) >> 1;
			if (!isBefore(timer, heap[parent] as Pending)) break;
			heap[at] = heap[parent] as Pending;
			at = parent;
		}
		heap[at] = timer;
	}

	cancel(timer: Pending): void {
		if (timer.cancelled || timer.taken) return;
		timer.cancelled = true;
		timer.callback = nothing;
		this.#cancelled++;
	}

	peek(): Pending | undefined {
		while (this.#heap[0]?.cancelled === true) {
			this.#removeFirst();
			this.#cancelled--;
		}
		return this.#heap[0];
	}

	/** Takes the next timer out. */
	pop(): Pending | undefined {
		const first = this.peek();
		if (first === undefined) return undefined;
		this.#removeFirst();
		first.taken = true;
		return first;
	}

	#removeFirst(): void {
		const heap = this.#heap;
		const last = heap.pop() as Pending;
		if (heap.length === 0) return;
		let at = 0;
		for (;;) {
			let child = 2 * at + 1;
			if (child >= heap.length) break;
			if (child + 1 < heap.length && isBefore(heap[child + 1] as Pending, heap[child] as Pending)) child++;
			if (!isBefore(heap[child] as Pending, last)) break;
			heap[at] = heap[child] as Pending;
			at = child;
		}
		heap[at] = last;
	}
}

function nothing(): void {
	// A cancelled timer.
}

function isBefore(a: Pending, b: Pending): boolean {
	return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
