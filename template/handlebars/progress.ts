/** Goes through Handlebars when a rendering is left to be taken up again; not an error. */
export class Paused extends Error {}

/**
 * How far a rendering has come. Handlebars executes a template in one go; to leave it, a helper throws `Paused`, and to take it
 * up again the template is executed from its start: helpers that were called before give what they gave then, rounds of
 * loops that are over give their text. So a helper is called once, whatever it does, and the rest is plain data and text.
 */
export interface Progress {
	/** Forgets what was: a new rendering begins. */
	reset(): void;
	/** Goes on from where `run` was left; undefined: it was left again, since `due` said so. Throws what `run` throws. */
	attempt<T>(run: () => T, due: () => boolean): T | undefined;
	/** What `call` gives, or has given at this place of the rendering. */
	once<T>(call: () => T): T;
	/** The texts of all rounds; those that are over are not executed again. */
	loop(rounds: number, round: (index: number) => string): string;
}

/** What was done at one place, in order; of a loop that is under way, with a list of its own for its round. */
type Done = { readonly value: unknown } | Loop;
interface Loop {
	index: number;
	text: string;
	done: Done[];
}

/** What was done again to get back to where it was left may be this many times what was then added. */
const againMax = 4;

export function createProgress(): Progress {
	let done: Done[] = [];
	let at = 0;
	let added = 0;
	let again = 0;
	let due: () => boolean = () => false;

	/** Each execution adds in proportion to what it repeats, so that all of them together take but a few times as long. */
	function pauseIfDue(): void {
		if (added * againMax > again && due()) throw new Paused();
	}

	function known(): Done | undefined {
		const here = done[at];
		if (here === undefined || !("value" in here)) return here;
		at++;
		again++;
		return here;
	}

	function add(value: unknown): void {
		done[at++] = { value };
		added++;
	}

	return {
		reset() {
			done = [];
		},
		attempt(run, isDue) {
			const outermost = done;
			at = 0;
			added = 0;
			again = 0;
			due = isDue;
			try {
				return run();
			} catch (thrown) {
				if (thrown instanceof Paused) return undefined;
				throw thrown;
			} finally {
				done = outermost;
			}
		},
		once<T>(call: () => T): T {
			const here = known();
			if (here !== undefined && "value" in here) return here.value as T;
			pauseIfDue();
			const value = call();
			add(value);
			return value;
		},
		loop(rounds, round) {
			const here = known();
			if (here !== undefined && "value" in here) return here.value as string;
			const loop = here ?? { index: 0, text: "", done: [] };
			const outer = done;
			const place = at;
			outer[place] = loop;
			while (loop.index < rounds) {
				pauseIfDue();
				done = loop.done;
				at = 0;
				loop.text += round(loop.index);
				loop.index++;
				loop.done = [];
				added++;
			}
			done = outer;
			at = place;
			add(loop.text);
			return loop.text;
		},
	};
}
