/** What stands between `%` and the verb. */
export type Flags = {
	/** Least width in characters. */
	width: number | undefined;
	precision: number | undefined;
	/** `-`: blanks go to the right. */
	minus: boolean;
	/** `+`: always a sign. */
	plus: boolean;
	/** `#`: the other form. */
	sharp: boolean;
	/** ` `: a blank where a `+` would be. */
	space: boolean;
	/** `0`: zeros instead of blanks. */
	zero: boolean;
	/** `%+v`: fields with their names. */
	plusV: boolean;
	/** `%#v`: Go syntax. */
	sharpV: boolean;
};

export function newFlags(): Flags {
	return {
		width: undefined,
		precision: undefined,
		minus: false,
		plus: false,
		sharp: false,
		space: false,
		zero: false,
		plusV: false,
		sharpV: false,
	};
}

/** The flags of `%v`. Nothing writes to them. */
export const plainFlags: Readonly<Flags> = Object.freeze(newFlags());

/** Fills a text up to the width, which counts characters. */
export function pad(text: string, flags: Readonly<Flags>, zero = flags.zero): string {
	if (flags.width === undefined) return text;
	const missing = flags.width - characterCount(text);
	if (missing <= 0) return text;
	if (flags.minus) return text + " ".repeat(missing);
	return (zero ? "0" : " ").repeat(missing) + text;
}

function characterCount(text: string): number {
	let count = 0;
	for (const _character of text) count++;
	return count;
}

/** At most as many characters as the precision allows. */
export function truncate(text: string, flags: Readonly<Flags>): string {
	if (flags.precision === undefined || text.length <= flags.precision) return text;
	return [...text].slice(0, flags.precision).join("");
}
