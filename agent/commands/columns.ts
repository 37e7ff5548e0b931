/** Rows as a text table: columns padded to their widest cell and divided by two blanks; no blanks at line ends. */
export function columns(rows: readonly (readonly string[])[]): string {
	const widths: number[] = [];
	for (const row of rows) {
		for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
	}
	return rows
		.map(
			(row) =>
				`${row
					.map((cell, index) => cell.padEnd(widths[index] ?? 0))
					.join("  ")
					.trimEnd()}\n`,
		)
		.join("");
}

/** `k=v, k=v` sorted by key. */
export function pairs(map: Readonly<Record<string, string>> | null, separator = ", "): string {
	return Object.entries(map ?? {})
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([key, value]) => `${key}=${value}`)
		.join(separator);
}
