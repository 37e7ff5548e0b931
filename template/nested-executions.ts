import { type Execution, type GoFunction, rawOf, Suspended, Typed } from "./gotmpl/index.ts";

/**
 * `executeTemplate` inside an execution that is done in slices. When a slice ends in the inner one, the statement that called it
 * is left with `Suspended` and executed again in the next slice. There the inner execution goes on, and functions that do
 * something or look at more than their arguments are not called twice: what they gave is kept in `Execution.kept`.
 */
export interface Nesting {
	/** As `execution.advance(due)`, with all that is inside it. */
	advance(execution: Execution, due: () => boolean): boolean;
	/** What the inner execution writes; `start` is not called when it has begun before. Throws `Suspended`. */
	execute(start: () => Execution): string;
	/** The same functions; what those that are not pure give is kept. */
	remembering(functions: ReadonlyMap<string, GoFunction>, isPure: (name: string) => boolean): Map<string, GoFunction>;
}

interface Running {
	readonly execution: Execution;
	/** How much of `kept` the statement under way has passed. */
	passed: number;
}

type Kept = { readonly value: unknown } | Execution;

export function createNesting(): Nesting {
	let current: Running | undefined;
	let due: () => boolean = () => false;

	function advance(execution: Execution): boolean {
		const outer = current;
		current = { execution, passed: 0 };
		try {
			return execution.advance(due);
		} finally {
			current = outer;
		}
	}

	/** Where the running statement keeps what its next call gives; undefined outside of `advance`. */
	function nextPlace(): { readonly kept: Kept[]; readonly at: number } | undefined {
		if (current === undefined) return undefined;
		const kept = current.execution.kept as Kept[];
		if (kept.length === 0) current.passed = 0;
		return { kept, at: current.passed++ };
	}

	function once<T>(call: () => T): T {
		const place = nextPlace();
		if (place === undefined) return call();
		const { kept, at } = place;
		const known = kept[at];
		if (known !== undefined && "value" in known) return known.value as T;
		const value = call();
		kept[at] = { value };
		return value;
	}

	return {
		advance(execution, isDue) {
			due = isDue;
			return advance(execution);
		},
		execute(start) {
			const place = nextPlace();
			if (place === undefined) {
				const execution = start();
				execution.advance();
				return execution.output();
			}
			const { kept, at } = place;
			const known = kept[at];
			if (known !== undefined && "value" in known) return known.value as string;
			const execution = known ?? start();
			kept[at] = execution;
			if (!advance(execution)) throw new Suspended();
			const value = execution.output();
			kept[at] = { value };
			return value;
		},
		remembering(functions, isPure) {
			const all = new Map(functions);
			for (const [name, call] of functions) {
				if (isPure(name) || name === "executeTemplate") continue;
				const raw = rawOf(call) as (...given: unknown[]) => unknown;
				all.set(name, new Typed(call.type, (...given: unknown[]) => once(() => raw(...given))) as GoFunction);
			}
			return all;
		},
	};
}
