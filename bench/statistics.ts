/** What is quoted of a series: the machine is shared, so a single figure says little. */
export interface Spread {
	readonly median: number;
	readonly min: number;
	readonly max: number;
}

/** Median, least and greatest of at least one value. */
export function spread(values: readonly number[]): Spread {
	const ascending = [...values].sort((a, b) => a - b);
	const middle = ascending.length >> 1;
	const upper = ascending[middle] ?? Number.NaN;
	const median = ascending.length % 2 === 1 ? upper : ((ascending[middle - 1] ?? Number.NaN) + upper) / 2;
	return { median, min: ascending[0] ?? Number.NaN, max: ascending.at(-1) ?? Number.NaN };
}

/** `median (min-max)` with three significant digits. */
export function formatSpread({ median, min, max }: Spread, unit = ""): string {
	return `${significant(median)}${unit} (${significant(min)}-${significant(max)})`;
}

function significant(value: number): string {
	if (!Number.isFinite(value)) return "-";
	return value >= 1000 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3);
}
