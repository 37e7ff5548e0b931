/**
 * Whether a history of one register could have happened one operation after the other (Herlihy & Wing 1990), found by the
 * search of Wing & Gong with Lowe's memory of what was tried.
 *
 * Values are unique, so that a value tells which write a read saw. `undefined` is the value before the first write and after a
 * delete.
 */
export type RegisterOperation =
	| { readonly kind: "read"; readonly value: string | undefined }
	| { readonly kind: "write"; readonly value: string | undefined }
	/** Written when the register held `expected`; `success` undefined: nobody knows the outcome. */
	| {
			readonly kind: "cas";
			readonly expected: string | undefined;
			readonly value: string;
			readonly success: boolean | undefined;
	  };

export interface TimedOperation {
	readonly client: string;
	readonly operation: RegisterOperation;
	readonly invokedMs: number;
	/** Infinity: it was never answered, and may have happened at any time since, or may not have. */
	readonly returnedMs: number;
}

interface Event {
	readonly operation: RegisterOperation;
	readonly id: number;
	/** The event of the operation's return, or undefined for a return itself. */
	readonly returned: Event | undefined;
	previous: Event | undefined;
	next: Event | undefined;
}

/** More than this many steps of the search mean that the history is too tangled to be decided. */
const stepsMax = 5_000_000;

export function isLinearizable(history: readonly TimedOperation[]): boolean {
	const head = linked(history);
	const tried = new Set<string>();
	const linearized = new Set<number>();
	const stack: { readonly event: Event; readonly value: string | undefined }[] = [];
	let value: string | undefined;
	let event = head.next;
	for (let steps = 0; head.next !== undefined; steps++) {
		if (steps > stepsMax) throw new Error(`undecided after ${stepsMax} steps: make the history simpler`);
		if (event?.returned !== undefined) {
			const after = apply(event.operation, value);
			if (after !== undefined) {
				linearized.add(event.id);
				const key = keyOf(linearized, after.value);
				if (!tried.has(key)) {
					tried.add(key);
					stack.push({ event, value });
					value = after.value;
					lift(event);
					event = head.next;
					continue;
				}
				linearized.delete(event.id);
			}
			event = event.next;
			continue;
		}
		// An operation returns here that is not placed yet: the last choice was wrong.
		const last = stack.pop();
		if (last === undefined) return false;
		value = last.value;
		linearized.delete(last.event.id);
		unlift(last.event);
		event = last.event.next;
	}
	return true;
}

/** The register's value after the operation, or undefined when it could not have had its outcome. */
function apply(
	operation: RegisterOperation,
	value: string | undefined,
): { readonly value: string | undefined } | undefined {
	switch (operation.kind) {
		case "read":
			return operation.value === value ? { value } : undefined;
		case "write":
			return { value: operation.value };
		case "cas": {
			const matches = operation.expected === value;
			if (operation.success === undefined) return { value: matches ? operation.value : value };
			if (operation.success !== matches) return undefined;
			return { value: matches ? operation.value : value };
		}
	}
}

/** Operations are numbered by their begin, so that nearly all of those below some number are done: the others tell the rest. */
function keyOf(linearized: ReadonlySet<number>, value: string | undefined): string {
	let through = 0;
	while (linearized.has(through)) through++;
	const beyond: number[] = [];
	for (const id of linearized) if (id > through) beyond.push(id);
	beyond.sort((a, b) => a - b);
	return `${through} ${beyond.join(",")} ${value ?? ""}`;
}

function linked(history: readonly TimedOperation[]): Event {
	const timed: { readonly atMs: number; readonly isReturn: boolean; readonly event: Event }[] = [];
	const byBegin = [...history].sort((a, b) => a.invokedMs - b.invokedMs);
	for (const [id, { operation, invokedMs, returnedMs }] of byBegin.entries()) {
		const returned: Event = { operation, id, returned: undefined, previous: undefined, next: undefined };
		const invoked: Event = { operation, id, returned, previous: undefined, next: undefined };
		timed.push({ atMs: invokedMs, isReturn: false, event: invoked });
		timed.push({ atMs: returnedMs, isReturn: true, event: returned });
	}
	// At the same moment begins come first: then the operations are concurrent, which allows more.
	timed.sort((a, b) => a.atMs - b.atMs || Number(a.isReturn) - Number(b.isReturn));
	const nobody: RegisterOperation = { kind: "write", value: undefined };
	const head: Event = { operation: nobody, id: -1, returned: undefined, previous: undefined, next: undefined };
	let last = head;
	for (const { event } of timed) {
		last.next = event;
		event.previous = last;
		last = event;
	}
	return head;
}

function lift(event: Event): void {
	for (const each of [event, event.returned]) {
		if (each === undefined) continue;
		if (each.previous !== undefined) each.previous.next = each.next;
		if (each.next !== undefined) each.next.previous = each.previous;
	}
}

function unlift(event: Event): void {
	for (const each of [event.returned, event]) {
		if (each === undefined) continue;
		if (each.previous !== undefined) each.previous.next = each;
		if (each.next !== undefined) each.next.previous = each;
	}
}
